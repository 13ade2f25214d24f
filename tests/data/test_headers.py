"""First lines of tables; whole tables of each kind are in test_cases.py."""

import re

import pytest
from small import read_csv

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.headers import read_header
from fer_lib.errors import UserError

BLANK = " ".join(["0"] * 2304)


@pytest.fixture
def header(tmp_path):
    return lambda text: read_csv(tmp_path, text, read_header)


def test_columns_are_known_by_their_names(header):
    found = header(';"Emotion"; Pixels;split;Image;score\n')
    assert found.separator == ";"
    assert found.columns == {
        role: slice(i, i + 1) for i, role in enumerate(("label", "pixels", "usage", "id"), 1)
    }
    assert found.others == {"score": 5}


@pytest.mark.parametrize("quote", ["", '"'])
def test_an_image_may_be_a_name_or_pixels(header, quote):
    line = "label,image,filename\n3,{q}{}{q},1.png\n"
    assert header(line.format(BLANK, q=quote)).columns["pixels"] == slice(1, 2)
    with pytest.raises(UserError, match="two columns of id, the second is 'filename'"):
        header(line.format("2304/1.png", q=quote))
    for row in ("", "3,a\rb", "\0"):  # what is wrong in a row is not the header's
        assert header(f"image,label\n{row}").columns == {"id": slice(0, 1), "label": slice(1, 2)}


@pytest.mark.parametrize("name", ["pixel{}", "pixel_{}", "Pixel {}", "px{}", "{}"])
def test_a_column_a_pixel(header, name):
    names = [name.format(i) for i in range(2304)]
    assert header(",".join(["label", *names])).columns["pixels"] == slice(1, 2305)
    assert header(",".join(["label", *names])).others == {}
    names[3:5] = names[4:2:-1]
    with pytest.raises(
        UserError, match=r"order of their numbers; sort them so|a first line of pix"
    ):
        header(",".join(["label", *names]))


def test_a_separator_in_quotes_parts_no_name(header):
    found = header('pixels,"box (x,y)", "emotion",second_choice\n')
    assert found.columns["label"] == slice(2, 3)
    assert found.others == {"box (x,y)": 1, "second_choice": 3}


def test_a_line_of_excel_s_is_to_be_removed(header):
    with pytest.raises(UserError, match=r"a first line sep=; as Excel writes it; remove that line"):
        header("sep=;\nemotion;pixels;Usage\n")


def test_what_is_no_column_of_faces_is_described(header):
    assert header("a,b\n").described == "the columns a and b"
    assert header(",".join("abcdefghijk")).described.endswith("g, h and 3 more")
    assert "pandas" in header(",".join(["image", *EXPRESSIONS])).described
    assert "pandas" not in header(",".join(["image", *EXPRESSIONS[1:], "happiness"])).described


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("émotion,pixels\n".encode("latin-1"), "UTF-8"),
        (f"emotion,pixels\n0,{BLANK}\n".encode("utf-16"), "UTF-8"),
        ("emotion,label,pixels\n", "two columns of label"),
        (f"emotion,pixels\rangry,{BLANK}\r", r"lines that end in \r alone; save the csv once more"),
        (f"0,{BLANK},Training\n", "a first line of pixels, where the columns' names are needed"),
        (",".join(["3"] * 2305), "a first line of pixels, where"),
        (",".join(f"pixel{i}" for i in range(4096)), "4096 columns of pixels; 2304 (48 × 48) are"),
        ("<html>", "a web page"),
    ],
)
def test_what_is_no_header_is_refused(header, text, said):
    with pytest.raises(UserError, match=re.escape(said)) as error:
        header(text)
    assert "\n" not in str(error.value)
    assert "faces.csv: " in str(error.value)
