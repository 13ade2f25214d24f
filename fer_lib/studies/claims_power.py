"""How often the test of the homework's claims is right, on drawn faces, where the truth is known.

The truth: a region gets the pixels that the same person's neutral face has there. What the logit
loses by it is what the expression did in that region; no photograph can tell. The test sees the
gradient and the cost of covering only, as on photographs, and samples of faces as small.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from torch import nn

from fer_lib.data.faceset import EXPRESSIONS, Split
from fer_lib.drawn.faces import render, with_units
from fer_lib.formatting import OPEN
from fer_lib.studies.ablation import region_drops
from fer_lib.studies.face_regions import PARTS
from fer_lib.studies.homework_claims import FALLS, HOLDS, OTHERS, cost_shares, judge, regions_of

CLEAR = 5  # points of the cost: a region that leads by as much clearly decides
QUESTIONS = [  # every region within the face, of every class that moves it
    (expression, region, OTHERS) for expression in EXPRESSIONS[:6] for region in PARTS[:6]
]
FAMILY = 7  # questions asked together, as many as the homework's that can be tested
RESAMPLES = 2000  # enough to tell 5 % shared among seven


def true_shares(model: nn.Module, faces: Split) -> np.ndarray:
    """What each region of drawn faces decides, in % of all that the regions do: (N, 10).

    nan for neutral faces, whose expression does nothing.
    """
    people = faces.truth or ()
    neutral = render([with_units(face, dict.fromkeys(face.units, 0.0)) for face in people])
    return cost_shares(region_drops(model, faces.images, faces.labels, regions_of(faces), neutral))


def trials(
    evidence: Mapping[str, np.ndarray],
    labels: np.ndarray,
    truth: np.ndarray,
    faces: int,
    samples: int = 200,
) -> pd.DataFrame:
    """Families of `QUESTIONS`, drawn at random, asked of random samples of `faces` a class.

    The faces given are the population: what is true is true of all of them. A row a question and
    a sample; columns: truth (the lead in points of `true_shares`), verdict, and null, the verdict
    with the labels shuffled, so that no region differs between classes.
    Shapes: evidence name → (N, 10), labels (N,), truth (N, 10).
    """
    rng = np.random.default_rng(0)
    # of all faces only the lead is asked, so one resample is enough
    known = judge({"truth": truth}, labels, QUESTIONS, resamples=1)["truth"].to_numpy()
    rows = []
    for sample in range(samples):
        asked = rng.choice(len(QUESTIONS), FAMILY, replace=False)
        # with replacement: the faces stand for a population of such
        each = [rng.choice(np.flatnonzero(labels == k), faces) for k in np.unique(labels)]
        chosen = np.concatenate(each)
        sampled = {name: values[chosen] for name, values in evidence.items()}
        verdict, null = (
            judge(sampled, names, [QUESTIONS[i] for i in asked], RESAMPLES)["verdict"]
            for names in (labels[chosen], rng.permutation(labels[chosen]))
        )
        columns = {"question": asked, "truth": known[asked], "verdict": verdict, "null": null}
        rows.append(pd.DataFrame(columns).assign(sample=sample))
    return pd.concat(rows, ignore_index=True)


def rates(table: pd.DataFrame) -> dict[str, float]:
    """How often `trials` found what decides, and claimed what does not.

    power: "holds" where the region leads by `CLEAR` points or more; false alarms: "holds" where it
    does not lead; denied: "does not hold" where it leads; rejected: the same where it lags by
    `CLEAR` or more; null: the share of shuffled samples with any verdict, which chance alone may
    give in one of twenty.
    """
    holds, falls = table["verdict"] == HOLDS, table["verdict"] == FALLS
    leads = table["truth"] > 0
    return {
        "power": holds[table["truth"] >= CLEAR].mean(),
        "false alarms": holds[~leads].mean(),
        "denied": falls[leads].mean(),
        "rejected": falls[table["truth"] <= -CLEAR].mean(),
        "null": (table["null"] != OPEN).groupby(table["sample"]).any().mean(),
    }


def question_rates(table: pd.DataFrame) -> pd.DataFrame:
    """`trials` question by question, the truest first: how often it was asked, holds and falls."""
    each = table.assign(holds=table["verdict"] == HOLDS, falls=table["verdict"] == FALLS)
    rows = each.groupby("question").agg(
        truth=("truth", "first"),
        asked=("truth", "size"),
        holds=("holds", "mean"),
        falls=("falls", "mean"),
    )
    rows.insert(0, "part", [f"{e}: {r}" for e, r, _ in (QUESTIONS[i] for i in rows.index)])
    return rows.sort_values("truth", ascending=False, ignore_index=True)
