"""The homework's claim: recall is below 60 % but for two classes, because expressions are weak.

The first half is counted, on any faces. The second needs the intensity of each expression, which
is known of drawn faces; for photographs it would take people's ratings.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.formatting import OPEN
from fer_lib.questions.confusion import by_class
from fer_lib.questions.intervals import LEVEL, RESAMPLES, holm, percentile_interval, wilson

CLAIMED = 0.60  # recall that, in the homework, only the next two reach
CLAIMED_ABOVE = ("happy", "surprise")
EDGES = np.linspace(0, 1, 6)  # five steps of intensity
NEUTRAL = EXPRESSIONS.index("neutral")  # shows no unit, so it has no intensity
WEAK, STRONG = 0.3, 0.9  # the intensities that are compared: most faces lie between
FITS = 2000  # bootstrap resamples, each fitted anew
NEWTON = 25  # steps of a fit; some eight are enough where it converges


def below(m: np.ndarray) -> pd.DataFrame:
    """Which classes lie below 60 % recall: expression, recall, low, high, claim, verdict.

    The verdict is 'below' or 'above' where the 95 % interval clears 60 %, else OPEN.
    Shapes: m (7, 7), a mean over runs is allowed.
    """
    table = by_class(m)[["expression", "recall", "recall_low", "recall_high"]]
    table = table.rename(columns=lambda name: name.removeprefix("recall_"))
    clear = [table["high"] < CLAIMED, table["low"] > CLAIMED]
    return table.assign(
        claim=np.where(table["expression"].isin(CLAIMED_ABOVE), "above", "below"),
        verdict=np.select(clear, ["below", "above"], OPEN),
    )


def recall_by_step(
    labels: np.ndarray, predicted: np.ndarray, intensity: np.ndarray
) -> pd.DataFrame:
    """Recall in five steps of intensity for every expression but neutral, with Wilson intervals.

    Shapes: labels, predicted, intensity (N,). A row a class and step that has faces:
    expression, intensity (mean), faces, recall, low, high.
    """
    # digitize puts an intensity of exactly 1 beyond the last step
    step = np.clip(np.digitize(intensity, EDGES) - 1, 0, len(EDGES) - 2)
    frame = pd.DataFrame({"intensity": intensity, "right": labels == predicted})
    shows = labels != NEUTRAL
    groups = frame[shows].groupby([labels[shows], step[shows]])
    table = groups.agg(
        intensity=("intensity", "mean"), faces=("right", "size"), recall=("right", "mean")
    )
    low, high = wilson(table["recall"] * table["faces"], table["faces"])
    table.insert(0, "expression", [EXPRESSIONS[label] for label, _ in table.index])
    return table.assign(low=low, high=high).reset_index(drop=True)


class DoseResponse(NamedTuple):
    """What a logistic curve predicts for a weak and for a strong expression: fractions.

    `gain` is strong − weak, `low` and `high` its 95 % bootstrap interval, `p` that of a two-sided
    permutation test; all nan where no curve can be fitted.
    """

    weak: float
    strong: float
    gain: float
    low: float
    high: float
    p: float


def dose_response(dose: np.ndarray, response: np.ndarray) -> DoseResponse:
    """Fit a logistic curve of the response on the dose, and compare it at WEAK and at STRONG.

    Shapes: dose (N,) in 0..1; response (N,) in 0..1, one a face: right or wrong, or the share of
    people who agreed. Whole faces are resampled and permuted, so a share need not be binomial.
    nan where the response or the dose is the same for every face.
    """
    if len(dose) == 0 or np.ptp(response) == 0 or np.ptp(dose) == 0:
        return DoseResponse(*[np.nan] * 6)
    rng, n = np.random.default_rng(0), len(dose)
    # a resample is how often each face is in it, so that all are fitted at once
    weights = rng.multinomial(n, np.full(n, 1 / n), size=FITS)
    weak, strong = _fitted(dose, response, np.ones((1, n)))[:, 0]
    gains = np.subtract(*_fitted(dose, response, weights)[::-1])  # (FITS,)
    # without an effect, any face could have had any dose; the sum is the slope's score
    shuffled = rng.permuted(np.tile(response, (RESAMPLES, 1)), axis=1) @ (dose - dose.mean())
    score = response @ (dose - dose.mean())
    # the tolerance: equal sums, rounded otherwise, are equal
    p = (1 + (np.abs(shuffled) >= abs(score) - 1e-9).sum()) / (1 + RESAMPLES)
    return DoseResponse(weak, strong, strong - weak, *percentile_interval(gains), p)


def _fitted(dose: np.ndarray, response: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Maximum likelihood by Newton's method for each row of weights: (R, N) → (2, R).

    The result is the curve at WEAK and at STRONG. Where a resample separates hits from misses,
    the likelihood has no maximum: the small ridge stops the curve when it is a step.
    """
    # centred, so that level and slope hardly hang on each other
    x = np.stack([np.ones_like(dose), dose - dose.mean()], 1)  # (N, 2)
    beta = np.zeros((len(weights), 2))
    for _ in range(NEWTON):
        mean = expit(beta @ x.T)  # (R, N)
        slope = (weights * (response - mean)) @ x - 1e-4 * beta
        # Xᵀ W X, one a resample: the second derivative with its sign turned
        curvature = np.einsum("rn,ni,nj->rij", weights * mean * (1 - mean), x, x)
        step = np.linalg.solve(curvature + 1e-4 * np.eye(2), slope[..., None])[..., 0]
        beta += np.clip(step, -3, 3)  # Newton overshoots where the curve is flat
    at = np.array([WEAK, STRONG]) - dose.mean()
    return expit(beta[:, 0] + at[:, None] * beta[:, 1])


def recall_gains(labels: np.ndarray, predicted: np.ndarray, intensity: np.ndarray) -> pd.DataFrame:
    """How much likelier a strong expression is recognised than a weak one, class by class.

    A row an expression but neutral: expression, faces, recall, the fields of `DoseResponse`, and
    p_holm, corrected over the classes. Shapes: labels, predicted, intensity (N,).
    """
    rows = []
    for k in np.unique(labels[labels != NEUTRAL]):
        own = labels == k
        right = (predicted[own] == k).astype(float)
        rows.append(
            (EXPRESSIONS[k], own.sum(), right.mean(), *dose_response(intensity[own], right))
        )
    table = pd.DataFrame(rows, columns=["expression", "faces", "recall", *DoseResponse._fields])
    # a class that cannot be tested must not make the others' tests stricter
    tested = table["p"].notna()
    table.loc[tested, "p_holm"] = holm(table.loc[tested, "p"])
    return table


def rises(gains: pd.DataFrame) -> pd.Series:
    """Of each row of `recall_gains`, whether recall rises with intensity; False where untested."""
    return (gains["p_holm"] < 1 - LEVEL) & (gains["gain"] > 0)
