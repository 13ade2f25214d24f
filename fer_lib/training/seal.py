"""What shows that a run's folder is whole: provenance.json, written last, with every file's hash.

A file that was cut off, changed, exchanged for another run's or is a link is found before anything
in it is read.
"""

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fer_lib.errors import UserError
from fer_lib.files import atomic_write, sha256

SEAL = "provenance.json"
FILES = ("recipe.json", "history.csv", "weights.safetensors", "predictions.npz")
LARGEST = 1 << 20  # bytes of provenance.json; ours has less than two thousand


def seal(folder: Path, facts: dict[str, Any]) -> None:
    """Write provenance.json: the facts, the hash of each of the run's files, and its own."""
    facts = facts | {"files": {name: sha256(folder / name) for name in FILES}}
    with atomic_write(folder / SEAL) as temporary:
        temporary.write_text(json.dumps(facts | {"sha256": _digest(facts)}, indent=2) + "\n")


def sealed(folder: Path) -> bool:
    """Whether a run ended there."""
    return (folder / SEAL).is_file()


def broken(folder: Path, run: str | None = None) -> str | None:
    """What is wrong with a finished run's folder in a few words; None where nothing is.

    Given its name, another run's folder is wrong too.

    >>> broken(Path("runs/embedded-deep-5-0a91139e55-fp32-x1"))
    'weights.safetensors is not as it was written'
    """
    try:
        facts = provenance(folder)
    except UserError as error:
        return str(error)
    if run and facts.get("run") != run:
        return "it is another run's folder"
    for name, expected in facts["files"].items():
        path = folder / name
        if path.is_symlink():
            return f"{name} is a link"
        if not path.is_file():
            return f"{name} is missing"
        if sha256(path) != expected:
            return f"{name} is not as it was written"
    return None


def provenance(folder: Path) -> dict[str, Any]:
    """What provenance.json tells; raises UserError where it is not as it was written."""
    path = folder / SEAL
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            raise ValueError
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts.pop("sha256") != _digest(facts) or facts["files"].keys() != set(FILES):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{SEAL} is not as it was written") from error
    return facts


@contextmanager
def reading(path: Path) -> Generator[Path]:
    """Read a run's file: what is in it is another's word, so that any error is the file's."""
    try:
        yield path
    except UserError:
        raise
    except Exception as error:
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"{path} cannot be read ({told}); train again") from error


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
