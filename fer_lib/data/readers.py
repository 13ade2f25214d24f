"""Every FER2013 that people hold → a FaceSet; which one it is is found by looking.

A csv with pixels: `fer2013.csv`, `icml_face_data.csv`, the competition's `train.csv`, the course's
`train.csv` (`label,feature`); alone, in a folder, in a zip or in a tar.gz. A parquet table of the
same, or Hugging Face's, of pictures.

Pictures in folders named by class, in `train`/`validation`/`test` or not, in a folder or a zip.

FER+'s pictures, `FER2013Train/fer0000000.png`, by the votes of FER+ beside them.

The course's `train.csv` (`id,label`) beside `train_img/00000.jpg`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from fer_lib.data import names
from fer_lib.data.archives import Source, foreign_kind, opened, unpacked
from fer_lib.data.faceset import EXPRESSIONS, UNLABELLED, FaceSet
from fer_lib.data.pictures import SUFFIXES, read_images
from fer_lib.data.splits import assemble
from fer_lib.data.tables import Header, read_header, read_table
from fer_lib.data.votes import (
    TABLE,
    check_order,
    files_of_votes,
    plurality,
    read_votes,
    votes_by_name,
    votes_by_row,
)
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing, plural

FERPLUS = re.compile(r"fer\d{7}\.png")  # FER+'s own name of an image
ORDER = "classes.txt"  # lines like "0 neutral": what the numbers of the classes mean
OTHER = (
    f"what other numbers mean can stand in a file {ORDER} beside the folders, a line a class "
    "(RAF-DB: 1 surprise, 2 fear, 3 disgust, 4 happy, 5 sad, 6 angry, 7 neutral)"
)
# Hugging Face cuts a split in parts: train-00000-of-00002.parquet, or train/0000.parquet
PART = re.compile(r"(-\d+-of-\d+[^/]*|/\d+)\.parquet$")


@dataclass(frozen=True)
class Labelled:
    """Faces, each with its label and what tells its split.

    Shapes: images (N, 48, 48) uint8; N labels; N origins; votes (N, 10). `used` are the members
    that were looked at, the faces' own files first.
    """

    images: np.ndarray
    labels: list[int]
    origins: list[names.Origin]
    used: list[str]
    notes: Iterable[str]
    votes: np.ndarray | None = None


def read_faces(path: Path, dropped: Sequence[str] = (), votes: Path | None = None) -> FaceSet:
    """The data set at `path`; `UserError` with the file, the row or the member that is wrong.

    The faces of the classes `dropped` are left out, and counted in a note. `votes` is the path of
    FER+'s votes; without it, those that lie beside the faces are read.
    """
    files = files_of_votes(path, votes)
    with opened(path) as outer, unpacked(outer, _around) as source:
        tables, images = _look(source)
        numbers = _numbers(source, dropped)
        # Beside class folders a table of ids is something else: a submission's example.
        unsorted = all(names.class_folder(m, numbers)[1] is None for m in images)
        if members := _pick(tables, {"label", "pixels"}, source):
            found = _from_tables(members, [], numbers, source)
        elif images and unsorted and (members := _pick(tables, {"id", "label"}, source)):
            found = _from_tables(members, images, numbers, source)
        elif images and unsorted and FERPLUS.fullmatch(PurePosixPath(images[0]).name):
            found = _from_votes(images, files, numbers, source)
        elif images:
            found = _from_folders(images, numbers, source)
        else:
            raise _nothing(tables, source)
        labels, opinions, notes = np.array(found.labels), found.votes, [*source.notes, *found.notes]
        read = [m for m in source.members if path / m in files]
        if files and opinions is None:
            try:
                opinions, said = _votes(read_votes(files), found)
                notes.append(said)
            except UserError as error:
                if votes:  # what merely lies there may belong to other faces
                    raise
                notes.append(f"votes not read: {error}")
                read = []
        kept = np.arange(len(labels))
        if dropped:
            kept = np.flatnonzero(labels != UNLABELLED)
            left_out = plural(len(labels) - len(kept), "face")
            notes.append(f"{left_out} of {listing(dropped)} left out")
        notes += _left_alone([*found.used, *read], source)
        origins = [found.origins[i] for i in kept]
        opinions = None if opinions is None else opinions[kept]
        return assemble(
            source.where, found.images[kept], labels[kept].tolist(), origins, notes, opinions
        )


def read_unlabelled(path: Path) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """The pictures without a label, to be predicted: their ids, (N, 48, 48) uint8, and notes.

    A csv with pixels and no label (ids: its `id` column, else 0, 1, …), or pictures that lie in
    no class folder. Their ids are the files' names, numbers without leading zeros; where two
    would be the same, all are paths.
    """
    with opened(path) as outer, unpacked(outer, _around) as source:
        tables, images = _look(source)
        numbers = _numbers(source)
        bare = {m: header for m, header in tables.items() if "label" not in header.columns}
        if members := _pick(bare, {"pixels"}, source):
            if len(members) > 1:
                raise UserError(f"{source.where}: {listing(members)} could each be meant; give one")
            table = read_table(source, members[0], numbers)
            ids = table.ids or [str(i) for i in range(len(table.images))]
            _check_unique(ids, source.at(members[0]), "the id")
            notes = (*source.notes, *table.notes, *_left_alone(members, source))
            return ids, table.images, notes
        unsorted = [m for m in images if names.class_folder(m, numbers)[1] is None]
        images = [m for m in unsorted if names.path_split(m) != names.TRAIN]
        if not images:
            raise UserError(f"{source.where}: no picture without a label; give the test pictures")
        pixels, notes = read_images(source, images)
        ids = [names.picture_id(m) for m in images]
        if len(set(ids)) < len(ids):
            ids = images
            notes += ("two pictures have one name, so the ids are paths",)
        return ids, pixels, (*source.notes, *notes, *_left_alone(images, source))


def _look(source: Source) -> tuple[dict[str, Header], list[str]]:
    """Every csv with its columns, and every picture; a lone file of another name is a csv too."""
    images = [m for m in source.members if m.lower().endswith(SUFFIXES)]
    lone = len(source.members) == 1 and not images
    tables = [m for m in source.members if lone or m.lower().endswith(names.TABLES)]
    return {member: read_header(source, member) for member in tables}, images


def _around(source: Source) -> bool:
    """Whether no face lies in the source itself: then it may be wrapped round an archive."""
    tables = [m for m in source.members if m.lower().endswith(names.TABLES)]
    pixels = any("pixels" in read_header(source, m).columns for m in tables)
    return not pixels and not any(m.lower().endswith(SUFFIXES) for m in source.members)


def _numbers(source: Source, dropped: Sequence[str] = ()) -> dict[str, int]:
    """What a class may be called: with numbers that are FER2013's, or those of classes.txt."""
    known = names.known_classes({}, dropped)
    member = _order_file(source)
    if member is None:
        return names.known_classes(names.NUMBERS, dropped)
    numbers = {}
    lines = source.read(member).decode(errors="replace").split("\n")
    for i, line in enumerate(line for line in lines if line.strip()):
        *before, name = line.lower().split()
        number = before[0] if before else str(i)
        if name not in known or len(before) > 1 or number in numbers:
            raise UserError(f"{source.at(member)}: {line.strip()[:40]!r}; each line is another "
                            f"number and one of {', '.join(EXPRESSIONS)}, or a class that "
                            "--drop names")  # fmt: skip
        numbers[number] = known[name]
    return names.known_classes(numbers, dropped)


def _pick(tables: dict[str, Header], needed: set[str], source: Source) -> list[str]:
    """The csv files with the needed columns: the one with a Usage, else one a split."""
    fitting = [m for m, header in tables.items() if needed <= header.columns.keys()]
    # Kaggle's folder has train.csv and test.csv beside icml_face_data.csv: the same faces twice.
    complete = [m for m in fitting if "usage" in tables[m].columns]
    if len(complete) == 1:
        return complete
    splits = {names.path_split(m) for m in fitting}
    wholes = {PART.sub("", m) for m in fitting}
    if len(wholes) > 1 and (None in splits or len(splits) < len(wholes)):
        raise UserError(f"{source.where}: {listing(fitting)} could each be meant; give one, or "
                        "name them train.csv, validation.csv and test.csv")  # fmt: skip
    return fitting


def _from_tables(
    members: list[str], images: list[str], numbers: dict[str, int], source: Source
) -> Labelled:
    """Rows with labels: their pixels, or the one of `images` that a row's id names."""
    pixels: list[np.ndarray] = []
    labels: list[int] = []
    origins: list[names.Origin] = []
    chosen: list[str] = []
    notes: list[str] = []
    numbered: set[str] = set()
    for member in members:
        table = read_table(source, member, numbers)
        pixels.append(table.images)
        labels += table.labels
        notes += table.notes
        own = _pictures(member, table.ids, images, source) if images else []
        chosen += own
        split = names.path_split(member)
        if table.usages:
            origins += [(f"Usage {usage}", names.split_of(usage)) for usage in table.usages]
        else:  # with a Usage the numbers are FER2013's own
            numbered |= table.names
            by_picture = [names.picture_origin(m, m.rpartition("/")[0]) for m in own]
            told = any(known is not None for _, known in by_picture) and split is None
            origins += by_picture if told else [(member, split)] * len(table.labels)
    notes += _order_note(numbered, numbers, source)
    if not images:
        return Labelled(np.concatenate(pixels), labels, origins, members, notes)
    with_row = set(chosen)
    if extra := [m for m in images if m not in with_row and names.path_split(m) != names.TEST]:
        raise UserError(f"{source.where}: {extra[0]} has no row in {listing(members)}")
    faces, changes = read_images(source, chosen)
    return Labelled(faces, labels, origins, [*chosen, *members], [*changes, *notes])


def _pictures(member: str, ids: list[str], images: list[str], source: Source) -> list[str]:
    """The picture of each id in the csv `member`, from those of its split if it has one.

    An id is a path from the csv, or a name.
    """
    split = names.path_split(member)
    pool = [m for m in images if split is None or names.path_split(m) in (None, split)]
    folder = member[: member.rfind("/") + 1]
    by_id = {m.removeprefix(folder): m for m in pool}
    ids = [i.replace("\\", "/") for i in ids]
    if not by_id.keys() >= set(ids):
        # pictures to be predicted may have the same numbers, and no row
        rest = [m for m in pool if split is not None or names.path_split(m) != names.TEST]
        _check_unique([names.picture_id(m) for m in rest], source.where, "the id of")
        by_id = {names.picture_id(m): m for m in [*pool, *rest]}
        ids = [names.picture_id(i) for i in ids]
    _check_unique(ids, source.at(member), "the id")
    if missing := [i for i in ids if i not in by_id]:
        raise UserError(f"{source.where}: {member} has the id {missing[0]} and no picture has")
    return [by_id[i] for i in ids]


def _check_unique(ids: Sequence[str], where: str, what: str) -> None:
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise UserError(f"{where}: {what} {twice[0]} comes twice; once is allowed")


def _from_folders(images: list[str], numbers: dict[str, int], source: Source) -> Labelled:
    labelled: dict[str, str] = {}  # picture → its class folder
    origins = []
    unknown = ""  # the first picture in a folder that is none
    for member in images:
        folders = member.split("/")[:-1]
        if len({numbers[f.lower()] for f in folders if f.lower() in numbers}) > 1:
            where = source.at(member)
            raise UserError(f"{where}: two classes in one path; keep one of the folders")
        above, name = names.class_folder(member, numbers)
        if name is not None:
            labelled[member] = name
            origins.append(names.picture_origin(member, above))
        elif folders and names.split_of(folders[-1]) is None:
            unknown = unknown or member
    if not labelled:
        raise UserError(f"{source.where}: pictures and no class folder; sort them into "
                        f"{', '.join(EXPRESSIONS)}, or add a csv id,label")  # fmt: skip
    if unknown:
        folder = unknown.split("/")[-2]
        fix = f"; {OTHER}" if folder.isdecimal() else ""
        raise UserError(f"{source.at(unknown)}: unknown class folder; allowed are "
                        f"{', '.join(EXPRESSIONS)} or 0 to 6{fix}; "
                        f"leave it out by --drop {printable(folder)!r}")  # fmt: skip
    classes = set(labelled.values())
    # Numbers from 1 may well be RAF-DB's, whose classes have another order.
    if not _order_file(source) and not classes & {"0", *names.CLASSES}:
        raise UserError(f"{source.where}: numbered class folders and no 0; {OTHER}")
    pixels, notes = read_images(source, list(labelled))
    notes = [*notes, *_order_note(classes, numbers, source)]
    labels = [numbers[name] for name in labelled.values()]
    return Labelled(pixels, labels, origins, list(labelled), notes)


def _from_votes(
    images: list[str], files: list[Path], numbers: dict[str, int], source: Source
) -> Labelled:
    """FER+'s pictures, which have votes and no label: the top answer, if it is one of ours."""
    if not files:
        raise UserError(f"{source.where}: FER+'s pictures have votes and no label; put its {TABLE} "
                        "beside them")  # fmt: skip
    votes = votes_by_name(read_votes(files), images)
    top = plurality(votes)
    kept = np.flatnonzero((top >= 0) & (top < len(EXPRESSIONS)))
    chosen = [images[i] for i in kept]
    pixels, notes = read_images(source, chosen)
    left = plural(len(images) - len(chosen), "picture")
    said = f"labelled by the answer of most of FER+'s people; {left} with none of ours left out"
    origins = [names.picture_origin(m, m.rpartition("/")[0]) for m in chosen]
    labels = [numbers[EXPRESSIONS[label]] for label in top[kept]]
    return Labelled(pixels, labels, origins, images, [*notes, said], votes[kept])


def _votes(table: pd.DataFrame, faces: Labelled) -> tuple[np.ndarray, str]:
    """FER+'s votes for the faces, (N, 10): by the pictures' names, else by the rows; and a note."""
    path, labels = table.attrs["path"], np.array(faces.labels)
    if faces.used[0].lower().endswith(SUFFIXES):
        votes = votes_by_name(table, faces.used[: len(labels)])
    else:
        votes = votes_by_row(table, [split for _, split in faces.origins])
        check_order(path, votes, labels)
    known = int((~np.isnan(votes[:, 0])).sum())
    return votes, f"votes for {known:,} of {plural(len(labels), 'face')} from {path.name}"


def _order_file(source: Source) -> str | None:
    return next((m for m in source.members if PurePosixPath(m).name.lower() == ORDER), None)


def _order_note(classes: Iterable[str], numbers: dict[str, int], source: Source) -> list[str]:
    """What the numbers among the classes' names are read as, if there are any."""
    numbered = sorted(n for n in classes if n.isdecimal() and numbers[n] != UNLABELLED)
    if not numbered:
        return []
    meaning = listing(f"{name} is read as {EXPRESSIONS[numbers[name]]}" for name in numbered)
    hint = f"; another order can be given in a file {ORDER}, with lines like '0 neutral'"
    return [meaning + (f" by {ORDER}" if _order_file(source) else hint)]


def _left_alone(used: Sequence[str], source: Source) -> tuple[str, ...]:
    """A note on the files that were not read, counted by kind."""
    unread = sorted(m for m in set(source.members) - set(used) if not m.lower().endswith(ORDER))
    if not unread:
        return ()
    kinds = Counter(PurePosixPath(m).suffix.lower() or "no suffix" for m in unread)
    counted = listing(f"{count:,} {printable(kind)}" for kind, count in kinds.items())
    return (f"{plural(len(unread), 'file')} left alone ({counted}), as {printable(unread[0])}",)


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
    return UserError(f"{source.where}: no csv and no picture ({', '.join(SUFFIXES)}); "
                     "give FER2013's csv, zip or folder")  # fmt: skip
