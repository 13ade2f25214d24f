"""What was read once is kept: the second reading of FER2013 takes a fifth of a second.

An entry of the cache is one safetensors file. Its name is a hash of what the file system says of
the data: path, size, times and inode of each file. Files that change get another entry. One written
in the last two seconds could change again without its time changing, so it gets none.
A hash of all that an entry holds stands in it; one that does not match is made anew.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import platformdirs
import safetensors
from safetensors.numpy import save

from fer_lib.data.archives import files_at, reason
from fer_lib.data.class_order import order_beside
from fer_lib.data.faceset import SPLITS, FaceSet, Split
from fer_lib.data.readers import read_faces
from fer_lib.data.votes import files_of_votes
from fer_lib.errors import FULL, UserError, printable
from fer_lib.files import atomic_write, locked, remove_stale

KINDS = ("images", "labels", "votes")  # the arrays of a split; votes need not be there
READERS = 9  # raise it when the same bytes are read into other arrays or notes
AT_REST = 2_000_000_000  # nanoseconds: FAT's clock, the coarsest, ticks every two seconds


def read_cached(
    path: Path,
    dropped: Sequence[str] = (),
    votes: Path | None = None,
    listed: Sequence[str] = (),
) -> FaceSet:
    """The faces at `path`, in any format of FER2013's, as `readers.read_faces` reads them.

    They come from the cache where it has them. Where the cache cannot be written the set is read
    all the same, and a note says so.
    """
    folder = platformdirs.user_cache_path("fer-report")
    given = path, dropped, votes, listed
    stamp, at_rest = _stamp(*given)
    entry = folder / f"{stamp}.safetensors"
    faces = _load(entry)
    if faces is None:
        try:
            with locked(folder / "lock"):
                # another process may have read it while this one waited
                faces = _load(entry) or _read(given, stamp, entry if at_rest else None)
        except OSError as error:
            if error.errno in FULL:
                raise UserError(f"{folder}: {reason(error)} to keep {path} in; free 100 MB, or set "
                                "XDG_CACHE_HOME to another disk") from error  # fmt: skip
            faces = read_faces(*given)
            note = f"read anew each time, for the cache cannot be written ({reason(error)})"
            faces = replace(faces, notes=(*faces.notes, note))
    return replace(faces, name=printable(path.resolve().name))


def _read(
    given: tuple[Path, Sequence[str], Path | None, Sequence[str]], stamp: str, entry: Path | None
) -> FaceSet:
    """The faces, kept in `entry` if there is one."""
    faces = read_faces(*given)
    if _stamp(*given)[0] != stamp:
        raise UserError(f"{given[0]}: changed while it was read; run it again")
    if entry:
        remove_stale(entry.parent)
        arrays = {
            f"{name}.{kind}": array
            for name, split in faces.splits.items()
            for kind in KINDS
            if (array := getattr(split, kind)) is not None
        }
        facts = json.dumps([faces.notes, faces.validation_drawn, faces.classes])
        # one key: safetensors writes several in an order that changes from run to run
        metadata = {"facts": _digest(entry, facts, faces.splits.values()) + facts}
        if entry.is_symlink():  # writing would follow it out of the cache
            entry.unlink()
        with atomic_write(entry) as temporary:
            temporary.write_bytes(save(arrays, metadata))
    return faces


def _load(entry: Path) -> FaceSet | None:
    """An entry as it was written; None if it is not there, damaged, or another's."""
    if entry.is_symlink():
        return None
    try:
        with safetensors.safe_open(entry, "np") as stored:
            text = stored.metadata()["facts"]
            arrays = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
        digest, facts = text[:64], text[64:]
        notes, validation_drawn, classes = json.loads(facts)
        own = [{k: arrays[n] for k in KINDS if (n := f"{s}.{k}") in arrays} for s in SPLITS]
        splits = [Split(**part, classes=tuple(classes)) for part in own]
        if digest != _digest(entry, facts, splits):
            return None
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError):
        return None
    return FaceSet(entry.name, *splits, tuple(notes), validation_drawn)


def _digest(entry: Path, facts: str, splits: Iterable[Split]) -> str:
    # the name is hashed too: an entry copied to another's name holds other faces
    prints = [part for split in splits for part in (split.fingerprint, split.votes_fingerprint)]
    return hashlib.sha256("\n".join([entry.name, facts, *prints]).encode()).hexdigest()


def _stamp(
    path: Path, dropped: Sequence[str], votes: Path | None, listed: Sequence[str]
) -> tuple[str, bool]:
    """What the file system says of the faces' and votes' files, as a hash; are they at rest?"""
    # what is wrong in votes beside is a note, and an error in those given
    choices = READERS, [*dropped], votes is not None, [*listed]
    digest, newest = hashlib.sha256(repr(choices).encode()), 0
    tables = [name for file in files_of_votes(path, votes) for name in files_at(file.absolute())]
    orders = map(str, order_beside(path))
    for name in [*files_at(path.absolute()), *tables, *orders]:
        state = Path(name).stat()
        # ctime too: `cp -p` and `touch -d` set the other one back
        times = state.st_mtime_ns, state.st_ctime_ns
        newest = max(newest, *times)
        facts = name, state.st_size, times, state.st_dev, state.st_ino
        digest.update(repr(facts).encode())  # repr: a name need not be UTF-8
    return digest.hexdigest(), time.time_ns() - newest > AT_REST
