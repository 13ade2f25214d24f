"""Rows and folders that do not hold together; what is read right is in test_cases.py."""

import numpy as np
import pytest
from small import as_folder, as_zip, assert_refused, picture

from fer_lib.data.readers import read_faces

FACE = picture(np.eye(48, dtype=np.uint8))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"happy/1.png": FACE, "joyful/2.png": FACE}, r"joyful/2.png: unknown class folder"),
        ({"happy/1.png": FACE, "7/2.png": FACE}, r"7/2.png: unknown class folder '7'; FER2013's"),
        ({"train/happy/3/1.png": FACE, "train/sad/3/1.png": FACE},
         "sad/3/1.png: two classes in one path"),
        ({"happy/images/1.png": FACE, "sad/images/1.png": FACE},
         "images/1.png: lies in a folder of its own within happy; move its pictures up into happy"),
        ({"1.png": FACE}, "no class folder; sort them into"),
        ({"train.csv": b"id,label\n0,3\n1,3\n", "train_img/00000.png": FACE},
         "train.csv has the id 1 and no picture has"),
        ({"train.csv": b"id,label\n0,3\n", "train_img/00000.png": FACE, "train_img/1.png": FACE},
         r"train_img/1.png has no row in train.csv"),
        ({"train.csv": b"id,label\n0,3\n00,3\n", "train_img/00000.png": FACE},
         "train.csv: the id 0 comes twice"),
        ({"train.csv": b"id,label\n0,3\n", "train_img/0.png": FACE, "train_img/00.png": FACE},
         "the id of 0 comes twice"),
        ({"faces/1.png": FACE, "a/train/2.png": FACE, "of.csv": b"file;sex\n1.png;f\n"},
         "2 pictures in a/train/ and faces/, of.csv with the columns file and sex, and no class"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("hold", [as_folder, as_zip])
def test_what_does_not_fit_is_named(tmp_path, hold, files, said):
    assert_refused(hold(tmp_path / "faces", files), said)


@pytest.mark.parametrize(
    ("table", "origins"),
    [
        ("labels.csv", ["files train…", "files test…"]),  # the pictures tell
        ("train.csv", ["train.csv"]),  # the table does, and comes first
        ("Usage", ["Usage train"]),  # a column comes before both
    ],
)
def test_a_table_s_column_its_name_or_the_pictures_tell_the_split(tmp_path, table, origins):
    usage = table == "Usage"
    rows = [("train_1", "happy"), ("test_1", "sad"), ("train_2", "happy")]
    text = "\n".join(",".join([*row, "train"][: 2 + usage]) for row in rows)
    files = {f"images/{name}.png": FACE for name, _ in rows}
    name = "labels.csv" if usage else table
    files[name] = f"id,label{',usage' * usage}\n{text}\n".encode()
    notes = read_faces(as_folder(tmp_path, files)).notes
    assert [note.partition(" from ")[2] for note in notes if " from " in note] == origins
