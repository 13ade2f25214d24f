"""Faces with labels, from each of the three forms that they come in.

Rows of a table, with pixels or with the names of pictures; pictures in folders named by class;
FER+'s pictures, which have the votes of people.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from fer_lib.data import names
from fer_lib.data.archives import Source
from fer_lib.data.class_names import CLASSES, LIST, LISTED, NUMBERS
from fer_lib.data.class_order import ClassOrder, unread_texts
from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.headers import Header
from fer_lib.data.pictures import read_images
from fer_lib.data.tables import USAGES, Table, read_table
from fer_lib.data.votes import TABLE, plurality, read_votes, votes_by_name
from fer_lib.errors import UserError, printable
from fer_lib.formatting import listing, plural


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


def from_tables(members: list[str], images: list[str], order: ClassOrder) -> Labelled:
    """Rows with labels: their pixels, or the one of `images` that a row's id names."""
    source = order.source
    tables = [read_table(source, member) for member in members]
    origins: list[names.Origin] = []
    chosen: list[str] = []
    notes = [note for table in tables for note in table.notes]
    for member, table in zip(members, tables, strict=True):
        own = _pictures(member, table.ids, images, source) if images else []
        chosen += own
        split = names.path_split(member)
        # a column Usage tells most plainly, then the table's own name, then the pictures' folders
        if table.usages:
            rows = [(f"Usage {usage}", names.split_of(usage)) for usage in table.usages]
            _check_usages(source.at(member), split, rows, own)
            origins += rows
            continue
        by_picture, overruled = names.picture_origins(own, [m.rpartition("/")[0] for m in own])
        notes += overruled
        if split is None and any(known is not None for _, known in by_picture):
            origins += by_picture
        else:
            origins += [(member, split)] * len(table.labels)
    if images:
        with_row = set(chosen)
        if extra := [m for m in images if m not in with_row and names.path_split(m) != names.TEST]:
            raise UserError(f"{source.where}: {extra[0]} has no row in {listing(members)}")
    notes += _what_labels_mean(tables, order, members)
    labels = [order.known[label] for table in tables for label in table.labels]
    if images:
        pixels, changes = read_images(source, chosen)
        return Labelled(pixels, labels, origins, [*chosen, *members], [*changes, *notes])
    pixels = np.concatenate([table.images for table in tables])
    return Labelled(pixels, labels, origins, members, notes)


def _check_usages(
    at: str, split: int | None, rows: list[names.Origin], pictures: list[str]
) -> None:
    """Raises UserError where a table's own split contradicts its name or the pictures' folders."""
    if split is not None and split not in {names.refined(split, row) for row in rows}:
        raise UserError(f"{at}: called after another split than its {rows[0][0]} tells; rename it, "
                        "or remove the column")  # fmt: skip
    places = [names.path_split(m) for m in pictures]
    if len({*places} - {None}) < 2:  # one folder round all is no split
        return
    for row, place, picture in zip(rows, places, pictures, strict=True):
        if place is not None and names.refined(place, row) != place:
            raise UserError(f"{at}: {row[0]} for {picture}; remove the column, or put the pictures "
                            "into one folder")  # fmt: skip


def _what_labels_mean(
    tables: Sequence[Table], order: ClassOrder, members: Sequence[str]
) -> list[str]:
    first_at = {name: at for table in reversed(tables) for name, at in table.first_at.items()}
    usages = {usage.lower() for table in tables for usage in table.usages or [""]}
    genuine = usages <= {usage.lower() for usage in USAGES}  # FER2013 itself
    notes = order.notes(first_at, "label", genuine, members)
    if genuine and order.file == LISTED:
        _check_fer2013(first_at, order)
    for table, member in zip(tables, members, strict=True):
        if table.first_at.keys() == {*"123456"} and "0" in first_at and not order.file:
            raise UserError(f"{order.source.at(member)}: labels 1 to 6, and 0 to 6 in another "
                            "table; number both by one order")  # fmt: skip
        for column, words in table.words.items():
            order.check_words(column, words, table.first_at)
    return notes


def _check_fer2013(numbers: Collection[str], order: ClassOrder) -> None:
    """Raises UserError where a list, perhaps that of a run, gives FER2013's numbers other names."""
    named = [order.classes[order.known[number]] for number in NUMBERS if number in numbers]
    also = [EXPRESSIONS[label] for number, label in NUMBERS.items() if number in numbers]
    same = [CLASSES.get(name) == CLASSES[other] for name, other in zip(named, also, strict=True)]
    if len(CLASSES.keys() & {*named}) > 2 and not all(same):
        raise UserError(f"{order.source.where}: its numbers may be FER2013's, or those of "
                        f"{', '.join(named)}; say which is right in a file classes.txt in one "
                        "folder with the data, with lines like '0 angry'")  # fmt: skip


def _pictures(member: str, ids: list[str], images: list[str], source: Source) -> list[str]:
    """The picture of each id in the csv `member`, from those of its split if it has one.

    An id is a path from the csv, or a name.
    """
    split = names.path_split(member)
    pool = [m for m in images if split is None or names.path_split(m) in (None, split)]
    folder = member[: member.rfind("/") + 1]
    by_id = {m.removeprefix(folder): m for m in pool}
    ids, written = [i.replace("\\", "/") for i in ids], ids
    if not by_id.keys() >= set(ids):
        # pictures to be predicted may have the same numbers, and no row
        rest = [m for m in pool if split is not None or names.path_split(m) != names.TEST]
        check_unique([names.picture_id(m) for m in rest], source.where, "the id of")
        by_id = {names.picture_id(m): m for m in [*pool, *rest]}
        ids = [names.picture_id(i) for i in ids]
    check_unique(ids, source.at(member), "the id")
    if missing := [word for i, word in zip(ids, written, strict=True) if i not in by_id]:
        raise UserError(f"{source.where}: {member} has the id {missing[0]} and no picture has")
    return [by_id[i] for i in ids]


def check_unique(ids: Sequence[str], where: str, what: str) -> None:
    """Raises UserError with the first id that comes twice."""
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise UserError(f"{where}: {what} {twice[0]} comes twice; once is allowed")


def from_folders(images: list[str], order: ClassOrder, tables: Mapping[str, Header]) -> Labelled:
    """Pictures in folders named by class; `tables` are what lies beside them, without use."""
    source = order.source
    labelled: dict[str, str] = {}  # picture → its class folder
    first_at: dict[str, str] = {}  # class folder → its first picture
    spelled: dict[str, str] = {}  # class folder as it is written → the class's name
    places = []  # of each labelled picture, its folders without that of the class
    for member in images:
        folders = [names.class_name(folder) for folder in member.split("/")[:-1]]
        own = [f for f in folders if f in order.known]
        if len({order.known[f] for f in own}) > 1:
            raise UserError(f"{source.at(member)}: two classes in one path; keep one folder")
        above, name = names.class_folder(member, order.known)
        if name is None and own:
            raise UserError(f"{source.at(member)}: lies in a folder of its own within {own[0]}; "
                            f"move its pictures up into {own[0]}, or out of the data")  # fmt: skip
        if name is not None:
            labelled[member] = name
            places.append(above)
            spelled |= {f: name for f in member.split("/")[:-1] if names.class_name(f) == name}
        elif folders and names.split_of(member.split("/")[-2]) is None:
            name = folders[-1]
        if name is not None:
            first_at.setdefault(name, source.at(member))
    if not labelled and len(first_at) < 2:
        raise _no_class_folder(images, order, tables)
    notes = order.notes(first_at, "class folder")
    ways = {name: [f for f, n in spelled.items() if n == name] for name in first_at}
    notes += [f"folders {listing(map(printable, w))} are one class" for w in ways.values() if w[1:]]
    origins, split_notes = names.picture_origins(list(labelled), places)
    # a list of splits beside folders without any would be passed over in silence
    if all(split is None for _, split in origins):
        _check_lists(list(labelled), order)
    pixels, changes = read_images(source, list(labelled))
    labels = [order.known[name] for name in labelled.values()]
    return Labelled(pixels, labels, origins, list(labelled), [*split_notes, *changes, *notes])


def _check_lists(pictures: Sequence[str], order: ClassOrder) -> None:
    """Raises UserError for a file that says of which split pictures are, where nothing does."""
    own = {word for m in pictures for word in (PurePosixPath(m).name, PurePosixPath(m).stem)}
    own = {word.lower() for word in own if not word.isdecimal()}
    for member, text in unread_texts(order.source, order.read):
        words = {*re.split(r"[^\w.() -]+", text), *text.split()}  # a name may have blanks
        tell = {PurePosixPath(member).stem, *words} - own
        if words & own and any(names.split_of(word) is not None for word in tell):
            raise UserError(f"{order.source.at(member)}: tells the split of pictures in class "
                            "folders, which is not read; sort them into folders train/, "
                            "validation/ and test/ as it says, or remove it")  # fmt: skip


def _no_class_folder(
    images: list[str], order: ClassOrder, tables: Mapping[str, Header]
) -> UserError:
    source = order.source
    folders = list(dict.fromkeys(m.rpartition("/")[0] for m in images))
    places = [f"{printable(f)}/" if f else "no folder" for f in folders[:3]]
    contents = f"{plural(len(images), 'picture')} in {listing(places)}"
    for member, header in tables.items():
        contents += f", {printable(member)} with {header.described}"
    return UserError(f"{source.where}: {contents}, and no class folder; sort them into "
                     f"{', '.join(order.classes)}, or two or more classes of your own, or "
                     f"{'call its columns image and label' if tables else 'add a csv id,label'}"
                     )  # fmt: skip


def from_votes(images: list[str], files: list[Path], order: ClassOrder) -> Labelled:
    """FER+'s pictures, which have votes and no label: the top answer, if it is one of ours."""
    source = order.source
    if order.classes != EXPRESSIONS:
        raise UserError(f"{source.where}: FER+'s pictures have FER2013's classes; omit {LIST}")
    if not files:
        raise UserError(f"{source.where}: FER+'s pictures have votes and no label; put its {TABLE} "
                        "beside them")  # fmt: skip
    votes = votes_by_name(read_votes(files), images)
    top = plurality(votes)
    ours = np.flatnonzero((top >= 0) & (top < len(EXPRESSIONS)))
    chosen = [images[i] for i in ours]
    pixels, notes = read_images(source, chosen)
    left = plural(len(images) - len(chosen), "picture")
    note = f"labelled by the answer of most of FER+'s people; {left} with none of ours left out"
    origins, split_notes = names.picture_origins(chosen, [m.rpartition("/")[0] for m in chosen])
    labels = [order.known[EXPRESSIONS[label]] for label in top[ours]]
    notes = [*split_notes, *notes, note]
    return Labelled(pixels, labels, origins, images, notes, votes[ours])
