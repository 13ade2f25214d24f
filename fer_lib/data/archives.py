"""Where a data set lies: a folder, a zip, a tar or one file, each seen as members by name.

Nothing is ever unpacked on disk. The first bytes decide what a file is; its name decides nothing.
"""

import lzma
import os
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fer_lib.errors import UserError
from fer_lib.formatting import plural

# what an archiver or a system adds, and what begins with a dot
HIDDEN = re.compile(r"(^|/)(\.[^/]+|__MACOSX|Thumbs\.db)(/|$)")
LARGEST = 4 << 30  # bytes unpacked; all of FER2013 is 0.3 GB, so more is a bomb
LARGEST_IMAGE = 64 << 20  # bytes
# what the standard library raises on an archive that was cut off, flipped or made to harm
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
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")
ZIP = (b"PK\3", b"PK\5")  # as a zip begins, and an empty one; a table may begin "pk,"
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # as gzip, bzip2 and xz begin, each round a tar
CSV = "write it as a csv with the columns emotion,pixels"
# first bytes, in lower case → what such a file is, and what to do with it
FOREIGN = {
    (b"pk\3", b"pk\5", b"\x1f\x8b"): "an archive inside; unpack it and give that file itself",
    (b"7z\xbc\xaf",): "a 7z archive; unpack it and give the folder",
    (b"rar!",): "a rar archive; unpack it and give the folder",
    (b"(\xb5/\xfd",): "packed by zstd; unpack it first",
    (b"version https://git-lfs",): "a git-lfs pointer and not the data; run `git lfs pull` first",
    (b"<!doctype html", b"<html"): "a web page; download the file itself, logged in",
    (b"<?xml", b"\xd0\xcf\x11\xe0"): "an Excel or XML file; save it as a csv",
    (b"\x93numpy",): f"a numpy array; read it with numpy.load and {CSV}",
    (b"arrow1", b"fea1"): f"a feather table; read it with pandas.read_feather and {CSV}",
    (b"sqlite format 3",): f"a database; read it with pandas.read_sql and {CSV}",
    (b"\x89hdf",): f"an HDF5 file; read it with h5py and {CSV}",
    (b"matlab",): f"a MATLAB file; read it with scipy.io.loadmat and {CSV}",
    (b"{", b"["): f"JSON; read it with pandas.read_json and {CSV}",
    (b"\x80",): f"a pickle, which is never opened here; {CSV}",
    (b"%pdf",): "a PDF and not the data",
    (b"\0" * 16,): "zeros and nothing else; the download did not finish, so download it again",
}


@dataclass(frozen=True)
class Source:
    """A data set's files: `members` by name, in the order they are best read in."""

    where: str  # as messages name it
    members: tuple[str, ...]
    opener: Callable[[str], AbstractContextManager[IO[bytes]]]
    notes: tuple[str, ...] = ()

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
            raise UserError(f"{self.at(member)}: {damage(error)}") from error

    def read(self, member: str) -> bytes:
        """The bytes of an image; `UserError` where they cannot be read or are too many."""
        with self.open(member) as stream:
            # never more than this in memory, whatever size the archive claims
            data = stream.read(LARGEST_IMAGE + 1)
        if len(data) > LARGEST_IMAGE:
            raise UserError(f"{self.at(member)}: more than {LARGEST_IMAGE >> 20} MB; give a "
                            "smaller image")  # fmt: skip
        return data


def reason(error: BaseException) -> str:
    """An exception's message in one line, without the path that the message names already."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def damage(error: BaseException) -> str:
    """Why a file cannot be read, and what to do where the system did not refuse it."""
    fix = "" if getattr(error, "errno", None) else "; download or pack it again"
    return f"cannot be read ({reason(error)}){fix}"


def foreign_kind(start: bytes) -> str | None:
    """What a file that is no csv and no picture is, by its first bytes, and what to do with it."""
    if start[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        return "a HEIC or AVIF picture; save it as jpg or png"
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").lower()
    return next((kind for magic, kind in FOREIGN.items() if start.startswith(magic)), None)


def files_at(path: Path) -> list[str]:
    """The file at `path`, or all files below the folder; `UserError` if there is neither."""
    try:
        if stat.S_ISDIR(mode := path.stat().st_mode):
            return list(_walk(path))
    except FileNotFoundError as error:
        fix = "give FER2013's csv, zip or folder, or 'embedded'"
        raise UserError(f"{path}: no such file or folder; {fix}") from error
    except (OSError, ValueError) as error:
        culprit = getattr(error, "filename", None) or path  # a folder below, perhaps
        raise UserError(f"{culprit}: cannot be read ({reason(error)})") from error
    if not stat.S_ISREG(mode):  # a pipe or a device: to open it could wait for ever
        raise UserError(f"{path}: neither a file nor a folder; give FER2013's csv, zip or folder")
    return [str(path)]


@contextmanager
def opened(path: Path) -> Generator[Source]:
    """The source at `path`, its kind found from its first bytes; `UserError` if it is none."""
    paths, where = files_at(path), str(path)
    try:
        if path.is_dir():
            files = {PurePosixPath(p).relative_to(path).as_posix(): p for p in paths}
            yield Source(where, _visible(files), lambda m: _plain(files[m]), _hidden(files))
            return
        with path.open("rb") as stream, _archive(stream, where) as archive:
            yield archive or alone(path)
    except DAMAGE as error:
        raise UserError(f"{path}: {damage(error)}") from error


def alone(file: Path) -> Source:
    """A lone file as a source of its own."""
    return Source(str(file), (file.name,), lambda _: _plain(str(file)))


@contextmanager
def unpacked(source: Source, is_wrapping: Callable[[Source], bool]) -> Generator[Source]:
    """The one archive among a source's members, as a source; `source` itself where none is.

    `is_wrapping` tells of a source with an archive that nothing else in it matters.
    """
    packed = [m for m in source.members if m.lower().endswith(ARCHIVES)]
    if len(packed) != 1 or not is_wrapping(source):
        yield source
        return
    with source.open(packed[0]) as stream, _archive(stream, source.at(packed[0])) as archive:
        if archive:
            notes = (*source.notes, f"read from {packed[0]} inside", *archive.notes)
            archive = replace(archive, notes=notes)
        yield archive or source


@contextmanager
def _archive(stream: IO[bytes], where: str) -> Generator[Source | None]:
    """A zip or a tar as a source; None for a file that is neither, `UserError` for a strange one.

    The name proves nothing: people rename what a browser saved.
    """
    start = stream.read(512)
    stream.seek(0)
    if start.startswith(ZIP):
        with zipfile.ZipFile(stream) as packed:
            infos = _zip_infos(packed, where)
            # some programs on Windows write train\happy\1.png
            given = [info.filename for info in infos]
            members = [name if "/" in name else name.replace("\\", "/") for name in given]
            by_name = dict(zip(members, infos, strict=True))
            names, notes = _visible(sorted(by_name)), _twice(members) + _hidden(by_name)
            yield Source(where, names, lambda m: packed.open(by_name[m]), notes)
    elif start.startswith(COMPRESSED) or start[257:262] == b"ustar":
        try:
            archive = tarfile.open(fileobj=stream)  # noqa: SIM115 (closed below)
        except tarfile.ReadError as error:
            raise UserError(f"{where}: no tar archive that opens; unpack it first") from error
        with archive:
            members = _tar_names(archive, where)  # regular files, which have a stream
            # in the archive's order: no gzip is read backwards
            names, notes = _visible(dict.fromkeys(members)), _twice(members) + _hidden(members)
            yield Source(where, names, lambda m: cast(IO, archive.extractfile(m)), notes)
    elif kind := foreign_kind(start):
        raise UserError(f"{where}: {kind}")
    else:
        yield None


def _plain(path: str) -> IO[bytes]:
    return open(path, "rb", buffering=1 << 20)  # noqa: PTH123 (a Path costs more than the file)


def _walk(folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """All files below, hidden ones passed over; a link back to a folder above is not followed."""
    state = folder.stat()
    identity = state.st_dev, state.st_ino  # a disk mounted here has inode numbers of its own
    if identity in above:
        return
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") and (entry.is_dir() or "." not in entry.name[1:]):
                continue  # .1.png is to be told of
            if entry.is_dir():
                yield from _walk(Path(entry.path), (*above, identity))
            elif entry.is_file():
                yield entry.path


def _zip_infos(archive: zipfile.ZipFile, where: str) -> list[zipfile.ZipInfo]:
    """The files of a zip, whose directory claims their sizes; reading stops at the claim."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if encrypted := [info.filename for info in infos if info.flag_bits & 1]:
        raise UserError(f"{where}: {encrypted[0]} is encrypted; unpack it with its password first")
    _check_size(sum(info.file_size for info in infos), where)
    return infos


def _tar_names(archive: tarfile.TarFile, where: str) -> list[str]:
    """The files of a tar, which has no directory: it is read once, up to the limit."""
    names, known, size = [], set(), 0
    for info in archive:
        size += info.size
        _check_size(size, where)  # before the next header is looked for, behind these bytes
        # a hard link is how tar packs a file's second name, behind the first
        if info.issym() or (info.islnk() and info.linkname not in known):
            raise UserError(f"{where}: {info.name} is a link, which is not followed; pack the "
                            "files themselves, by tar -h")  # fmt: skip
        if info.isfile() or info.islnk():
            names.append(info.name)
            known.add(info.name)
    while archive.fileobj and archive.fileobj.read(1 << 20):
        _check_size(size := size + (1 << 20), where)  # to the very end, where gzip has its checksum
    return names


def _check_size(size: int, where: str) -> None:
    if size > LARGEST:
        raise UserError(f"{where}: unpacks to {size / 2**30:.1f} GB; at most {LARGEST >> 30} GB "
                        "are allowed; unpack it, and give the folder")  # fmt: skip


def _twice(names: list[str]) -> tuple[str, ...]:
    """A note on members of one name: opening the name gives the last of them."""
    repeated = sum(count > 1 for count in Counter(names).values())
    note = f"{plural(repeated, 'name')} twice in the archive, of which the last is read"
    return (note,) if repeated else ()


def _hidden(names: Collection[str]) -> tuple[str, ...]:
    """A note on files like .1.png, but not on ._1.png, a Mac's remark on 1.png."""
    known = {*names}
    files = [
        name
        for name in names
        if re.search(r"(^|/)\.[^/]+\.[^/.]+$", name)
        and "__MACOSX" not in name.split("/")
        and ((own := re.sub(r"\._([^/]+)$", r"\1", name)) == name or own not in known)
    ]
    return (f"{plural(len(files), 'hidden file')} passed over, as {files[0]}",) if files else ()


def _visible(names: Iterable[str]) -> tuple[str, ...]:
    """The names that a person put there: no hidden file, nothing that an archiver adds."""
    return tuple(n for n in names if n.rpartition("/")[2] and not HIDDEN.search(n))
