"""Where a data set lies: a folder, a zip, a tar or one file, each seen as members by name.

Nothing is ever unpacked on disk; a member with a path that leaves the archive is an error.
"""

import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fer_lib.errors import UserError

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".gz", ".7z", ".rar")
HIDDEN = ("__MACOSX", "Thumbs.db")
LARGEST = 4 << 30  # bytes unpacked; FER2013 whole is 0.3 GB, so more is a bomb
LARGEST_IMAGE = 64 << 20  # bytes
DAMAGE = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    UnicodeError,
)


@dataclass(frozen=True)
class Source:
    """A data set's files: `members` by name, in the order they are best read in."""

    where: str  # as messages name it
    members: tuple[str, ...]
    opener: Callable[[str], AbstractContextManager[IO[bytes]]]

    def at(self, member: str) -> str:
        """How messages name a member."""
        alone = len(self.members) == 1 and self.where.endswith(member)
        return self.where if alone else f"{self.where}: {member}"

    @contextmanager
    def open(self, member: str) -> Generator[IO[bytes]]:
        """The member's bytes as a stream; `UserError` where they cannot be read."""
        try:
            with self.opener(member) as stream:
                yield stream
        except DAMAGE as error:
            raise UserError(f"{self.at(member)}: cannot be read ({reason(error)})") from error

    def read(self, member: str) -> bytes:
        """The bytes of an image; `UserError` where they cannot be read or are too many."""
        with self.open(member) as stream:
            data = stream.read(LARGEST_IMAGE + 1)
        if len(data) > LARGEST_IMAGE:
            raise UserError(f"{self.at(member)}: more than {LARGEST_IMAGE >> 20} MB")
        return data


def reason(error: BaseException) -> str:
    """An exception's message in one line, without the path that the message names already."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def files_at(path: Path) -> list[str]:
    """The file at `path`, or all files below the folder; `UserError` if there is neither."""
    try:
        if stat.S_ISDIR(mode := path.stat().st_mode):
            return list(_walk(path))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file or folder; give FER2013's csv, zip or folder, or 'embedded'"
        ) from error
    except (OSError, ValueError) as error:
        culprit = getattr(error, "filename", None) or path  # a folder below, perhaps
        raise UserError(f"{culprit}: cannot be read ({reason(error)})") from error
    if not stat.S_ISREG(mode):
        raise UserError(f"{path}: neither a file nor a folder; give FER2013's csv, zip or folder")
    return [str(path)]


@contextmanager
def opened(path: Path) -> Generator[Source]:
    """The source at `path`, its kind found from its first bytes; `UserError` if it is none."""
    paths = files_at(path)
    try:
        if path.is_dir():
            files = {PurePosixPath(p).relative_to(path).as_posix(): p for p in paths}
            yield Source(str(path), _visible(list(files), path), lambda m: _plain(files[m]))
        elif _starts(path, b"PK"):
            with zipfile.ZipFile(path) as archive:
                yield Source(str(path), _zip_members(archive, path), archive.open)
        elif _starts(path, b"\x1f\x8b") or tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                members = _tar_members(archive, path)  # regular files, which have a stream
                yield Source(str(path), members, lambda m: cast(IO, archive.extractfile(m)))
        else:
            yield Source(str(path), (path.name,), lambda _: _plain(str(path)))
    except tarfile.ReadError as error:
        raise UserError(f"{path}: no tar archive that opens; unpack it first") from error
    except DAMAGE as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from error


def _plain(path: str) -> IO[bytes]:
    return open(path, "rb", buffering=1 << 20)  # noqa: PTH123 (a Path costs more than the file)


def _walk(folder: Path, above: tuple[int, ...] = ()) -> Iterator[str]:
    """All files below, hidden ones passed over; a link back to a folder above is not followed."""
    inode = folder.stat().st_ino
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") or inode in above:
                continue
            if entry.is_dir():
                yield from _walk(Path(entry.path), (*above, inode))
            elif entry.is_file():
                yield entry.path


def _starts(path: Path, magic: bytes) -> bool:
    with path.open("rb") as handle:
        return handle.read(len(magic)) == magic


def _zip_members(archive: zipfile.ZipFile, path: Path) -> tuple[str, ...]:
    files = [info for info in archive.infolist() if not info.is_dir()]
    if encrypted := [info.filename for info in files if info.flag_bits & 1]:
        raise UserError(f"{path}: {encrypted[0]} is encrypted; unpack it with its password first")
    _check_size(sum(info.file_size for info in files), path)
    return _visible(sorted({info.filename for info in files}), path)


def _tar_members(archive: tarfile.TarFile, path: Path) -> tuple[str, ...]:
    names, size = [], 0
    for info in archive:
        size += info.size
        _check_size(size, path)  # before the next header is looked for, behind these bytes
        if info.isfile():
            names.append(info.name)
    while archive.fileobj and archive.fileobj.read(1 << 20):
        _check_size(size := size + (1 << 20), path)  # to the very end, where gzip has its checksum
    return _visible(names, path)  # in the archive's order: a gzip cannot be read backwards


def _check_size(size: int, path: Path) -> None:
    if size > LARGEST:
        raise UserError(f"{path}: unpacks to {size / 2**30:.0f} GB; at most "
                        f"{LARGEST >> 30} GB are allowed")  # fmt: skip


def _visible(names: list[str], path: Path) -> tuple[str, ...]:
    """The names that a person put there; `UserError` for one that leaves the archive."""
    shown = []
    for name in names:
        parts = name.split("/")
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise UserError(f"{path}: the name {name!r} leaves the archive; make it anew without")
        if not any(part in HIDDEN or (part[:1] == "." != part) for part in parts):
            shown.append(name)
    return tuple(shown)
