"""FER+'s own table and one that names image files; what is no table of votes is refused."""

import numpy as np
import pandas as pd
import pytest

from fer_lib.data.votes import COLUMNS, MISSING, read_votes
from fer_lib.errors import UserError


def table(path, rows=4, **columns):
    """Row i gives i + 1 votes to neutral and one to anger."""
    values = dict.fromkeys(COLUMNS, 0) | {"anger": 1, "neutral": np.arange(rows) + 1}
    frame = pd.DataFrame(values | columns, index=range(rows))
    frame.to_csv(path, index=False)
    return path


def test_rows_are_those_of_the_files_in_the_order_asked(tmp_path):
    path = table(tmp_path / "votes.csv", member=["a.png", "b.png", "c.png", "d.png"])
    votes = read_votes(path, ["d.png", "unknown.png", "a.png"])
    assert votes[:, [0, 6]].tolist() == [[1, 4], [MISSING, MISSING], [1, 1]]


def test_rows_are_those_of_the_usage(tmp_path):
    usage = ["Training", "PublicTest", "Training", "PublicTest"]
    path = table(tmp_path / "fer2013new.csv", Usage=usage)
    assert read_votes(path, "PublicTest")[:, 6].tolist() == [2, 4]


def test_the_short_name_of_ferplus_is_understood(tmp_path):
    path = table(tmp_path / "fer2013new.csv", Usage="Training")
    frame = pd.read_csv(path).rename(columns={"not_a_face": "NF"})
    frame.to_csv(path, index=False)
    assert read_votes(path, "Training").shape == (4, 10)


def test_a_face_on_which_nobody_voted_is_missing(tmp_path):
    path = table(tmp_path / "votes.csv", rows=1, member="a.png", anger=0, neutral=0)
    assert (read_votes(path, ["a.png"]) == MISSING).all()


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"member": "a.png", "anger": -1}, "0 or more"),
        ({"member": "a.png", "anger": 0.5}, "whole numbers"),
        ({"other": "a.png"}, "no column member"),
    ],
)
def test_what_is_no_table_of_votes_is_refused(tmp_path, columns, why):
    with pytest.raises(UserError, match=why):
        read_votes(table(tmp_path / "votes.csv", **columns), ["a.png"])


def test_a_table_without_a_class_is_refused(tmp_path):
    path = tmp_path / "votes.csv"
    pd.DataFrame({"member": ["a.png"], "anger": [1]}).to_csv(path, index=False)
    with pytest.raises(UserError, match="no column disgust"):
        read_votes(path, ["a.png"])
    with pytest.raises(UserError, match="no table of votes"):
        read_votes(tmp_path / "nowhere.csv", ["a.png"])
