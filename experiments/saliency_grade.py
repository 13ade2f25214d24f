"""Grade the saliency methods on 200 faces and three networks, for question 4.

    OMP_NUM_THREADS=1 python experiments/saliency_grade.py

Trains what is not there yet and writes to book/results/; no face is stored. Each network takes a
thread of its own; some twenty minutes on two cores.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import tyro
from scipy.stats import spearmanr

from fer_lib.data.faceset import FaceSet, to_input
from fer_lib.drawn.faces import Face, render
from fer_lib.loading import load_faces, load_or_train
from fer_lib.networks.models import inference_copy
from fer_lib.questions import saliency
from fer_lib.store import write_json
from fer_lib.studies import ablation, randomisation_test, saliency_benchmark
from fer_lib.studies.saliency_metrics import scores
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run

CASCADE = 6  # faces of each network whose maps are followed while its weights are randomised


def graded(
    run: Run, people: list[Face], data: FaceSet, masks: np.ndarray
) -> tuple[dict[str, pd.DataFrame], float, pd.DataFrame]:
    """One network: scores by method, the truth's share of the picture, the randomisation."""
    truth = ablation.truth(run.model, people)
    heats = saliency.heats(run.model, truth.images, truth.labels)
    print(f"seed {run.recipe.seed}: {len(truth)} faces", flush=True)
    heats |= saliency_benchmark.baseline_heats(truth, data.train, masks)
    by_method = {name: scores(truth, heat) for name, heat in heats.items()}
    few = np.linspace(0, len(truth) - 1, CASCADE).astype(int)
    cascade = randomisation_test.cascade(run.model, truth.images[few], truth.labels[few])
    return by_method, float(truth.decisive.mean()), cascade


def own_means(by_method: dict[str, pd.DataFrame], seed: int) -> pd.DataFrame:
    """One network's mean of every measure: a row a method."""
    means = pd.DataFrame({name: table.mean() for name, table in by_method.items()}).T
    return means.rename_axis("method").reset_index().assign(seed=seed)


def numerical_errors(run: Run, people: list[Face]) -> dict[str, float]:
    """How far two methods are from their limits, on a few faces of one network.

    `completeness`: integrated gradients' sum against the logit's rise, mean |error| over the mean
    rise. `smoothgrad`: the rank correlation of two maps that differ in the noise alone.
    """
    x, target = to_input(render(people)), torch.tensor([face.expression for face in people])
    sums = saliency.integrated_gradients(run.model, x, target).sum((1, 2, 3)).numpy()
    with torch.no_grad():
        own = inference_copy(run.model)
        rise = (saliency.logits_of(own, x, target) - saliency.logits_of(own, 0 * x, target)).numpy()
    maps = [saliency.smoothgrad(run.model, x, target, seed=seed).abs() for seed in (1, 2)]
    alike = [spearmanr(a, b, axis=None).statistic for a, b in zip(*maps, strict=True)]
    return {
        "completeness": float(np.abs(sums - rise).mean() / np.abs(rise).mean()),
        "smoothgrad": float(np.mean(alike)),
    }


def main(
    faces: int = 200,
    seeds: tuple[int, ...] = (0, 1, 2),
    runs: Path = Path("runs"),
    folder: Path = Path("book/results"),
) -> None:
    """Grade the same faces by every network, all together and each network's own mean."""
    data = load_faces("embedded")
    trained = [load_or_train(Recipe(model="shallow", seed=seed), runs) for seed in seeds]
    probabilities = np.stack([run.predictions.probabilities for run in trained])
    labels = data.validation.labels
    chosen = saliency_benchmark.random_recognised(labels, probabilities, faces)
    people = list(data.validation[chosen].truth or ())
    masks = saliency_benchmark.mean_masks(data.train)
    with ThreadPoolExecutor(len(seeds)) as pool:
        results = list(pool.map(lambda run: graded(run, people, data, masks), trained))
    by_seed = dict(zip(seeds, (by_method for by_method, _, _ in results), strict=True))
    # A face that one network decides without any unit is left out for all: the design is crossed.
    pooled = {
        name: pd.concat({s: one[name] for s, one in by_seed.items()}, names=["network", "face"])
        .groupby("face")
        .filter(lambda rows: len(rows) == len(seeds))
        for name in results[0][0]
    }
    baselines = [name for name in pooled if name not in saliency.METHODS]
    cascade = pd.concat([likeness for _, _, likeness in results]).groupby(level=0).mean()
    facts = {
        "faces": len(pooled["random"]) // len(seeds),
        "recognised": int((probabilities.argmax(-1) == labels).all(0).sum()),
        "intensity": float(np.mean([face.intensity for face in people])),
        "seeds": list(seeds),
        "area": float(np.mean([area for _, area, _ in results])),
        "cascade_faces": CASCADE * len(seeds),
        "errors": numerical_errors(trained[0], people[:: max(1, len(people) // 16)]),
    }
    summary = saliency_benchmark.summary(pooled)
    tables = {
        "summary": summary,
        "by_network": pd.concat([own_means(one, seed) for seed, one in by_seed.items()]),
        "leads": saliency_benchmark.differences(pooled, baselines),
        "randomisation": cascade,
    }
    write_json(folder / "saliency_grade.json", facts | tables)
    print(facts)
    print(summary.round(3).to_string())


if __name__ == "__main__":
    tyro.cli(main)
