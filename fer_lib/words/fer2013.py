"""What the page of FER2013 says in sentences that depend on the numbers."""

from collections.abc import Mapping

import pandas as pd

from fer_lib.formatting import OPEN, listing, percent, plural, span
from fer_lib.studies.published import HUMAN, HUMAN_MARGIN

EASIER = "so they are easier too, or copies that were not found are still remembered"


def best_answer(results: pd.DataFrame) -> str:
    """What the most accurate recipe of `published.results` reaches, compared with people."""
    best = results.iloc[0]
    lowest, highest = HUMAN - HUMAN_MARGIN, HUMAN + HUMAN_MARGIN
    inside = lowest <= best["low"] and best["high"] <= highest
    people = "within that" if inside else "partly outside that"
    people = "above that" if best["low"] > highest else people
    people = "below that" if best["high"] < lowest else people
    text = (
        f"Our most accurate recipe, `{best['recipe']}`, is right on "
        f"**{percent(best['accuracy'])}** of PublicTest ({plural(best['seeds'], 'seed')}; "
        f"{span(best['low'], best['high'])} with the chance in the choice of faces). The people of "
        f"the data set's paper were right on {percent(HUMAN, 0)}, give or take "
        f"{100 * HUMAN_MARGIN:.0f} points: our interval is {people}."
    )
    if not best["new"]:
        return text
    return (
        f"{text} On the {plural(best['new'], 'face')} without a near-duplicate at the same place "
        f"in Training it is right on **{percent(best['new_faces'])}** "
        f"({plural(best['new_seeds'], 'seed')})."
    )


def memory_effect(gains: pd.DataFrame, lead: tuple[float, float, float], copies: str) -> str:
    """What of the lead on near-duplicates is memory, and whether any is left without it.

    `gains` and `lead` are from `studies.memorisation`; `copies` says what was left out.
    """
    near, rest = gains.iloc[0], gains.iloc[1]
    text = "Whether the network has memorised near-duplicates is inconclusive."
    if near["low"] > 0:
        text = (
            "The network has memorised near-duplicates: that is worth "
            f"**{100 * near['gain']:.1f} points** on them."
        )
    without, low, high = (100 * value for value in lead)
    return (
        f"{text} Trained on all faces it is better on near-duplicates than on the others by "
        f"{100 * (near['all'] - rest['all']):.1f} points; trained without them by "
        f"{without:.1f} ({low:.1f} to {high:.1f}), "
        f"{EASIER if low > 0 else 'which chance alone could do'}. Near-duplicates are here images "
        f"of one photograph, {copies}; other copies stayed in, so memory may be worth more."
    )


def rare_classes(ways: Mapping[str, pd.DataFrame]) -> str:
    """What each way to help rare classes gains and costs, by `studies.rare_classes.gains`."""
    plain = next(iter(ways.values()))["plain"]
    text = f"Without help, {listing(f'{name} is {percent(v)}' for name, v in plain.items())}."
    for way, gains in ways.items():
        changes = (
            f"{100 * gain:+.1f} ({100 * low:+.1f} to {100 * high:+.1f}"
            f"{'' if low > 0 or high < 0 else f'; {OPEN}'})"
            for gain, low, high in gains[["gain", "low", "high"]].values
        )
        text += f" With {way} they change, in points, by {listing(changes)}."
    return text.replace("-", "−")
