"""Weights that were trained elsewhere become a run: it can be evaluated, explained, reported."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from fer_lib.data.faceset import FaceSet, Split
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
    _check(model, tensors, f"{weights} does not fit {recipe.model}")
    model.load_state_dict(tensors)
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


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file by name; nothing in it is executed."""
    if not path.is_file():
        raise UserError(f"{path} is no file; give safetensors, or torch.save(model.state_dict())")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # a pickle may hold code, and this one comes from elsewhere: weights_only runs none
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's reader has an error for each kind of rubbish
        raise UserError(
            f"{path} holds no weights alone, or is damaged; store torch.save(model.state_dict()) "
            "or safetensors"
        ) from error
    inner = [found[key] for key in INSIDE if isinstance(found, dict) and key in found]
    found = inner[0] if inner else found
    if not isinstance(found, dict) or not all(isinstance(v, torch.Tensor) for v in found.values()):
        raise UserError(f"{path} is no state_dict; store torch.save(model.state_dict())")
    return found


def _check(model: nn.Module, tensors: dict[str, torch.Tensor], what: str) -> None:
    own = model.state_dict()
    shapes = [
        f"{k} {tuple(tensors[k].shape)} for {tuple(own[k].shape)}"
        for k in own.keys() & tensors.keys()
        if own[k].shape != tensors[k].shape
    ]
    odd = {
        "missing": own.keys() - tensors.keys(),
        "unknown": tensors.keys() - own.keys(),
        "of another shape": shapes,
    }
    lists = [f"{word}: {_some(sorted(names))}" for word, names in odd.items() if names]
    if lists:
        raise UserError(f"{what}; {'; '.join(lists)}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _history(model: nn.Module, faces: FaceSet) -> pd.DataFrame:
    row: dict[str, float] = {"epoch": 0, "learning_rate": 0.0, "seconds": 0.0}
    for name in ("train", "validation"):
        row |= {f"{name}_{k}": v for k, v in _scores(model, getattr(faces, name).labelled).items()}
    return pd.DataFrame([row])


def _scores(model: nn.Module, split: Split) -> dict[str, float]:
    labels = torch.from_numpy(split.labels)
    logits = predict(model, split.images, len(split.classes))
    right = (logits.argmax(1) == labels).double().mean()
    return {"loss": float(F.cross_entropy(logits, labels)), "accuracy": float(right)}
