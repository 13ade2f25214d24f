"""Test the test of the homework's claims about places, and then the claims, for question 4.

    OMP_NUM_THREADS=1 python experiments/claims.py --data fer2013.zip

On drawn faces, whose truth is known: how often the test finds what decides and claims what does
not, by question 4's network. On FER2013's photographs, where `--data` is given: the claims, by the
shipped network. Tables go to book/results/ and no face; some ten minutes on two cores.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import tyro

from fer_lib.data.faceset import Split
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.drawn.faces import face, render
from fer_lib.loading import load_faces, load_or_train
from fer_lib.questions.confusion import accuracy, matrix
from fer_lib.questions.selection import recognised
from fer_lib.store import write_json
from fer_lib.studies.claims_power import question_rates, rates, trials, true_shares
from fer_lib.studies.homework_claims import BESIDE, COST, HEAT, gather_evidence
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import load

DRAWN = 2000  # fresh faces, about a seventh of them neutral and left out
SETTINGS = [  # kinds of evidence that must agree, faces a class in a sample
    ((HEAT,), 150), ((COST,), 150), ((HEAT, COST), 50), ((HEAT, COST), 150),
]  # fmt: skip


def on_drawn_faces(runs: Path, folder: Path) -> None:
    """Store power and false alarms by setting, and what the strictest found of each question."""
    run = load_or_train(Recipe(model="shallow"), runs)
    people = [one for i in range(DRAWN) if (one := face(1, i)).units]  # seed 0 is the embedded set
    faces = Split(render(people), np.array([one.expression for one in people]), tuple(people))
    known = faces[recognised(faces.labels, run.predict(faces.images), len(faces))]
    mean = load_faces("embedded").train.images.mean(0)
    store_power(
        gather_evidence(run.model, known, mean).kinds,
        known.labels,
        true_shares(run.model, known),
        folder,
    )


def store_power(
    evidence: dict[str, np.ndarray], labels: np.ndarray, truth: np.ndarray, folder: Path
) -> None:
    """Store the rates of samples of a population."""
    rows, table = [], pd.DataFrame()
    for kinds, count in SETTINGS:
        table = trials({name: evidence[name] for name in kinds}, labels, truth, count)
        rows.append({"evidence": " and ".join(kinds), "faces": count} | rates(table))
        print(rows[-1], flush=True)
    tables = {"rates": pd.DataFrame(rows), "questions": question_rates(table)}
    write_json(folder / "claims_power.json", {"population": len(labels)} | tables)


def on_photographs(data: Path, folder: Path) -> None:
    """Store the verdicts by `compact` on PublicTest, without near-duplicates of Training."""
    faces, run = load_faces(str(data)), load("compact")
    split, said = run.verify(faces).validation, run.predictions
    new = ~near_duplicates(split.images, faces.train.images)
    right = recognised(said.labels, said.probabilities, len(split))
    evidence = gather_evidence(run.model, split[right[new[right]]], faces.train.images.mean(0))
    facts = {
        "network": "compact",
        "accuracy": accuracy(matrix(said.labels, said.probabilities)),
        "faces": len(evidence.labels),
    }
    write_json(folder / "claims_fer2013.json", facts | {"claims": evidence.claims})
    print(evidence.claims[["claim", HEAT, COST, BESIDE, "p", "verdict"]].round(3).to_string())


def main(
    data: Path | None = None, runs: Path = Path("runs"), folder: Path = Path("book/results")
) -> None:
    """Both, or the first alone where no `data` is given."""
    on_drawn_faces(runs, folder)
    if data:
        on_photographs(data, folder)


if __name__ == "__main__":
    tyro.cli(main)
