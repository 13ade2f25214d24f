"""What single names mean; whole sets of them are in test_readers.py."""

import pytest

from fer_lib.data.class_names import CLASSES, NUMBERS
from fer_lib.data.names import class_folder, path_split, picture_id


@pytest.mark.parametrize(
    ("member", "split"),
    [
        ("train/sad/1.png", 0),
        ("test/train/1.png", 0),  # the nearest folder
        ("faces/val.csv", 1),
        ("test/train.csv", 0),  # a csv's own name comes first
        ("train.png", None),  # a picture's does not count here
        ("train_and_test/1.png", None),
    ],
)
def test_a_path_tells_a_split(member, split):
    assert path_split(member) == split


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("set/train/Happy/1.png", ("set/train", "happy")),
        ("sad/train/1.png", ("train", "sad")),  # the class above the split
        ("train/3/1.png", ("train", "3")),
        ("train/joyful/1.png", ("", None)),
        ("1.png", ("", None)),
    ],
)
def test_a_path_tells_a_class(member, expected):
    assert class_folder(member, NUMBERS | CLASSES) == expected


def test_an_id_is_a_name_or_a_number():
    names = ("train_img/00042.jpg", "000.png", "a/me 01.png")
    assert [picture_id(name) for name in names] == ["42", "0", "me 01"]
