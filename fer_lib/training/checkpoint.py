"""A run's state on disk, as safetensors: numbers and one JSON text, nothing that can be executed.

Written whole or not at all; the last two are kept, so that a damaged one costs minutes.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fer_lib.errors import UserError
from fer_lib.files import atomic_write

COUNT = 2  # checkpoints that stay


def write(folder: Path, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Add a checkpoint to the folder and drop those before the last two.

    `facts` is JSON; its `epoch` and `step` name the file. Their hash goes with them, for a flipped
    bit would make other weights and no error.
    """
    # zeros in front, so that names sort as numbers do and the last is the newest
    path = folder / f"checkpoint-{facts['epoch']:05}-{facts['step']:06}.safetensors"
    store(tensors, path, {"facts": json.dumps(facts), "sha256": _digest(tensors, facts)})
    for old in listed(folder)[:-COUNT]:
        old.unlink()


def store(
    tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None
) -> None:
    """Write tensors as a file whole."""
    # safetensors stores neither strides nor what layers share: each is laid out plainly, alone
    plain = {"memory_format": torch.contiguous_format}
    tensors = {name: tensor.detach().clone(**plain) for name, tensor in tensors.items()}
    with atomic_write(path) as temporary:
        # not by its own save_file, which tells of a full disk in words and not as an OSError
        temporary.write_bytes(save(tensors, metadata))


def _digest(tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(facts).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        # as bytes, for numpy knows no bf16
        digest.update(tensor.cpu().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def listed(folder: Path) -> list[Path]:
    """The folder's checkpoints, oldest first."""
    return sorted(folder.glob("checkpoint-*.safetensors"))


def read(path: Path, identity: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """A checkpoint's tensors and facts.

    Raises UserError for a file that is not whole, not a checkpoint, or another run's.
    """
    try:
        # it could point anywhere, and be changed after it was checked
        if path.is_symlink():
            raise ValueError("a link")
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata()
        facts = json.loads(metadata["facts"])
        if metadata["sha256"] != _digest(tensors, facts):
            raise ValueError("its hash is another")
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a whole checkpoint ({error}); delete it") from error
    if facts.get("identity") != identity:
        raise UserError(f"{path} is a checkpoint of another recipe or other faces; delete it")
    return tensors, facts


def latest(folder: Path, identity: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """The newest checkpoint that is whole, None where there is none at all.

    Raises UserError where each is refused.
    """
    # the newest may be the one that a full disk or a power cut has spoiled
    refusals = []
    for path in reversed(listed(folder)):
        try:
            return read(path, identity)
        except UserError as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]
    return None
