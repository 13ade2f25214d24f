"""A run's state on disk, as safetensors: numbers and one JSON text, nothing that can be executed.

Written whole or not at all; the last two are kept, so that a damaged one costs minutes.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from fer_lib.errors import UserError
from fer_lib.files import replacing

KEPT = 2


def write(folder: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Add a checkpoint to the folder and drop those before the last two.

    `facts` is JSON; its `epoch` and `step` name the file.
    """
    path = folder / f"checkpoint-{facts['epoch']:05}-{facts['step']:06}.safetensors"
    whole = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        save_file(whole, temporary, {"facts": json.dumps(facts)})
    for old in listed(folder)[:-KEPT]:
        old.unlink()


def sweep(folder: Path) -> None:
    """Remove what a killed process had half written."""
    for path in folder.glob(".*.tmp*"):
        path.unlink()


def listed(folder: Path) -> list[Path]:
    """The folder's checkpoints, oldest first."""
    return sorted(folder.glob("checkpoint-*.safetensors"))


def read(path: Path, identity: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """A checkpoint's tensors and facts.

    Raises UserError for a file that is not whole, not a checkpoint, or another run's.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = json.loads(file.metadata()["facts"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a whole checkpoint ({error}); delete it") from error
    if facts.get("identity") != identity:
        raise UserError(f"{path} is a checkpoint of another recipe or other faces; delete it")
    return tensors, facts


def latest(folder: Path, identity: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """The newest checkpoint that is whole, None where there is none at all.

    Raises UserError where each is refused.
    """
    refusal: UserError | None = None
    for path in reversed(listed(folder)):
        try:
            return read(path, identity)
        except UserError as error:
            refusal = refusal or error
    if refusal:
        raise refusal
    return None
