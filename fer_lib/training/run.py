"""A run on disk: its folder's name, what is stored there, and how it is read again."""

import json
import re
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file
from torch import nn

from fer_lib.data.faceset import EMBEDDED, EXPRESSIONS, SIZE, FaceSet
from fer_lib.errors import UserError, say
from fer_lib.files import atomic_write, digest, remove_stale, write_text
from fer_lib.networks import own
from fer_lib.networks.models import ANY_SIZE, build, identity
from fer_lib.training import checkpoint
from fer_lib.training.manifest import (
    environment_info,
    is_finished,
    read_manifest,
    reading,
    verify,
    write_manifest,
)
from fer_lib.training.prediction import predict
from fer_lib.training.recipe import Recipe, chosen, from_fields

ENGINE = 4  # raised by hand when the same recipe no longer gives the same numbers
HISTORY = (
    "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "learning_rate", "seconds",
)  # fmt: skip
PRETRAINED = ("compact",)  # beside this file, as `fer-lib release` writes a run
TEN_VIEWS_SHIFT = 3  # pixels between a face and each of its four other views


@dataclass(frozen=True)
class Predictions:
    """What the network says of the validation split: labels (N,) int64, probabilities (N, K)."""

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
            return pd.read_csv(path)[list(HISTORY)]  # a file without them is no history

    @cached_property
    def model(self) -> nn.Module:
        """The network with the saved weights, in eval mode, fp32."""
        self.verify_network()
        model = build(self.recipe.model, len(self.classes))
        with reading(self.path / "weights.safetensors") as path:
            model.load_state_dict(load_file(path))
        return model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def verify(self, faces: FaceSet) -> FaceSet:
        """`faces` as given; raises UserError when they are not those that the run was fitted on."""
        if faces.fingerprint != self.manifest["data"]:
            raise UserError(f"{self.recipe.data} has changed since {self.path}; train again")
        return faces

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the network's outputs; a run from before there were others has FER2013's."""
        return tuple(self.manifest.get("classes", EXPRESSIONS))

    def check_classes(self, faces: FaceSet) -> None:
        """Raises UserError where faces have other classes than the network."""
        if faces.classes != self.classes:
            raise UserError(f"{faces.name} has the classes {', '.join(faces.classes)}, and the run "
                            f"{self.path} has {', '.join(self.classes)}; give faces of the run's"
                            )  # fmt: skip

    @property
    def imported(self) -> bool:
        """Whether its weights were trained elsewhere: then its recipe names data and model only."""
        return "imported" in self.manifest

    def verify_network(self) -> None:
        """Raises UserError where the network is the user's own, and not as it was trained."""
        if not own.is_own(self.recipe.model):
            return
        trained = self.manifest["network"]
        hint = f"the text that was trained is in {self.path / 'manifest.json'}"
        try:
            now = own.read_source(self.recipe.model)
        except UserError as error:
            raise UserError(f"{error}; {hint}") from error
        if (now.name, now.sha256) != (trained["class"], trained["sha256"]):
            raise UserError(f"{self.recipe.model} is not the network of {self.path}; {hint}")

    @cached_property
    def predictions(self) -> Predictions:
        """On validation, in its order."""
        with reading(self.path / "predictions.npz") as path, np.load(path) as arrays:
            return Predictions(arrays["labels"], arrays["probabilities"])

    def predict(self, images: np.ndarray, ten_views: bool = False) -> np.ndarray:
        """What the network says of any faces: (N, 48, 48) uint8 → probabilities (N, K) float32.

        With `ten_views` the mean of what it says of each face, of the face moved by three pixels
        to each of the four sides, and of their mirror images: test-time augmentation.
        """
        views = _ten_views(images) if ten_views else [images]
        classes = len(self.classes)
        each = [predict(self.model, view, classes).softmax(1).numpy() for view in views]
        return np.mean(each, axis=0)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Where the run comes from: versions, commit, machine, data, precision, wall time."""
        return read_manifest(self.path)


def _ten_views(images: np.ndarray) -> list[np.ndarray]:
    """The faces as they are and moved to four sides, beyond the edge its mirror; each both ways."""
    height, width = images.shape[1:]
    s = TEN_VIEWS_SHIFT
    # mirrored at the edge, for a black border would be a feature that no face has
    padded = np.pad(images, ((0, 0), (s, s), (s, s)), mode="symmetric")
    corners = [(s, s), (0, s), (2 * s, s), (s, 0), (s, 2 * s)]
    shifted = [padded[:, top : top + height, left : left + width] for top, left in corners]
    # torch takes no negative strides, and a mirror image is made of them
    return [np.ascontiguousarray(view[:, :, ::way]) for view in shifted for way in (1, -1)]


def load(path: str | Path, model: str | None = None) -> Run:
    """A finished run by its folder, or by the name of one that comes with the library: compact.

    The code of a network of the user's own is executed only where `model` names it. Raises
    UserError for a folder without a finished run, for a file that was changed since, and for such
    a network without `model`.
    """
    folder = folder_of(path)
    if not is_finished(folder):
        raise UserError(f"no finished run in {folder}, or one of an older fer_lib; give the folder "
                        "that `train` printed, or compact, or train again")  # fmt: skip
    # hashes before anything is read: a damaged file is named, not misread
    if why := verify(folder):
        raise UserError(f"{folder}: {why}; copy the run once more, or train it again")
    recipe = stored_recipe(folder)
    if model is None and own.is_own(recipe.model):
        raise UserError(
            f"{folder} is a run of your own network, whose code runs only where you name it; give "
            f"--model {recipe.model}"
        )
    # the user's own may have another path by now: below, its text is compared
    if model not in (None, recipe.model) and not (own.is_own(recipe.model) and own.is_own(model)):
        raise UserError(f"{folder} is a run of {recipe.model}, not of {model}; give its own")
    run = Run(folder, replace(recipe, model=model or recipe.model))
    run.verify_network()
    return run


def folder_of(path: str | Path) -> Path:
    """The folder of a run by its path, or by the name of one that comes with the library."""
    folder = Path(path).expanduser()
    # a folder of that name in the working folder wins: it is what the user sees
    if str(path) in PRETRAINED and not folder.exists():
        return Path(__file__).with_name("pretrained") / folder
    return folder


def stored_recipe(folder: Path) -> Recipe:
    """The recipe of a finished run."""
    with reading(folder / "recipe.json") as path:
        return from_fields(json.loads(path.read_text(encoding="utf-8")))


def run_name(recipe: Recipe, faces: FaceSet) -> str:
    """A run's folder: readable, then a hash of recipe, faces and ENGINE.

    The path to the faces is not in it: the same faces from another place are the same run.
    """
    recipe = recipe.resolved()
    # the fingerprint stands for the path: a data set may move, and may change in its place
    network = identity(recipe.model)
    choices = chosen(recipe) | {"data": faces.fingerprint, "engine": ENGINE, "model": network}
    if recipe.teachers:  # by what they are, wherever they lie
        taught_by = [teacher.manifest["files"] for teacher in teaching_runs(recipe, faces)]
        choices |= {"teachers": taught_by}
    return folder_name(faces, network, str(recipe.epochs), choices)


def teaching_runs(recipe: Recipe, faces: FaceSet) -> list[Run]:
    """The runs of a recipe's teachers; raises UserError for one that was fitted on other faces."""
    return [_teaching_run(path, recipe, faces) for path in recipe.teachers]


def _teaching_run(path: str, recipe: Recipe, faces: FaceSet) -> Run:
    """One of `teaching_runs`."""
    folder = folder_of(path)
    # its code would have to be named, and `--model` names the student's
    if is_finished(folder) and own.is_own(stored_recipe(folder).model):
        raise UserError(f"the teacher {folder} is a run of your own network; give runs of the "
                        "library's networks")  # fmt: skip
    run = load(folder)
    # it may have seen the student's validation faces, and would tell what they are
    if run.imported or run.manifest["data"] != faces.fingerprint:
        known = "on faces not known here" if run.imported else f"on other faces than {faces.name}"
        raise UserError(f"the teacher {folder} was fitted {known}, perhaps on some that are "
                        "scored; give runs of the same faces")  # fmt: skip
    if run.recipe.model not in ANY_SIZE and recipe.image_sizes != (SIZE,):
        raise UserError(f"the teacher {folder} takes faces of {SIZE} pixels alone; give "
                        f"--image-sizes {SIZE}")  # fmt: skip
    return run


def folder_name(faces: FaceSet, network: str, made: str, choices: dict[str, Any]) -> str:
    """The data's name, the network's, how it was made, and the hash of all that decides."""
    data = re.sub(r"[^A-Za-z0-9]+", "-", faces.name)[:40].strip("-").lower() or "faces"
    return f"{data}-{network.split()[0]}-{made}-{digest(choices)[:10]}"


def is_whole(folder: Path) -> bool:
    """Whether a finished run is there, with this folder's name, as it was written."""
    return is_finished(folder) and not verify(folder, folder.name)


def make_folder(folder: Path) -> None:
    """Make a run's folder; what is there and damaged is kept under another name, and that said."""
    if is_finished(folder):
        # never deleted: the user may know better than a hash what it is worth
        aside = folder.with_name(f"damaged-{time.time_ns()}-{folder.name}")
        why = verify(folder, folder.name)
        folder.rename(aside)
        say(f"{folder}: {why}; made again, the old one kept as {aside.name}")
    folder.mkdir(parents=True, exist_ok=True)
    remove_stale(folder)


def network_facts(name: str) -> dict[str, Any]:
    """What a manifest tells of a network of the user's own: its file's text and hash."""
    return {"network": own.read_source(name).facts} if own.is_own(name) else {}


def store_run(
    folder: Path,
    recipe: Recipe,
    faces: FaceSet,
    model: nn.Module,
    history: pd.DataFrame,
    facts: dict[str, Any],
) -> None:
    """Store in its folder what a recipe on `faces` has come to; `facts` are for the manifest."""
    data = recipe.data
    if data != EMBEDDED:  # a path that holds from any folder
        data = str(Path(data).expanduser().resolve())
    teachers = tuple(str(folder_of(path).resolve()) for path in recipe.teachers)
    model_name = own.absolute(recipe.model)
    recipe = replace(recipe.resolved(), data=data, model=model_name, teachers=teachers)
    facts = {"run": folder.name, "engine": ENGINE, "data": faces.fingerprint, **facts}
    facts |= {"classes": faces.classes, **environment_info()}
    write_run(folder, recipe, faces, model, history, facts)


def write_run(
    folder: Path,
    recipe: Recipe,
    faces: FaceSet,
    model: nn.Module,
    history: pd.DataFrame,
    facts: dict[str, Any],
) -> None:
    """Write a finished run's files; the manifest last, without which the folder is none.

    The weights are stored as the model has them, halved perhaps; it predicts by them in fp32.
    """
    checkpoint.store(model.state_dict(), folder / "weights.safetensors")
    logits = predict(model.float(), faces.validation.images, len(faces.classes))
    # each file whole or not at all, so that a run that is cut off here is only unfinished
    write_text(folder / "recipe.json", json.dumps(chosen(recipe), indent=2) + "\n")
    with atomic_write(folder / "history.csv") as temporary:
        history.to_csv(temporary, index=False)
    with atomic_write(folder / "predictions.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, labels=faces.validation.labels, probabilities=logits.softmax(1).numpy())
    write_manifest(folder, facts)
