"""Test the test of the homework's claims about places, and then the claims, for question 4.

    OMP_NUM_THREADS=1 python experiments/claims.py --data fer2013.zip

On drawn faces, whose truth is known: how often the test finds what decides and claims what does
not, by three networks that are trained if they are not there yet. On FER2013's photographs, where
`--data` is given: the claims, by the shipped network. Tables go to book/results/ and no face.
Some fifteen minutes on two cores.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import tyro

from fer_lib.data.faceset import EXPRESSIONS, Split
from fer_lib.data.near_duplicates import near_duplicates
from fer_lib.drawn.faces import face, render
from fer_lib.loading import load_faces, load_or_train
from fer_lib.questions.confusion import accuracy, matrix
from fer_lib.questions.selection import recognised
from fer_lib.store import write_json
from fer_lib.studies.claims_power import rates, trials, true_shares
from fer_lib.studies.homework_claims import BESIDE, COST, HEAT, gather_evidence
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run, load

SETTINGS = [  # kinds of evidence that must agree, faces a class in a sample
    ((HEAT,), 150), ((COST,), 150), ((HEAT, COST), 50), ((HEAT, COST), 150),
]  # fmt: skip


def fresh_faces(count: int) -> Split:
    """`count` drawn faces a class that shows something, none of them in the embedded set."""
    people = [face(1, i, name) for i in range(count) for name in EXPRESSIONS[:6]]
    labels = np.array([one.expression for one in people])
    return Split(render(people), labels, tuple(people))


def powers(run: Run, faces: Split, mean: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One network: `rates` by setting, and what the strictest found, question by question."""
    known = faces[recognised(faces.labels, run.predict(faces.images), len(faces))]
    evidence = gather_evidence(run.model, known, mean).kinds
    truth = true_shares(run.model, known)
    rows, table = [], pd.DataFrame()
    for kinds, count in SETTINGS:
        table = trials({name: evidence[name] for name in kinds}, known.labels, truth, count)
        rows.append({"evidence": " and ".join(kinds), "faces": count} | rates(table))
        print(run.recipe.seed, rows[-1], flush=True)
    return pd.DataFrame(rows), table.assign(seed=run.recipe.seed)


def on_drawn_faces(seeds: tuple[int, ...], count: int, runs: Path, folder: Path) -> None:
    """Store power and false alarms, each network's and their mean."""
    mean = load_faces("embedded").train.images.mean(0)
    trained = [load_or_train(Recipe(model="shallow", seed=seed), runs) for seed in seeds]
    faces = fresh_faces(count)
    with ThreadPoolExecutor(len(seeds)) as pool:
        results = list(pool.map(lambda run: powers(run, faces, mean), trained))
    every = pd.concat([rows.assign(seed=s) for s, (rows, _) in zip(seeds, results, strict=True)])
    together = every.groupby(["evidence", "faces"], sort=False).mean().drop(columns="seed")
    found = pd.concat([table for _, table in results])
    questions = found.groupby(["seed", "question"], as_index=False).agg(
        truth=("truth", "first"),
        asked=("truth", "size"),
        holds=("verdict", lambda v: (v == "holds").mean()),
        falls=("verdict", lambda v: (v == "does not hold").mean()),
    )
    tables = {"rates": together.reset_index(), "by_network": every, "questions": questions}
    write_json(folder / "claims_power.json", {"population": count, "seeds": list(seeds)} | tables)
    print(together.round(3).to_string())


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
    data: Path | None = None,
    seeds: tuple[int, ...] = (0, 1, 2),
    count: int = 175,
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Both, or the first alone where no `data` is given."""
    on_drawn_faces(seeds, count, runs, folder)
    if data:
        on_photographs(data, folder)


if __name__ == "__main__":
    tyro.cli(main)
