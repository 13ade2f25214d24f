"""One run on disk: `load_or_train` gives it back, trained now if it is not there yet."""

import hashlib
import json
import re
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import nn

from fer_lib.data.faceset import FaceSet
from fer_lib.errors import UserError
from fer_lib.files import atomic_write, locked, remove_stale
from fer_lib.networks.models import build
from fer_lib.training import checkpoint, pretrained
from fer_lib.training.acceleration.allocator import keep_freed
from fer_lib.training.acceleration.distributed import World, joined
from fer_lib.training.acceleration.precision import choose, found
from fer_lib.training.loop import Training, predict
from fer_lib.training.provenance import environment_info
from fer_lib.training.recipe import Recipe, from_fields
from fer_lib.training.seal import broken, provenance, reading, seal, sealed
from fer_lib.training.state import State, fresh

ENGINE = 4  # raised by hand when the same recipe no longer gives the same numbers
PRECISIONS = ("bf16", "fp32")
HISTORY = (
    "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "learning_rate", "seconds",
)  # fmt: skip
MOVED = 3  # pixels between a face and each of its four other views
PROBED = "precision.json"  # beside the runs: what the probe found on each machine


@dataclass(frozen=True)
class Predictions:
    """What the network says of the validation split: labels (N,) int64, probabilities (N, 7)."""

    labels: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class Run:
    """A finished run's folder."""

    path: Path
    recipe: Recipe

    @cached_property
    def history(self) -> pd.DataFrame:
        """A row an epoch: losses in nats, accuracy 0 to 1; training's are of augmented faces."""
        with reading(self.path / "history.csv") as path:
            return pd.read_csv(path)[list(HISTORY)]

    @cached_property
    def model(self) -> nn.Module:
        """The network with the saved weights, in eval mode, fp32."""
        model = build(self.recipe.model)
        with reading(self.path / "weights.safetensors") as path:
            model.load_state_dict(load_file(path))
        return model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def verify(self, faces: FaceSet) -> FaceSet:
        """`faces` as given; raises UserError when they are not those that the run was fitted on."""
        if faces.fingerprint != self.provenance["data"]:
            raise UserError(f"{self.recipe.data} has changed since {self.path}; train again")
        return faces

    @cached_property
    def predictions(self) -> Predictions:
        """On validation, in its order."""
        with reading(self.path / "predictions.npz") as path, np.load(path) as arrays:
            return Predictions(arrays["labels"], arrays["probabilities"])

    def predict(self, images: np.ndarray, ten_views: bool = False) -> np.ndarray:
        """What the network says of any faces: (N, 48, 48) uint8 → probabilities (N, 7) float32.

        With `ten_views` the mean of what it says of each face, of the face moved by three pixels
        to each of the four sides, and of their mirror images: test-time augmentation.
        """
        keep_freed()
        world = World(0, 1, next(self.model.parameters()).device)
        views = _ten_views(images) if ten_views else [images]
        said = [predict(self.model, view, "fp32", world).softmax(1).numpy() for view in views]
        return np.mean(said, axis=0)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """Where the run comes from: versions, commit, machine, data, precision, wall time."""
        return provenance(self.path)


def _ten_views(images: np.ndarray) -> list[np.ndarray]:
    """The faces as they are and moved to four sides, beyond the edge its mirror; each both ways."""
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (MOVED, MOVED), (MOVED, MOVED)), mode="symmetric")
    places = [(0, 0), (-MOVED, 0), (MOVED, 0), (0, -MOVED), (0, MOVED)]
    corners = [(MOVED + down, MOVED + across) for down, across in places]
    moved = [padded[:, top : top + height, left : left + width] for top, left in corners]
    return [np.ascontiguousarray(view[:, :, ::way]) for view in moved for way in (1, -1)]


def load(path: str | Path) -> Run:
    """A finished run by its folder, or by the name of one of `pretrained`.

    Raises UserError where there is none, or not as it was.
    """
    folder = pretrained.folder(path)
    if not sealed(folder):
        raise UserError(
            f"no finished run in {folder}; give the folder that `train` printed, or compact"
        )
    if why := broken(folder):
        raise UserError(f"{folder}: {why}; copy the run once more, or train it again")
    with reading(folder / "recipe.json") as recipe:
        return Run(folder, from_fields(json.loads(recipe.read_text(encoding="utf-8"))))


def fit(recipe: Recipe, faces: FaceSet, runs: str | Path) -> Run:
    """The run of a recipe on `faces` under `runs`: loaded if it is there, else trained.

    A run that was broken off goes on. One that is not as it was written is kept under another
    name, and trained again.
    Raises UserError for a loss that is no longer a number.
    """
    with joined() as world, torch.random.fork_rng():
        stem = Path(runs) / name(recipe, faces)
        if done := world.told(_finished(recipe, world, stem) if world.leads else None):
            return Run(done, recipe)
        lock = locked(stem.with_name(f".{stem.name}.lock")) if world.leads else nullcontext()
        with lock:
            # it may be finished now, by the process that held the lock before
            done = world.told(_finished(recipe, world, stem) if world.leads else None)
            folder = done or world.told(_folder(recipe, world, stem) if world.leads else None)
            if not done:
                train(recipe, faces, world, folder)
            world.told(None)  # nobody goes on before rank 0 has written
            return Run(folder, recipe)


def name(recipe: Recipe, faces: FaceSet) -> str:
    """The first part of a run's folder: readable, then a hash of recipe, faces and ENGINE.

    Precision and number of processes are the second part. The path to the faces is not in it:
    the same faces from another place are the same run.
    """
    choices = asdict(recipe) | {"data": faces.fingerprint, "precision": "", "engine": ENGINE}
    digest = hashlib.sha256(json.dumps(choices, sort_keys=True).encode()).hexdigest()
    data = re.sub(r"[^A-Za-z0-9]+", "-", faces.name)[:40].strip("-").lower() or "faces"
    return f"{data}-{recipe.model}-{recipe.epochs}-{digest[:10]}"


def _ours(recipe: Recipe, world: World, stem: Path) -> list[Path]:
    """The run's folders; without a precision asked for, either is the run."""
    precisions = PRECISIONS if recipe.precision == "auto" else (recipe.precision,)
    return [stem.with_name(f"{stem.name}-{p}-x{world.size}") for p in precisions]


def _finished(recipe: Recipe, world: World, stem: Path) -> Path | None:
    """The run that is there and whole; a single process takes a job's run too."""
    candidates = _ours(recipe, world, stem)
    if world.size == 1:
        jobs = [path for f in candidates for path in f.parent.glob(f"{f.name[:-1]}*")]
        candidates += sorted(jobs)
    return next((f for f in candidates if sealed(f) and not broken(f, stem.name)), None)


def _folder(recipe: Recipe, world: World, stem: Path) -> Path:
    """Where to train: in the run that was broken off, else in a new one."""
    ours = _ours(recipe, world, stem)
    for folder in filter(sealed, ours):
        kept = folder.with_name(f"damaged-{time.time_ns()}-{folder.name}")
        why = broken(folder, stem.name)
        folder.rename(kept)
        print(f"{folder}: {why}; trained again, the old one kept as {kept.name}", file=sys.stderr)
    if begun := [folder for folder in ours if checkpoint.listed(folder)]:
        return begun[0]
    if recipe.precision == "auto":
        chosen = choose(recipe.model, world.device, stem.parent / PROBED)
        return ours[PRECISIONS.index(chosen)]
    return ours[0]


def train(recipe: Recipe, faces: FaceSet, world: World, folder: Path) -> None:
    """Train the run of `folder` to its end, from its last checkpoint if there is one."""
    state = fresh(recipe, world.device)
    last = world.told(checkpoint.latest(folder, folder.name) if world.leads else None)
    if last:
        state.restore(*last, world.rank)
    precision = _precision(folder)
    if world.leads:
        folder.mkdir(parents=True, exist_ok=True)
        remove_stale(folder)

    def save() -> None:
        sums = world.gathered(state.sums)
        if world.leads:
            facts = state.facts() | {"identity": folder.name}
            checkpoint.write(folder, state.tensors() | {"sums": sums}, facts)

    Training(recipe, faces, precision, world, state).fit(save)
    logits = predict(state.kept, faces.validation.images, "fp32", world)
    if world.leads:
        _finish(folder, recipe, faces, state, logits, world)


def _precision(folder: Path) -> str:
    return folder.name.split("-")[-2]


def _finish(
    folder: Path, recipe: Recipe, faces: FaceSet, state: State, logits: torch.Tensor, world: World
) -> None:
    """Store the run that has ended, and drop its checkpoints."""
    data = recipe.data if recipe.data == "embedded" else str(Path(recipe.data).resolve())
    predictions = Predictions(faces.validation.labels, logits.softmax(1).numpy())
    facts = {
        "run": name(recipe, faces),
        "engine": ENGINE,
        "data": faces.fingerprint,
        "precision": _precision(folder),
        "probe": found(recipe.model, folder.parent / PROBED),
        "processes": world.size,
        "seconds": round(sum(row["seconds"] for row in state.history), 2),
    }
    weights = {key: value.contiguous() for key, value in state.kept.state_dict().items()}
    checkpoint.store(weights, folder / "weights.safetensors")
    history, told = pd.DataFrame(state.history), facts | environment_info()
    complete(folder, replace(recipe, data=data), history, predictions, told)
    for path in checkpoint.listed(folder):
        path.unlink()


def complete(
    folder: Path,
    recipe: Recipe,
    history: pd.DataFrame,
    predictions: Predictions,
    facts: dict[str, Any],
) -> None:
    """Write what a finished run has beside its weights; provenance.json, with the facts, last."""
    with atomic_write(folder / "recipe.json") as temporary:
        temporary.write_text(json.dumps(asdict(recipe), indent=2) + "\n")
    with atomic_write(folder / "history.csv") as temporary:
        history.to_csv(temporary, index=False)
    with atomic_write(folder / "predictions.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, **vars(predictions))
    seal(folder, facts)
