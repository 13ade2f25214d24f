"""The homework's three claims on what decides an expression, tested part by part.

Two kinds of evidence: where the gradient is steep, and what covering a region costs. They must
agree, for a map is no cause, and a covered face is no face that the network was trained on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import torch

from fer_lib.data.faceset import EXPRESSIONS, FaceSet, to_input
from fer_lib.formatting import OPEN
from fer_lib.questions import saliency
from fer_lib.questions.intervals import mean_interval, share
from fer_lib.questions.selection import class_means, recognised
from fer_lib.studies.ablation import region_drops
from fer_lib.studies.face_regions import REGIONS, densities, drawn_regions, fixed_regions
from fer_lib.training.run import Run

# What the homework's figures were said to show, best first: groups of regions of equal standing.
CLAIMS = {
    "happy": (("mouth",), ("eyes",)),
    "surprise": (("mouth", "brows"),),
    "angry": (("eyes", "mouth", "shoulders"),),
}
HOLDS, FALLS = "holds", "does not hold"


def judge_claims(
    evidence: Mapping[str, np.ndarray], labels: np.ndarray, untestable: Collection[str] = ()
) -> pd.DataFrame:
    """The homework's claims, part by part: a claimed region against the best that is not claimed.

    A part holds where every kind of evidence has it above 0 with its whole interval, falls where
    every kind has it below, and is inconclusive otherwise, and for the regions `untestable`.
    Shapes: evidence name → (N, 10) as `densities`, labels (N,). Columns: expression, claim, faces,
    verdict, and for each kind of evidence its name, `… low` and `… high`.
    """
    rows = []
    for expression, groups in CLAIMS.items():
        own = labels == EXPRESSIONS.index(expression)
        values = {name: pd.DataFrame(v[own], columns=REGIONS) for name, v in evidence.items()}
        for better, worse in _pairs(groups, next(iter(values.values()))):
            row = {"expression": expression, "claim": f"{better} above {worse}", "faces": own.sum()}
            bounds = []
            for name, region in values.items():
                # paired: both regions of the same face
                mean, low, high = mean_interval((region[better] - region[worse]).to_numpy())
                row |= {name: mean, f"{name} low": low, f"{name} high": high}
                bounds.append((low, high))
            lows, highs = np.transpose(bounds)
            verdict = HOLDS if (lows > 0).all() else FALLS if (highs < 0).all() else OPEN
            row["verdict"] = OPEN if {better, worse} & set(untestable) else verdict
            rows.append(row)
    return pd.DataFrame(rows)


def _pairs(groups: Sequence[Sequence[str]], values: pd.DataFrame) -> list[tuple[str, str]]:
    """Each claimed region beside its strongest rival, and each group above the next."""
    claimed = [name for group in groups for name in group]
    # against the strongest, so that a claim is not won over an easy rival
    rival = str(values.mean().fillna(-np.inf).drop(claimed).idxmax())
    order = [(a, b) for one, two in pairwise(groups) for a in one for b in two]
    return order + [(name, rival) for name in claimed]


def overall_verdicts(table: pd.DataFrame) -> dict[str, str]:
    """A verdict an expression: it holds if all its parts do, falls if one does."""
    parts = table.groupby("expression", sort=False)["verdict"].agg(set)
    return {
        str(expression): HOLDS if part == {HOLDS} else FALLS if FALLS in part else OPEN
        for expression, part in parts.items()
    }


HEAT, COVER = "heat a pixel", "logits per 100 covered pixels"


@dataclass(frozen=True)
class Evidence:
    """The faces that a run recognises, their gradient maps, and what each region means for them.

    Shapes: images (N, 48, 48) uint8, labels (N,), maps (N, 48, 48) signed, kinds name → (N, 10).
    `synthetic` faces are drawn, and know their parts.
    """

    images: np.ndarray
    labels: np.ndarray
    maps: np.ndarray
    kinds: dict[str, np.ndarray]
    synthetic: bool

    @property
    def claims(self) -> pd.DataFrame:
        """The homework's claims, but for shoulders.

        No drawn expression moves them, and in a photograph cropped to the face their place is
        mostly background.
        """
        return judge_claims(self.kinds, self.labels, untestable=("shoulders",))

    @property
    def mean_heat(self) -> np.ndarray:
        """The mean size of the gradient by class, (7, 48, 48); nan for a class without a face.

        Each face's map first gets a mean of 1, so that no face outshines the others.
        """
        sizes = np.abs(self.maps)
        return class_means(share(sizes, sizes.mean((1, 2), keepdims=True)), self.labels)

    @property
    def densities(self) -> pd.DataFrame:
        """The mean heat a pixel: a row an expression that has a face, a column a region."""
        values = pd.DataFrame(self.kinds[HEAT], columns=REGIONS)
        by_class = values.groupby(self.labels).mean()
        return by_class.set_axis([EXPRESSIONS[int(k)] for k in by_class.index])


def gather_evidence(run: Run, faces: FaceSet, most: int = 50) -> Evidence:
    """Gather it from a run's validation faces, at most `most` a class, the most confident first."""
    predictions = run.predictions
    chosen = recognised(predictions.labels, predictions.probabilities, most)
    images, labels = faces.validation.images[chosen], predictions.labels[chosen]
    maps = saliency.gradient(run.model, to_input(images), torch.as_tensor(labels))[:, 0].numpy()
    truth = faces.validation[chosen].truth
    # a photograph does not know its parts: those of the mean face stand for everybody's
    if truth is not None:
        regions = drawn_regions(truth)
    else:
        regions = np.broadcast_to(fixed_regions(), images.shape)
    drops = region_drops(run.model, images, labels, regions, faces.train.images.mean(0))
    kinds = {HEAT: densities(np.abs(maps), regions), COVER: 100 * drops}
    return Evidence(images, labels, maps, kinds, truth is not None)
