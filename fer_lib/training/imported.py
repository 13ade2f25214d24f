"""Weights that were trained elsewhere become a run: it can be evaluated, explained, reported."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from fer_lib.data.faceset import FaceSet
from fer_lib.errors import UserError
from fer_lib.files import locked, sha256
from fer_lib.networks.models import build, identity
from fer_lib.training.prediction import predict
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import (
    ENGINE,
    Run,
    folder_name,
    is_whole,
    make_folder,
    network_facts,
    store_run,
)

INSIDE = ("state_dict", "model_state_dict")  # where a checkpoint has them, beside an optimizer's
UNTRAINED = {"precision": "fp32", "processes": 1, "seconds": 0.0, "stretches": []}
SHOWN = 3  # names in a message


def import_run(weights: Path, recipe: Recipe, faces: FaceSet, runs: str | Path) -> Run:
    """The run under `runs` of weights for the recipe's model, measured on `faces`.

    Only the recipe's data and model are used. The history has one row, epoch 0: loss and accuracy
    of the weights as given, on the training and the validation faces. Raises UserError for a file
    that is neither safetensors nor a state_dict, or does not fit the model.
    """
    model = build(recipe.model, len(faces.classes))
    tensors = read_weights(weights)
    _fill(model, tensors, f"{weights} does not fit {recipe.model}")
    # the hash of the weights is in the name, so one file is imported once
    digest, network = sha256(weights), identity(recipe.model)
    choices = {"data": faces.fingerprint, "engine": ENGINE, "model": network, "weights": digest}
    folder = Path(runs) / folder_name(faces, network, "imported", choices)
    with locked(folder.with_name(f".{folder.name}.lock")):
        if not is_whole(folder):
            make_folder(folder)
            facts = {"imported": {"file": weights.name, "sha256": digest}, **UNTRAINED}
            facts |= network_facts(recipe.model)
            store_run(folder, recipe, faces, model, _history(model, faces), facts)
    return Run(folder, recipe.resolved())


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; nothing in it is executed."""
    if not path.is_file():
        raise UserError(f"{path} is no file; give safetensors, or torch.save(model.state_dict())")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # a pickle may hold code, and this one comes from elsewhere: weights_only runs none
        stored: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's reader has an error for each kind of rubbish
        raise UserError(
            f"{path} holds no weights alone, or is damaged; store torch.save(model.state_dict()) "
            "or safetensors"
        ) from error
    if isinstance(stored, dict):
        stored = next((stored[key] for key in INSIDE if key in stored), stored)
    if not isinstance(stored, dict) or not all(isinstance(v, Tensor) for v in stored.values()):
        raise UserError(f"{path} is no state_dict; store torch.save(model.state_dict())")
    return stored


def _fill(model: nn.Module, tensors: dict[str, Tensor], problem: str) -> None:
    try:
        # without strict, names are told apart: of many, the first few are enough
        missing, unknown = model.load_state_dict(tensors, strict=False)
    except RuntimeError as error:  # a tensor of another shape
        raise UserError(f"{problem}; {' '.join(str(error).split())[:300]}") from error
    if missing or unknown:
        raise UserError(f"{problem}; {len(missing)} missing: {missing[:SHOWN]}, and "
                        f"{len(unknown)} unknown: {unknown[:SHOWN]}")  # fmt: skip


def _history(model: nn.Module, faces: FaceSet) -> pd.DataFrame:
    row: dict[str, float] = {"epoch": 0}
    for name, split in (("train", faces.train), ("validation", faces.validation)):
        labels = torch.from_numpy(split.labels)
        logits = predict(model, split.images, len(faces.classes))
        row[f"{name}_loss"] = float(F.cross_entropy(logits, labels))
        row[f"{name}_accuracy"] = float((logits.argmax(1) == labels).double().mean())
    return pd.DataFrame([row | {"learning_rate": 0.0, "seconds": 0.0}])
