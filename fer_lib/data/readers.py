"""Every FER2013 that people hold → a FaceSet; which one it is is found by looking.

A csv with pixels: `fer2013.csv`, `icml_face_data.csv`, the competition's `train.csv`, the course's
`train.csv` (`label,feature`); alone, in a folder, in a zip or in a tar.gz.

Images in folders named by class, in `train`/`validation`/`test` or not, in a folder or a zip.

The course's `train.csv` (`id,label`) beside `train_img/00000.jpg`.
"""

import re
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np

from fer_lib.data.archives import ARCHIVES, Source, opened
from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.data.pictures import SUFFIXES, read_images
from fer_lib.data.tables import read_roles, read_table
from fer_lib.errors import UserError, printable

TRAIN, VALIDATION, TEST = range(3)
VALIDATION_SEED = 0
CLASSES = {name: label for label, name in enumerate(EXPRESSIONS)}
CLASSES |= {str(label): label for label in range(len(EXPRESSIONS))}
CLASSES |= {"anger": 0, "disgusted": 1, "fearful": 2, "happiness": 3, "sadness": 4, "surprised": 5}
PARTS = {
    "train": TRAIN, "training": TRAIN,
    "validation": VALIDATION, "valid": VALIDATION, "val": VALIDATION, "publictest": VALIDATION,
    "test": TEST, "testing": TEST, "privatetest": TEST,
}  # fmt: skip
PARTS |= {f"{name}_img": part for name, part in PARTS.items()}  # the course's train_img, test_img
PREFIX = re.compile(r"(training|publictest|privatetest)_", re.IGNORECASE)


def read_faces(path: Path) -> FaceSet:
    """The data set at `path`; `UserError` with the file, the row or the member that is wrong."""
    with opened(path) as source:
        tables, images = _look(source)
        if member := _pick(tables, {"label", "pixels"}, source):
            return _from_table(member, source)
        ids = _pick(tables, {"id", "label"}, source)
        if images and ids and all(_label(m) is None for m in images):
            return _from_ids(ids, images, source)
        if images:
            return _from_folders(images, source)
        raise _nothing(tables, source)


def read_unlabelled(path: Path) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """The images without a label, to be predicted: their ids, (N, 48, 48) uint8, and notes.

    A csv with pixels and no label (ids: its `id` column, else 0, 1, …), or images that lie in
    no class folder (ids: the file's name, a number without its leading zeros).
    """
    with opened(path) as source:
        tables, images = _look(source)
        bare = {m: roles for m, roles in tables.items() if "label" not in roles}
        if member := _pick(bare, {"pixels"}, source):
            table = read_table(source, member)
            assert table.images is not None
            return table.ids or [str(i) for i in range(len(table.images))], table.images, ()
        images = [m for m in images if _label(m) is None and _part(m) != TRAIN]
        if not images:
            raise UserError(f"{source.where}: no image without a label; give the test images")
        return [_id(m) for m in images], *read_images(source, images)


def _look(source: Source) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Every csv with its columns, and every image; a lone file of another name is a csv too."""
    images = [m for m in source.members if m.lower().endswith(SUFFIXES)]
    lone = len(source.members) == 1 and not images and not _inner(source)
    tables = [m for m in source.members if lone or m.lower().endswith(".csv")]
    return {member: read_roles(source, member) for member in tables}, images


def _inner(source: Source) -> list[str]:
    return [m for m in source.members if m.lower().endswith(ARCHIVES)]


def draw_validation(labels: np.ndarray, seed: int = VALIDATION_SEED) -> np.ndarray:
    """A stratified tenth, at least one of each class with two: (N,) bool."""
    generator = np.random.default_rng(seed)
    drawn = np.zeros(len(labels), bool)
    for label in range(len(EXPRESSIONS)):
        members = generator.permutation(np.flatnonzero(labels == label))
        count = max(round(len(members) / 10), min(1, len(members) // 2))
        drawn[members[:count]] = True
    return drawn


def _pick(tables: dict[str, dict[str, int]], needed: set[str], source: Source) -> str | None:
    """The csv that has the needed columns; of several, one with a Usage, or that named train."""
    found = [member for member, roles in tables.items() if needed <= roles.keys()]
    whole = [member for member in found if "usage" in tables[member]]
    train = [member for member in found if "train" in PurePosixPath(member).name.lower()]
    found = whole[:1] or train or found
    if len(found) > 1:
        raise UserError(f"{source.where}: {' and '.join(found)} could each be meant; give one")
    return found[0] if found else None


def _from_table(member: str, source: Source) -> FaceSet:
    table = read_table(source, member)
    assert table.images is not None
    assert table.labels is not None
    parts = np.zeros(len(table.labels), np.int64) if table.usages is None else table.usages
    left = len(source.members) - 1
    notes = (f"read from {printable(member)}; {left:,} other files left alone",) if left else ()
    return _assemble(source, table.images, table.labels, parts, notes)


def _from_ids(member: str, images: list[str], source: Source) -> FaceSet:
    table = read_table(source, member)
    assert table.ids is not None
    assert table.labels is not None
    images = [m for m in images if _part(m) != TEST]
    ids = [_id(i) for i in table.ids]
    for what, names in ((f"{member}: the id", ids), ("the id of", [_id(m) for m in images])):
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise UserError(f"{source.where}: {what} {twice[0]} comes twice; once is allowed")
    by_id = {_id(m): m for m in images}
    if lost := [i for i in ids if i not in by_id]:
        raise UserError(f"{source.where}: {member} has the id {lost[0]} and no image has")
    if extra := by_id.keys() - set(ids):
        raise UserError(f"{source.where}: {by_id[min(extra)]} has no row in {member}")
    pixels, notes = read_images(source, [by_id[i] for i in ids])
    return _assemble(source, pixels, table.labels, np.zeros(len(ids), np.int64), notes)


def _from_folders(images: list[str], source: Source) -> FaceSet:
    labelled = [m for m in images if _label(m) is not None]
    for member in images:
        if _label(member) is None and _folder(member) not in ("", *PARTS):
            raise UserError(f"{source.at(member)}: unknown class folder; allowed are "
                            f"{', '.join(EXPRESSIONS)} or 0 to 6")  # fmt: skip
    if not labelled:
        raise UserError(f"{source.where}: images and no class folder; sort them into "
                        f"{', '.join(EXPRESSIONS)}, or add a csv id,label")  # fmt: skip
    pixels, notes = read_images(source, labelled)
    if left := len(source.members) - len(labelled):
        notes += (f"{left:,} files that are no image of a class left alone",)
    parts = np.array([_part(m) or TRAIN for m in labelled])
    return _assemble(source, pixels, np.array([_label(m) for m in labelled]), parts, notes)


def _assemble(
    source: Source,
    images: np.ndarray,
    labels: np.ndarray,
    parts: np.ndarray,
    notes: tuple[str, ...],
) -> FaceSet:
    if not (parts == TRAIN).any():
        raise UserError(f"{source.where}: no image to train on")
    if not (parts == VALIDATION).any():
        drawn = draw_validation(np.where(parts == TRAIN, labels, -1))
        if not drawn.any():
            raise UserError(f"{source.where}: no class has two images, so none can be set aside "
                            "for validation")  # fmt: skip
        parts = np.where(drawn, VALIDATION, parts)
        notes += (f"validation is a stratified tenth of train, drawn with seed {VALIDATION_SEED}",)
    splits = [Split(images[parts == part], labels[parts == part]) for part in range(3)]
    return FaceSet(Path(source.where).resolve().name, *splits, notes=notes)


def _nothing(tables: dict[str, dict[str, int]], source: Source) -> UserError:
    needed = "emotion,pixels,Usage, emotion,pixels, or label,feature"
    if any({"id", "label"} <= roles.keys() for roles in tables.values()):
        return UserError(f"{source.where}: ids and labels and no image; give the folder with both")
    if any("pixels" in roles for roles in tables.values()):
        return UserError(f"{source.where}: no label column (emotion or label); images without "
                         "labels can only be predicted")  # fmt: skip
    if tables:
        return UserError(f"{source.at(next(iter(tables)))}: missing column; needed are {needed}")
    if inner := _inner(source):
        return UserError(f"{source.at(inner[0])}: an archive inside; give that file itself")
    return UserError(f"{source.where}: no csv and no png or jpg")


def _folder(member: str) -> str:
    return f"/{member}".rsplit("/", 2)[-2].lower()


def _label(member: str) -> int | None:
    return CLASSES.get(_folder(member))


def _part(member: str) -> int | None:
    """An image's split: by its name's prefix, else by the nearest folder that names one."""
    *folders, name = member.lower().split("/")
    if prefix := PREFIX.match(name):
        return PARTS[prefix[1]]
    return next((PARTS[folder] for folder in reversed(folders) if folder in PARTS), None)


def _id(name: str) -> str:
    stem = PurePosixPath(name).stem
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem
