"""What the page of FER2013 says in sentences that depend on the numbers."""

import pandas as pd

from fer_lib.formatting import OPEN, listing, percent, plural, span
from fer_lib.questions.intervals import LEVEL, holm
from fer_lib.studies.published import HUMAN, HUMAN_MARGIN

EASIER = "so they are easier too, or copies that were not found are still remembered"


def best_answer(results: pd.DataFrame) -> str:
    """What the most accurate recipe of `published.results` reaches, compared with people."""
    best = results.iloc[0]
    lowest, highest = HUMAN - HUMAN_MARGIN, HUMAN + HUMAN_MARGIN
    people = "whether it is above or below people is inconclusive"
    people = "it is above people" if best["low"] > highest else people
    people = "it is below people" if best["high"] < lowest else people
    text = (
        f"Our most accurate recipe, `{best['recipe']}`, is right on "
        f"**{percent(best['accuracy'])}** of PublicTest ({plural(best['seeds'], 'seed')}; "
        f"{span(best['low'], best['high'])} with the chance in the choice of faces). The people of "
        f"the data set's paper were right on {percent(HUMAN, 0)}, give or take "
        f"{100 * HUMAN_MARGIN:.0f} points: {people}."
    )
    if not best["new"]:  # older results have none
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


def rare_classes(gains: pd.DataFrame) -> str:
    """Which scores a help for rare classes changes beyond chance in training."""
    shown = holm(gains["p"]) < 1 - LEVEL

    def changes(rows: pd.DataFrame) -> str:
        parts = []
        for way, some in rows.groupby("way", sort=False):
            rising = some["helped"] > some["plain"]
            both = [("rise", some["score"][rising]), ("fall", some["score"][~rising])]
            changed = [f"{listing(s)} {verb}{'s' * (len(s) == 1)}" for verb, s in both if len(s)]
            parts.append(f"with {way} {' and '.join(changed)}")
        return "; ".join(parts)

    test = f"{len(gains)} paired t-tests over the seeds, by Holm's correction"
    if not shown.any():
        return f"No change is shown beyond chance in training ({test}): all are {OPEN}."
    text = f"Beyond chance in training ({test}), {changes(gains[shown])}."
    rest = gains[~shown & gains["same_direction"]]
    # few seeds have little power: what each of them shows is said too
    hint = f", though in each seed {changes(rest)}" if len(rest) else ""
    return f"{text} The other changes are {OPEN}{hint}."
