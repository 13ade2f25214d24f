"""The original's three claims on what decides an expression, tested part by part.

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
from fer_lib.formatting import OPEN, listing, means
from fer_lib.questions import saliency
from fer_lib.questions.intervals import mean_interval
from fer_lib.questions.selection import recognised
from fer_lib.studies.ablation import region_drops
from fer_lib.studies.face_regions import REGIONS, densities, drawn_regions, fixed_regions
from fer_lib.training.run import Run

# What the original's figures were said to show, best first: groups of regions of equal standing.
CLAIMS = {
    "happy": (("mouth",), ("eyes",)),
    "surprise": (("mouth", "brows"),),
    "angry": (("eyes", "mouth", "shoulders"),),
}
HOLDS, FALLS = "holds", "does not hold"


def claims(
    evidence: Mapping[str, np.ndarray], labels: np.ndarray, untold: Collection[str] = ()
) -> pd.DataFrame:
    """The original's claims, part by part: a claimed region against the best that is not claimed.

    A part holds where every kind of evidence has it above 0 with its whole interval, falls where
    every kind has it below, and can't be told otherwise, nor for the regions `untold`.
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
                mean, *ends = mean_interval((region[better] - region[worse]).to_numpy())
                row |= {name: mean, f"{name} low": ends[0], f"{name} high": ends[1]}
                bounds.append(ends)
            row["verdict"] = OPEN if {better, worse} & set(untold) else _verdict(bounds)
            rows.append(row)
    return pd.DataFrame(rows)


def _pairs(groups: Sequence[Sequence[str]], values: pd.DataFrame) -> list[tuple[str, str]]:
    """Each claimed region beside its strongest rival, and each group above the next."""
    claimed = [name for group in groups for name in group]
    rival = str(values.mean().fillna(-np.inf).drop(claimed).idxmax())
    order = [(a, b) for one, two in pairwise(groups) for a in one for b in two]
    return order + [(name, rival) for name in claimed]


def _verdict(bounds: Sequence[Sequence[float]]) -> str:
    if all(low > 0 for low, _ in bounds):
        return HOLDS
    return FALLS if all(high < 0 for _, high in bounds) else OPEN


def overall(table: pd.DataFrame) -> dict[str, str]:
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
    `drawn` tells whether the faces are the embedded ones.
    """

    images: np.ndarray
    labels: np.ndarray
    maps: np.ndarray
    kinds: dict[str, np.ndarray]
    drawn: bool

    @property
    def claims(self) -> pd.DataFrame:
        """The original's claims; no drawn expression moves shoulders, so there they stay open."""
        return claims(self.kinds, self.labels, untold=("shoulders",) if self.drawn else ())

    @property
    def densities(self) -> pd.DataFrame:
        """The mean heat a pixel: a row an expression that has a face, a column a region."""
        values = pd.DataFrame(self.kinds[HEAT], columns=REGIONS)
        seen = values.groupby(self.labels).mean()
        return seen.set_axis([EXPRESSIONS[int(k)] for k in seen.index])


def evidence(run: Run, faces: FaceSet, most: int = 50) -> Evidence:
    """Gather it from a run's validation faces, at most `most` a class, the surest first."""
    predictions = run.predictions
    chosen = recognised(predictions.labels, predictions.probabilities, most)
    images, labels = faces.validation.images[chosen], predictions.labels[chosen]
    maps = saliency.gradient(run.model, to_input(images), torch.as_tensor(labels))[:, 0].numpy()
    truth = faces.validation[chosen].truth
    if truth is not None:
        regions = drawn_regions(truth)
    else:
        regions = np.broadcast_to(fixed_regions(), images.shape)
    drops = region_drops(run.model, images, labels, regions, faces.train.images.mean(0))
    kinds = {HEAT: densities(np.abs(maps), regions), COVER: 100 * drops}
    return Evidence(images, labels, maps, kinds, truth is not None)


def answer(found: Evidence) -> str:
    """What becomes of the claims, and where the network looks for each of the expressions."""
    seen = found.densities
    told = listing(f"**{verdict}** for {name}" for name, verdict in overall(found.claims).items())
    places = [
        f"on the {listing(map(str, seen.loc[name].nlargest(2).index))} for {name}"
        for name in CLAIMS
        if name in seen.index
    ]
    faces = "drawn faces, which can only test the method," if found.drawn else "these faces"
    steepest = f"The gradient is steepest {listing(places)}. " if places else ""
    return f"On {faces} the original's claim {told}. {steepest}"


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The claims as the page shows them: each kind of evidence with its interval in one column."""
    out = pd.DataFrame(index=(table["expression"] + ": " + table["claim"]).rename("claim"))
    for kind in (HEAT, COVER):
        out[kind] = means(table[kind], table[f"{kind} low"], table[f"{kind} high"], sign="+")
    return out.assign(verdict=table["verdict"].to_numpy())


def reading(table: pd.DataFrame, faces: str) -> str:
    """The verdict on each claim in a sentence, of `faces` as the sentence names them."""
    lines, verdicts = [], overall(table)
    for expression, rows in table.groupby("expression", sort=False):
        parts = rows.groupby("verdict")["claim"].agg(listing)
        said = ((HOLDS, "held"), (FALLS, "fell"), (OPEN, "open"))
        told = "".join(f"; {word}: {parts[found]}" for found, word in said if found in parts)
        seen = f"{faces} (n = {rows['faces'].iloc[0]})"
        lines.append(f"- **{expression}: {verdicts[str(expression)]}** on {seen}{told}.")
    return "\n".join(lines)
