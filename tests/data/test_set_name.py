"""A data set's name: its path, and the classes that it says to leave out."""

import pytest
import small

from fer_lib.data.set_name import data_for, with_classes
from fer_lib.errors import UserError
from fer_lib.loading import load_faces


def test_classes_are_left_out_of_what_lacks_others_already():
    less = with_classes("x.zip", drop=["Contempt"])
    assert less == "x.zip without contempt"
    assert with_classes(less, drop=["disgust", "contempt"]) == "x.zip without contempt and disgust"
    assert with_classes(less) == less


def test_a_path_may_have_the_word(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    name = small.csv(tmp_path / "faces without disgust.csv", 14).name
    for path in (str(tmp_path / name), f"~/{name}"):
        faces = load_faces(path)
        assert (faces.name, faces.train.counts.tolist()) == (name, [2] * 7)
        faces = load_faces(with_classes(path, drop=["fear"]))
        assert (faces.name, faces.train.counts[1:3].tolist()) == (f"{name} without fear", [2, 0])


def test_a_run_is_used_on_others_less_the_classes_that_it_was_fitted_without():
    fitted = "~/eight.zip without contempt"
    assert data_for(fitted, None, ()) == fitted
    assert data_for(fitted, "x.zip", ()) == "x.zip without contempt"
    assert data_for(fitted, "x.zip", ["sad"]) == "x.zip without sad"
    assert data_for(fitted, "embedded", ()) == "embedded"
    with pytest.raises(UserError, match="--drop without --data"):
        data_for(fitted, None, ["contempt"])


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x.csv", "~nobody-of-this-name/x without y"])
def test_a_home_that_is_none_is_told_of_faces_and_of_votes(tmp_path, name):
    data = str(small.csv(tmp_path / "fer2013.csv", 7))
    for given in ([name], [data, name]):
        with pytest.raises(UserError, match=r"nobody-of-this-name.*Give the whole path"):
            load_faces(*given)


def test_a_name_that_would_be_read_as_two_classes_is_refused():
    with pytest.raises(UserError, match="rename it"):
        with_classes("x.zip", drop=["Fear and disgust"])
