"""Files that are written whole or not at all, and folders that one process holds at a time."""

import ctypes
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Generator[Path]:
    """Yield a temporary path beside `path`; on success it takes the name `path`, else it goes.

    The bytes are on the disk before the name is, so that a power cut leaves the old file or the
    new one, never a part of either.

    >>> with atomic_write(Path("history.csv")) as temporary:
    ...     temporary.write_text("epoch,train_loss\\n")
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_stale(folder: Path) -> None:
    """Remove what killed processes had half written; nobody else may be writing there now."""
    for path in folder.glob(".*.tmp*"):
        path.unlink()


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock file `path`; a second process says so and waits until the first lets go.

    The kernel drops the lock when its holder dies, so a killed run never blocks the next.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process that writes to {path.parent}", file=sys.stderr)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def swap_dir(new: Path, target: Path) -> None:
    """The folder `new` takes the name `target`; what had that name goes.

    The two swap their names in one step, so that at no time is there nothing, or a part, at
    `target`. A file system that cannot swap takes two steps, with nothing there in between.
    """
    if not target.exists():
        new.rename(target)
    elif not _swapped(new, target):
        old = target.with_name(f".{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        new.rename(target)
        new = old
    shutil.rmtree(new, ignore_errors=True)


def _swapped(one: Path, other: Path) -> bool:
    """Whether the names are swapped now: Linux's renameat2, which Python does not offer."""
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and not rename(
        here, os.fsencode(one), here, os.fsencode(other), exchange
    )


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
