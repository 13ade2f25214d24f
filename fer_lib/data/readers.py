"""Every FER2013 that people hold → a FaceSet; which one it is is found by looking.

A csv with pixels: `fer2013.csv`, `icml_face_data.csv`, the competition's `train.csv`, the course's
`train.csv` (`label,feature`); alone, in a folder, in a zip or in a tar.gz.

Pictures in folders named by class, in `train`/`validation`/`test` or not, in a folder or a zip.

The course's `train.csv` (`id,label`) beside `train_img/00000.jpg`.

Nothing is guessed in silence: a note tells for each split where its faces are from.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from fer_lib.data.archives import Source, foreign_kind, opened
from fer_lib.data.faceset import EXPRESSIONS, FaceSet, Split
from fer_lib.data.names import CLASSES, NUMBERS, SPLITS, TEST, TRAIN, VALIDATION, split_of
from fer_lib.data.near_duplicates import unique_images
from fer_lib.data.pictures import SUFFIXES, read_images
from fer_lib.data.tables import Header, Table, read_header, read_table
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing, plural

VALIDATION_SEED = 0
ORDER = "classes.txt"  # lines like "0 neutral": what the numbers of the classes mean
OTHER = (
    f"what other numbers mean can stand in a file {ORDER} beside the folders, a line a class "
    "(RAF-DB: 1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral)"
)
# FER2013's own names of files win over the folder; other names count where no folder tells.
OWN_NAME = re.compile(r"(training|publictest|privatetest)(?=_)", re.IGNORECASE)
ANY_NAME = re.compile(r"(train|valid|val|test)(?=[_-]?\d)", re.IGNORECASE)


def read_faces(path: Path) -> FaceSet:
    """The data set at `path`; `UserError` with the file, the row or the member that is wrong."""
    with opened(path) as source:
        tables, images = _look(source)
        numbers = _numbers(source)
        if members := _pick(tables, {"label", "pixels"}, source):
            return _from_tables(members, numbers, source)
        unsorted = images and all(_class_folder(m, numbers)[1] is None for m in images)
        if unsorted and (members := _pick(tables, {"id", "label"}, source)):
            return _from_ids(members, images, numbers, source)
        if images:
            return _from_folders(images, numbers, source)
        raise _nothing(tables, source)


def read_unlabelled(path: Path) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """The pictures without a label, to be predicted: their ids, (N, 48, 48) uint8, and notes.

    A csv with pixels and no label (ids: its `id` column, else 0, 1, …), or pictures that lie in
    no class folder. Their ids are the files' names, numbers without leading zeros; where two
    would be the same, all are paths.
    """
    with opened(path) as source:
        tables, images = _look(source)
        numbers = _numbers(source)
        bare = {m: header for m, header in tables.items() if "label" not in header.columns}
        if members := _pick(bare, {"pixels"}, source):
            if len(members) > 1:
                raise UserError(f"{source.where}: {listing(members)} could each be meant; give one")
            table = read_table(source, members[0], numbers)
            ids = table.ids or [str(i) for i in range(len(table.images))]
            _check_unique(ids, source.at(members[0]), "the id")
            return ids, table.images, (*table.notes, *_left_alone(members, source))
        images = [m for m in images if _class_folder(m, numbers)[1] is None and _split(m) != TRAIN]
        if not images:
            raise UserError(f"{source.where}: no picture without a label; give the test pictures")
        pixels, notes = read_images(source, images)
        ids = [_id(m) for m in images]
        if len(set(ids)) < len(ids):
            ids = images
            notes += ("two pictures have one name, so the ids are paths",)
        return ids, pixels, (*notes, *_left_alone(images, source))


def draw_validation(labels: np.ndarray, seed: int = VALIDATION_SEED) -> np.ndarray:
    """A stratified tenth, at least one of each class with two: (N,) bool."""
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), bool)
    for label in range(len(EXPRESSIONS)):
        members = generator.permutation(np.flatnonzero(labels == label))
        count = max(round(len(members) / 10), min(1, len(members) // 2))
        chosen[members[:count]] = True
    return chosen


def _look(source: Source) -> tuple[dict[str, Header], list[str]]:
    """Every csv with its columns, and every picture; a lone file of another name is a csv too."""
    images = [m for m in source.members if m.lower().endswith(SUFFIXES)]
    lone = len(source.members) == 1 and not images
    tables = [m for m in source.members if lone or m.lower().endswith((".csv", ".tsv"))]
    return {member: read_header(source, member) for member in tables}, images


def _numbers(source: Source) -> dict[str, int]:
    """What a class may be called, `CLASSES` and numbers: FER2013's, or those of classes.txt."""
    member = next((m for m in source.members if PurePosixPath(m).name.lower() == ORDER), None)
    if member is None:
        return NUMBERS | CLASSES
    numbers = {}
    lines = source.read(member).decode(errors="replace").split("\n")
    for i, line in enumerate(line for line in lines if line.strip()):
        *given, name = line.lower().split()
        number = given[0] if given else str(i)
        if name not in CLASSES or len(given) > 1 or number in numbers:
            raise UserError(f"{source.at(member)}: {line.strip()[:40]!r}; each line is another "
                            f"number and one of {', '.join(EXPRESSIONS)}")  # fmt: skip
        numbers[number] = CLASSES[name]
    return numbers | CLASSES


def _pick(tables: dict[str, Header], needed: set[str], source: Source) -> list[str]:
    """The csv files with the needed columns: the one with a Usage, else one a split."""
    fitting = [m for m, header in tables.items() if needed <= header.columns.keys()]
    complete = [m for m in fitting if "usage" in tables[m].columns]
    if len(complete) == 1:
        return complete
    splits = {_split(m) for m in fitting}
    if len(fitting) > 1 and (None in splits or len(splits) < len(fitting)):
        raise UserError(f"{source.where}: {listing(fitting)} could each be meant; give one, or "
                        "name them train.csv, validation.csv and test.csv")  # fmt: skip
    return fitting


def _from_tables(members: list[str], numbers: dict[str, int], source: Source) -> FaceSet:
    tables = [read_table(source, member, numbers) for member in members]
    origins = [origin for pair in zip(members, tables, strict=True) for origin in _origins(*pair)]
    notes = [*(note for table in tables for note in table.notes), *_left_alone(members, source)]
    labels = [label for table in tables for label in table.labels]
    images = np.concatenate([table.images for table in tables])
    return _assemble(source, images, labels, origins, notes)


def _origins(member: str, table: Table) -> list[tuple[str, int | None]]:
    """For each row what tells its split, and the split."""
    if table.usages:
        return [(f"Usage {usage}", split_of(usage)) for usage in table.usages]
    return [(member, _split(member))] * len(table.labels)


def _from_ids(
    members: list[str], images: list[str], numbers: dict[str, int], source: Source
) -> FaceSet:
    chosen, labels, origins = [], [], []
    for member in members:
        table, split = read_table(source, member, numbers), _split(member)
        pool = [m for m in images if _split(m) in (None, TRAIN if split is None else split)]
        _check_unique([_id(m) for m in pool], source.where, "the id of")
        _check_unique([_id(i) for i in table.ids], source.at(member), "the id")
        by_id = {_id(m): m for m in pool}
        if lost := [i for i in table.ids if _id(i) not in by_id]:
            raise UserError(f"{source.where}: {member} has the id {lost[0]} and no picture has")
        chosen += [by_id[_id(i)] for i in table.ids]
        labels += table.labels
        origins += _origins(member, table)
    extra = set(images) - set(chosen)
    if extra := [m for m in images if m in extra and _split(m) != TEST]:
        raise UserError(f"{source.where}: {extra[0]} has no row in {listing(members)}")
    pixels, notes = read_images(source, chosen)
    left = _left_alone([*chosen, *members], source)
    return _assemble(source, pixels, labels, origins, [*notes, *left])


def _check_unique(ids: Sequence[str], where: str, what: str) -> None:
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise UserError(f"{where}: {what} {twice[0]} comes twice; once is allowed")


def _from_folders(images: list[str], numbers: dict[str, int], source: Source) -> FaceSet:
    labelled, labels, origins, used = [], [], [], {}
    for member in images:
        above, name, own = *_class_folder(member, numbers), member.split("/")[-2:-1]
        if len({numbers[f.lower()] for f in member.split("/")[:-1] if f.lower() in numbers}) > 1:
            raise UserError(
                f"{source.at(member)}: two classes in one path; keep one of the folders"
            )
        if name is not None:
            labelled.append(member)
            labels.append(numbers[name])
            used[name] = numbers[name]
            origins.append(_folder_origin(member, above))
        elif own and split_of(own[0]) is None:
            raise UserError(f"{source.at(member)}: unknown class folder; allowed are "
                            f"{', '.join(EXPRESSIONS)} or 0 to 6; {OTHER}")  # fmt: skip
    if not labelled:
        raise UserError(f"{source.where}: pictures and no class folder; sort them into "
                        f"{', '.join(EXPRESSIONS)}, or add a csv id,label")  # fmt: skip
    order_given = any(m.lower().endswith(ORDER) for m in source.members)
    if not order_given and not used.keys() & {"0", *CLASSES}:
        raise UserError(f"{source.where}: numbered class folders and no 0; {OTHER}")
    pixels, notes = read_images(source, labelled)
    if numbered := sorted(name for name in used if name.isdecimal()):
        meaning = listing(f"{name} is read as {EXPRESSIONS[used[name]]}" for name in numbered)
        hint = f"; another order can be given in a file {ORDER}, with lines like '0 neutral'"
        notes += (meaning + (f" by {ORDER}" if order_given else hint),)
    left = _left_alone(labelled, source)
    return _assemble(source, pixels, labels, origins, [*notes, *left])


def _class_folder(member: str, numbers: dict[str, int]) -> tuple[str, str | None]:
    """The folders without that of the class, and the class; it may stand above the split's."""
    above, below = member.split("/")[:-1], []
    while above and above[-1].lower() not in numbers and split_of(above[-1]) is not None:
        below.insert(0, above.pop())
    if above and (name := above[-1].lower()) in numbers:
        return "/".join([*above[:-1], *below]), name
    return "", None


def _folder_origin(member: str, above: str) -> tuple[str, int | None]:
    """What tells a picture's split: its name, or the folders apart from the class."""
    name = member.split("/")[-1]
    split = _split(f"{above}/")
    if (own := OWN_NAME.match(name)) or (split is None and (own := ANY_NAME.match(name))):
        return f"files {own[1]}…", split_of(own[1])
    return (f"{above}/" if above else "the class folders"), split


def _split(member: str) -> int | None:
    """A file's split: by its own name, else by the nearest folder that names one."""
    *folders, name = member.split("/")
    words = [PurePosixPath(name).stem if name.lower().endswith((".csv", ".tsv")) else ""]
    splits = map(split_of, [*folders, *words])
    return next((split for split in reversed(list(splits)) if split is not None), None)


def _assemble(
    source: Source,
    images: np.ndarray,
    labels: list[int],
    origins: list[tuple[str, int | None]],
    notes: list[str],
) -> FaceSet:
    """The three splits; each origin is what tells a face's split, and the split if it tells one."""
    counts = Counter(origins)
    unknown = [origin for origin, split in counts if split is None]
    if unknown and len(counts) > 1:
        others = [origin for origin, split in counts if split is not None]
        beside = f", beside {listing(others)}" if others else ""
        raise UserError(f"{source.where}: is {' or '.join(unknown)} for training or for "
                        f"testing{beside}? name each train, validation or test")  # fmt: skip
    parts = np.array([TRAIN if split is None else split for _, split in origins])
    split_notes = []
    for part, name in enumerate(SPLITS):
        places = [printable(origin) for origin, split in counts if (split or TRAIN) == part]
        if places:
            shown = places if len(places) < 4 else [*places[:2], f"{len(places) - 2} more"]
            split_notes.append(
                f"{name}: {plural(int((parts == part).sum()), 'face')} from {listing(shown)}"
            )
    targets = np.array(labels)
    unsplit = not (parts == VALIDATION).any() and (parts == TRAIN).any()
    if unsplit:
        parts[draw_validation(np.where(parts == TRAIN, targets, -1))] = VALIDATION
        split_notes.append(
            f"validation: a stratified tenth of train, drawn with seed {VALIDATION_SEED}"
        )
    if copies := len(images) - len(unique_images(images)[1]):
        notes = [*notes, f"{plural(copies, 'face')} exactly like another, pixel for pixel"]
    splits = [Split(images[parts == part], targets[parts == part]) for part in range(3)]
    notes = [*split_notes, *source.notes, *notes]
    name = Path(source.where).resolve().name
    return FaceSet(name, *splits, notes=tuple(notes), validation_drawn=bool(unsplit))


def _left_alone(used: Sequence[str], source: Source) -> tuple[str, ...]:
    """A note on the files that were not read, counted by kind."""
    left = sorted(m for m in set(source.members) - set(used) if not m.lower().endswith(ORDER))
    kinds = Counter(PurePosixPath(m).suffix.lower() or "no suffix" for m in left)
    if not left:
        return ()
    counted = listing(f"{count:,} {printable(kind)}" for kind, count in kinds.items())
    return (f"{plural(len(left), 'file')} left alone ({counted}), as {printable(left[0])}",)


def _nothing(tables: dict[str, Header], source: Source) -> UserError:
    for member in [m for m in source.members if m not in tables][:20]:
        with source.open(member) as stream:
            if kind := foreign_kind(stream.read(64)):
                return UserError(f"{source.at(member)}: {kind}")
    if any({"id", "label"} <= header.columns.keys() for header in tables.values()):
        return UserError(f"{source.where}: ids and labels and no picture; give the folder of both")
    if any("pixels" in header.columns for header in tables.values()):
        return UserError(f"{source.where}: no label column (emotion or label); pictures without "
                         "labels can only be predicted")  # fmt: skip
    if tables:
        return UserError(f"{source.at(next(iter(tables)))}: missing column; needed are "
                         "emotion,pixels,Usage, emotion,pixels, or label,feature")  # fmt: skip
    return UserError(f"{source.where}: no csv and no picture ({', '.join(SUFFIXES)})")


def _id(name: str) -> str:
    stem = PurePosixPath(name).stem
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem
