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
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from fer_lib.data import names
from fer_lib.data.archives import ARCHIVES, Source, foreign_kind, opened, unpacked
from fer_lib.data.class_order import ClassOrder, by_folders, read_order
from fer_lib.data.faceset import EXPRESSIONS, FaceSet
from fer_lib.data.headers import Header, read_header
from fer_lib.data.labelled import Labelled, check_unique, from_folders, from_tables, from_votes
from fer_lib.data.pictures import read_images
from fer_lib.data.splits import assemble
from fer_lib.data.tables import read_table
from fer_lib.data.votes import check_order, files_of_votes, read_votes, votes_by_name, votes_by_row
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing, plural

FERPLUS_PICTURE = re.compile(r"fer\d{7}\.png")  # FER+'s own name of an image
# Hugging Face cuts a split in parts: train-00000-of-00002.parquet, or train/0000.parquet
PART = re.compile(r"(-\d+-of-\d+[^/]*|/\d+)\.parquet$")


def read_faces(
    path: Path,
    dropped: Sequence[str] = (),
    votes: Path | None = None,
    listed: Sequence[str] = (),
) -> FaceSet:
    """The data set at `path`; `UserError` with the file, the row or the member that is wrong.

    The faces of the classes `dropped` are left out, and counted in a note. `listed` are all
    classes, if they are others than FER2013's, or numbered in another order. `votes` is the path of
    FER+'s votes; without it, those that lie beside the faces are read.
    """
    files = files_of_votes(path, votes)
    with opened(path) as outer, unpacked(outer, _around) as source:
        order = read_order(path, [outer, source], dropped, listed)
        faces, order = _labelled(source, order, files)
        if order.classes != EXPRESSIONS:
            if votes:
                raise UserError(f"{source.where}: people voted on FER2013's classes, and here are "
                                f"{', '.join(order.classes)}; omit --votes")  # fmt: skip
            files = []
        if files and faces.votes is None:
            faces = _with_votes(faces, files, given=votes is not None)
        own = {file.resolve() for file in files if faces.votes is not None}
        # to resolve each of 35,000 pictures took a second
        read = [m for m in source.members if _is_table(m) and (path / m).resolve() in own]
        left = _left_alone([*faces.used, *read, *order.read], source)
        notes = [*source.notes, *faces.notes, *left]
        return assemble(source.where, faces, notes, order.classes, dropped)


def _labelled(source: Source, order: ClassOrder, files: list[Path]) -> tuple[Labelled, ClassOrder]:
    """The faces by the first way that the source allows; the order may become its folders'."""
    tables, images = _look(source)
    # Beside class folders a table of ids is something else: a submission's example.
    unsorted = all(names.class_folder(m, order.known)[1] is None for m in images)
    if members := _pick(tables, {"label", "pixels"}, source):
        return from_tables(members, [], order), order
    if images and unsorted and (members := _pick(tables, {"id", "label"}, source)):
        return from_tables(members, images, order), order
    if images and unsorted and FERPLUS_PICTURE.fullmatch(PurePosixPath(images[0]).name):
        return from_votes(images, files, order), order
    if images:
        order = by_folders(order, images, tables)
        return from_folders(images, order, tables), order
    raise _nothing(tables, source)


def read_unlabelled(
    path: Path, listed: Sequence[str] = ()
) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """The pictures without a label, to be predicted: their ids, (N, 48, 48) uint8, and notes.

    A csv with pixels and no label (ids: its `id` column, else 0, 1, …), or pictures that lie in
    no class folder, of FER2013's or of the classes `listed`. Their ids are the files' names,
    numbers without leading zeros; where two would be the same, all are paths.
    """
    with opened(path) as outer, unpacked(outer, _around) as source:
        tables, images = _look(source)
        order = read_order(path, [outer, source], listed=listed)
        bare = {m: header for m, header in tables.items() if "label" not in header.columns}
        if members := _pick(bare, {"pixels"}, source):
            if len(members) > 1:
                raise UserError(f"{source.where}: {listing(members)} could each be meant; give one")
            table = read_table(source, members[0])
            ids = table.ids or [str(i) for i in range(len(table.images))]
            check_unique(ids, source.at(members[0]), "the id")
            notes = (*source.notes, *table.notes, *_left_alone([*members, *order.read], source))
            return ids, table.images, notes
        unsorted = [m for m in images if names.class_folder(m, order.known)[1] is None]
        images = [m for m in unsorted if names.path_split(m) != names.TRAIN]
        if not images:
            raise UserError(f"{source.where}: no picture without a label; give the test pictures")
        pixels, notes = read_images(source, images)
        ids = [names.picture_id(m) for m in images]
        if len(set(ids)) < len(ids):
            ids = images
            notes += ("two pictures have one name, so the ids are paths",)
        return ids, pixels, (*source.notes, *notes, *_left_alone([*images, *order.read], source))


def _look(source: Source) -> tuple[dict[str, Header], list[str]]:
    """Every csv with its columns, and every picture; a lone file of another name is a csv too.

    A submission, or an example of one, is none: its labels are not true.
    """
    images = [m for m in source.members if m.lower().endswith(names.PICTURE_SUFFIXES)]
    lone = len(source.members) == 1 and not images
    tables = [m for m in source.members if lone or (_is_table(m) and not _is_submission(m))]
    return {member: read_header(source, member) for member in tables}, images


def _is_table(member: str) -> bool:
    return member.lower().endswith(names.TABLE_SUFFIXES)


def _is_submission(member: str) -> bool:
    return "submission" in PurePosixPath(member).name.lower()


def _around(source: Source) -> bool:
    """Whether no face lies in the source itself: then it may be wrapped round an archive."""
    pictures = [m for m in source.members if m.lower().endswith(names.PICTURE_SUFFIXES)]
    tables = [m for m in source.members if _is_table(m)]
    return not pictures and not any("pixels" in read_header(source, m).columns for m in tables)


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


def _with_votes(faces: Labelled, files: list[Path], given: bool) -> Labelled:
    """The faces with FER+'s votes: by the pictures' names, else by the rows.

    Votes that merely lie beside them may belong to other faces: what is wrong is then a note.
    """
    try:
        table = read_votes(files)
        path = table.attrs["path"]
        if faces.used[0].lower().endswith(names.PICTURE_SUFFIXES):
            votes = votes_by_name(table, faces.used[: len(faces.labels)])
        else:
            splits = [split for _, split in faces.origins]
            votes = votes_by_row(table, splits)
            for split in {*splits}:  # one alone may be out of order
                own = [s == split for s in splits]
                check_order(path, votes[own], np.array(faces.labels)[own])
    except UserError as error:
        if given:
            raise
        return replace(faces, notes=[*faces.notes, f"votes not read: {error}"])
    known = int((~np.isnan(votes[:, 0])).sum())
    note = f"votes for {known:,} of {plural(len(votes), 'face')} from {path.name}"
    return replace(faces, notes=[*faces.notes, note], votes=votes)


def _left_alone(used: Sequence[str], source: Source) -> tuple[str, ...]:
    """A note on the files that were not read, counted by kind; a submission is named first."""
    unread = list(set(source.members) - set(used))
    if not unread:
        return ()
    unread.sort(key=lambda m: (not _is_submission(m), m))
    kinds = Counter(PurePosixPath(m).suffix.lower() or "no suffix" for m in unread)
    counted = listing(f"{count:,} {printable(kind)}" for kind, count in kinds.items())
    return (f"{plural(len(unread), 'file')} left alone ({counted}), as {printable(unread[0])}",)


def _nothing(tables: dict[str, Header], source: Source) -> UserError:
    packed = [m for m in source.members if m.lower().endswith(ARCHIVES)]
    if len(packed) > 1:
        return UserError(f"{source.where}: {len(packed)} archives inside, as {packed[0]}; unpack "
                         "each to a folder of its name, and give the folder of all")  # fmt: skip
    for member in [m for m in source.members if m not in tables][:20]:
        with source.open(member) as stream:
            if kind := foreign_kind(stream.read(64)):
                return UserError(f"{source.at(member)}: {kind}")
    if any({"id", "label"} <= header.columns.keys() for header in tables.values()):
        return UserError(f"{source.where}: ids and labels and no picture; give the folder of both")
    for member, header in tables.items():
        if "pixels" in header.columns:
            return UserError(f"{source.at(member)}: no label column (emotion or label) among "
                             f"{header.described}; call the one that holds them label, for "
                             "without labels pictures can only be predicted")  # fmt: skip
    for member, header in tables.items():
        return UserError(f"{source.at(member)}: missing column; needed are "
                         "emotion,pixels,Usage, emotion,pixels, or label,feature, and here are "
                         f"{header.described}")  # fmt: skip
    endings = ", ".join(names.PICTURE_SUFFIXES)
    return UserError(f"{source.where}: no csv and no picture ({endings}); "
                     "give FER2013's csv, zip or folder")  # fmt: skip
