"""What the page of FER2013 says in sentences that depend on the numbers."""

import numpy as np
import pandas as pd

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import OPEN, listing, percent, plural, span
from fer_lib.questions.intervals import wilson
from fer_lib.studies.intensity import CLAIMED
from fer_lib.studies.memorisation import Memory
from fer_lib.studies.published import HUMAN, people_compared


def best_answer(results: pd.DataFrame) -> str:
    """What the best recipe reaches, and how it compares with people."""
    if results.empty:
        return "No result on FER2013 is stored: train a network, then run `fer-lib export`."
    best = results.iloc[0]
    people = {"above": "more than", "below": "less than", "level": "as often as"}
    text = (
        f"Our best recipe, {best['recipe']}, is right on **{percent(best['accuracy'])}** of "
        f"PublicTest ({plural(best['seeds'], 'seed')}; {span(best['low'], best['high'])} with the "
        f"chance in the choice of faces). That is {people[people_compared(best)]} the people of "
        f"the data set's paper, who were right on {percent(HUMAN, 0)}, give or take 5 points."
    )
    if not best["new"]:
        return text
    return (
        f"{text} On the {plural(best['new'], 'face')} without a near-duplicate in Training it is "
        f"right on **{percent(best['no_twin'])}** ({plural(best['new_seeds'], 'seed')})."
    )


def recall_risen(verdicts: dict[str, list[str]]) -> str:
    """Which of the homework's classes below 60 % recall lie above it here."""
    return (
        f"Of the classes that the homework has below {percent(CLAIMED, 0)} recall, "
        f"{listing(verdicts.get('above', []))} lie above it here at 95 % confidence; "
        f"{listing(verdicts.get('below', []))} below it; "
        f"{listing(verdicts.get(OPEN, []))} inconclusive. "
        "A better network does not refute what a weaker one showed."
    )


def calibration(mean: pd.Series | None) -> str:
    """The calibration error before and after temperature scaling."""
    if mean is None:
        return "No calibration is stored with these results."
    return (
        f"The expected calibration error is **{percent(mean['calibration'])}**. With temperature "
        "scaling, each half of PublicTest by the temperature of the other half (about "
        f"{mean['temperature']:.2f}), it is {percent(mean['calibration_tempered'])}."
    )


def memory_effect(memory: Memory) -> str:
    """What of the lead on near-duplicates is memory, and whether any is left without it."""
    known = (
        "The network has memorised near-duplicates: that is worth "
        f"**{100 * memory.gain:.1f} points** on them."
        if memory.gain_low > 0
        else "Whether the network has memorised near-duplicates is inconclusive."
    )
    easier = "so they are also easier" if memory.low > 0 else "which chance alone could do"
    return (
        f"{known} Trained on all faces it is better on near-duplicates than on the others by "
        f"{100 * memory.lead:.1f} points; trained without them by "
        f"{100 * memory.lead_without:.1f} ({100 * memory.low:.1f} to {100 * memory.high:.1f}), "
        f"{easier}."
    )


def on_drawn_faces(drawn: np.ndarray, photographs: float) -> str:
    """How a network fitted on photographs reads drawn faces: (7, 7) counts, accuracy on its own."""
    right, n, predicted = int(drawn.trace()), int(drawn.sum()), drawn.sum(0)
    return (
        f"It is right on **{percent(right / n)}** of {plural(n, 'drawn face')} "
        f"({span(*map(float, wilson(right, n)))}), and on {percent(photographs)} of PublicTest; "
        f"chance is one in seven. Most often it says {EXPRESSIONS[predicted.argmax()]}, for "
        f"{percent(predicted.max() / n, 0)} of them."
    )
