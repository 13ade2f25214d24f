"""The one entry to all data; what was read once is kept, checked and mapped into memory.

An entry of the cache is one file, named by the SHA-256 of what was read: a header (the digest of
its own JSON, then the JSON, blanks up to 4096 bytes), the labels, the pixels. The splits'
fingerprints in the header are compared on every reading; an entry that fails is built again.

To hash 300 MB takes longer than a second reading may, so a stamp (path, size, times and inode of
each file) remembers the hash. Only files at rest are stamped: one written in the last two seconds
could change again without its time changing.
"""

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs

from fer_lib.data.archives import files_at, reason
from fer_lib.data.faceset import SIZE, FaceSet, Split
from fer_lib.data.readers import read_faces
from fer_lib.errors import FULL, UserError, printable
from fer_lib.files import atomic_write, locked, remove_stale, sha256

READERS = 1  # raise it when the same bytes are read into other arrays
HEADER = 4096  # bytes, a page of memory
AT_REST = 2_000_000_000  # nanoseconds: FAT's clock, the coarsest, ticks every two seconds


def read_cached(path: Path) -> FaceSet:
    """The faces at `path`, a FER2013 in any of its formats, from the cache where it has them.

    Its images may be mapped from a file: they can be changed, and the file stays as it is.
    Where the cache cannot be written the set is read all the same, and a note says so.
    """
    folder = platformdirs.user_cache_path("fer-report")
    stamp, at_rest = _stamp(path)
    faces = _stamped(folder, stamp)
    if faces is None:
        try:
            with locked(folder / "lock"):
                faces = _build(path, folder, stamp, at_rest)
        except OSError as error:
            faces = _uncached(path, folder, error)
    return replace(faces, name=printable(path.resolve().name))


def _build(path: Path, folder: Path, stamp: str, at_rest: bool) -> FaceSet:
    """The entry for what lies at `path`, read if the cache has it not, and the stamp."""
    entry = folder / f"{_content(path)}.faces"
    remove_stale(folder)
    faces = _map(entry)
    if faces is None:
        faces = read_faces(path)
        if _stamp(path)[0] != stamp:
            raise UserError(f"{path}: changed while it was read; run it again")
        _write(faces, entry)
    if at_rest:
        with atomic_write(folder / f"{stamp}.stamp") as temporary:
            temporary.write_text(entry.name)
    return faces


def _uncached(path: Path, folder: Path, error: OSError) -> FaceSet:
    if error.errno in FULL:
        raise UserError(f"{folder}: {reason(error)} to keep {path} in; free 100 MB, or set "
                        "XDG_CACHE_HOME to another disk") from error  # fmt: skip
    faces = read_faces(path)
    note = f"read anew each time, for the cache cannot be written ({reason(error)})"
    return replace(faces, notes=(*faces.notes, note))


def _stamp(path: Path) -> tuple[str, bool]:
    """What the file system says of the files at `path`, as a hash; whether they are at rest."""
    digest, newest = hashlib.sha256(f"{READERS}".encode()), 0
    for name in files_at(path.absolute()):
        state = Path(name).stat()
        newest = max(newest, state.st_mtime_ns, state.st_ctime_ns)
        times = f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"
        digest.update(f"{name}\0{times}\0".encode(errors="surrogateescape"))
    return digest.hexdigest(), time.time_ns() - newest > AT_REST


def _content(path: Path) -> str:
    """SHA-256 of a file, or of a folder's names and files, and of the readers' version."""
    digest = hashlib.sha256(f"{READERS}".encode())
    for name in files_at(path):
        inside = Path(name).relative_to(path) if path.is_dir() else ""
        digest.update(f"{inside}\0{sha256(Path(name))}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _stamped(folder: Path, stamp: str) -> FaceSet | None:
    try:
        return _map(folder / Path((folder / f"{stamp}.stamp").read_text()).name)
    except (OSError, ValueError):
        return None


def _write(faces: FaceSet, entry: Path) -> None:
    splits = (faces.train, faces.validation, faces.test)
    header = {
        "entry": entry.name,
        "notes": faces.notes,
        "sizes": [len(split) for split in splits],
        "fingerprints": [split.fingerprint for split in splits],
    }
    text = json.dumps(header).encode().ljust(HEADER - 64)
    with atomic_write(entry) as temporary, temporary.open("wb") as handle:
        handle.write(hashlib.sha256(text).hexdigest().encode() + text)
        for split in splits:
            handle.write(split.labels.astype("<i8").tobytes())
        for split in splits:
            handle.write(np.ascontiguousarray(split.images).data)


def _map(entry: Path) -> FaceSet | None:
    """An entry as it was written, None if it is not there or damaged."""
    try:
        data = np.asarray(np.memmap(entry, np.uint8, mode="c"))  # a copy on write: torch asks
        text = data[64:HEADER].tobytes()
        if hashlib.sha256(text).hexdigest().encode() != data[:64].tobytes():
            return None
        header = json.loads(text)
        if header.get("entry") != entry.name or entry.is_symlink():
            return None  # another set's, under this one's name
        cuts, total = np.cumsum(header["sizes"])[:-1], sum(header["sizes"])
        labels = data[HEADER:][: 8 * total].view("<i8")
        images = data[HEADER + 8 * total :].reshape(total, SIZE, SIZE)
    except (OSError, ValueError):
        return None
    splits = list(map(Split, np.split(images, cuts), np.split(labels, cuts)))
    if [split.fingerprint for split in splits] != header["fingerprints"]:
        return None
    return FaceSet(entry.name, *splits, notes=tuple(header["notes"]))
