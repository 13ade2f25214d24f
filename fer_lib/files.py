"""Files that are written whole or not at all, and folders that one process holds at a time."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock, Timeout

from fer_lib.errors import say


@contextmanager
def atomic_write(path: Path) -> Generator[Path]:
    """Yield a temporary path beside `path`; on success it takes the name `path`, else it goes.

    The bytes are on the disk before the name is, so that a power cut leaves the old file or the
    new one, never a part of either. A symbolic link stays one: the file that it names is written.
    A device or a pipe is never replaced: the bytes are written to it.

    >>> with atomic_write(Path("history.csv")) as temporary:
    ...     temporary.write_text("epoch,train_loss\n")
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not path.absolute().parent.is_dir():  # pandas would say it without path and number
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if path.exists() and not path.is_file():
        with TemporaryDirectory() as folder:
            yield Path(folder, path.name)
            path.write_bytes(Path(folder, path.name).read_bytes())
        return
    target = path.resolve()
    # the ending stays last: many writers choose their format by it
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.tmp{target.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(target)
        # the name stands in the folder: without this a power cut may forget it
        _sync_folder(target.parent)
    except OSError as error:
        if error.filename == str(temporary):  # an error names what the user gave
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folder, and needs none of this
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def remove_stale(folder: Path) -> None:
    """Remove what killed processes had half written; nobody else may be writing there now."""
    for path in folder.glob(".*.tmp*"):
        path.unlink()


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the lock file `path`; a second process says so and waits until the first lets go.

    The system drops the lock when its holder dies, so a killed run never blocks the next.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"waiting for another process that writes to {path.parent}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def swap_dir(new: Path, target: Path) -> None:
    """The folder `new` takes the name `target`; what had that name goes.

    The old folder waits as `.NAME.old` until the new one has its name: a process killed in
    between leaves it there, whole.
    """
    old = target.with_name(f".{target.name}.old")
    if target.exists():
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def digest(value: Any) -> str:
    """The SHA-256 of what JSON can hold, in hexadecimal; the order of a dictionary is no matter."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
