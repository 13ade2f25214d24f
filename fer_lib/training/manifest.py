"""A run's manifest: where the run comes from, and the hash of each of its files; written last.

A file that was cut off, changed, exchanged for another run's or is a link is found before anything
in it is read.
"""

import json
import os
import platform
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fer_lib.errors import UserError
from fer_lib.files import digest, sha256, write_text

MANIFEST = "manifest.json"
FILES = ("recipe.json", "history.csv", "weights.safetensors", "predictions.npz")
LARGEST = 1 << 20  # bytes of a manifest; ours has less than two thousand


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write the facts, the hash of each of the run's files, and the hash of both."""
    facts = facts | {"files": {name: sha256(folder / name) for name in FILES}}
    text = json.dumps(facts | {"sha256": digest(facts)}, indent=2)
    write_text(folder / MANIFEST, f"{text}\n")


def is_finished(folder: Path) -> bool:
    """Whether a run ended there."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> dict[str, Any]:
    """What a manifest tells; raises UserError where it is not as it was written."""
    path = folder / MANIFEST
    try:
        # a file that is made to harm may be endless: its size is looked at before it is read
        if path.is_symlink() or path.stat().st_size > LARGEST:
            raise ValueError
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts.pop("sha256") != digest(facts) or facts["files"].keys() != set(FILES):
            raise ValueError
    # any json may stand there: a list, a number, brackets nested without end
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{MANIFEST} is not as it was written") from error
    return facts


def verify(folder: Path, run: str | None = None) -> str | None:
    """What is wrong with a finished run's folder in a few words; None where nothing is.

    Given its name, another run's folder is wrong too.

    >>> verify(Path("runs/embedded-deep-5-0a91139e55"))
    'weights.safetensors is not as it was written'
    """
    try:
        facts = read_manifest(folder)
    except UserError as error:
        return str(error)
    if run and facts.get("run") != run:
        return "it is another run's folder"
    # a link could point anywhere, and be changed after it was checked
    for name, expected in facts["files"].items():
        path = folder / name
        if path.is_symlink():
            return f"{name} is a link"
        if not path.is_file():
            return f"{name} is missing"
        if sha256(path) != expected:
            return f"{name} is not as it was written"
    return None


@contextmanager
def reading(path: Path) -> Generator[Path]:
    """Read a run's file: somebody else may have written it, so that any error is the file's."""
    try:
        yield path
    except UserError:
        raise
    except Exception as error:
        # torch's messages run over many lines
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path} cannot be read ({why}); train again") from error


def environment_info() -> dict[str, Any]:
    """What numbers may depend on: versions, commit, machine, threads (0 where a card computes)."""
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    return {
        "commit": commit(),
        "versions": versions | {"numpy": np.__version__},
        "machine": {"system": platform.system(), "processor": processor(), "cores": os.cpu_count()},
        "threads": 0 if torch.cuda.is_available() else torch.get_num_threads(),
    }


def processor() -> str:
    """The graphics card's name where torch sees one, else the processor's."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    # not every version of torch tells
    name = getattr(torch.cpu, "get_capabilities", dict)().get("cpu_name")
    return str(name or platform.processor() or platform.machine())


def commit() -> str:
    """The commit of this code, with a `+` where files differ from it; "" outside git."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    # the code's commit, not that of the folder in which the user stands
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():  # a wheel may lie in somebody else's repository
        return ""
    try:
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.stdout.strip()
