import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small import read_csv

from fer_lib.data.archives import opened
from fer_lib.data.tables import read_table
from fer_lib.errors import UserError

BLANK = " ".join(["0"] * 2304)


@pytest.fixture
def read(tmp_path):
    return lambda text: read_csv(tmp_path, text, read_table)


def row(image):
    return " ".join(map(str, image.ravel()))


@settings(deadline=None, max_examples=30)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(48), st.just(48))),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(["", '"']),
    st.sampled_from(["emotion,pixels,Usage", "emotion, Usage, pixels", "label,feature", "pixels"]),
    st.booleans(),
)
def test_reads_back_what_was_written(tmp_path_factory, images, end, bom, quote, header, closed):
    """In every dialect: Windows' line ends and mark, quotes, leading blanks, an open last line."""
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    values = [
        {"pixels": row(image), "feature": row(image), "Usage": "PublicTest", "emotion": "3"}
        | {"label": "3"}
        for image in images
    ]
    names = [name.strip() for name in header.split(",")]
    lines = [header, *(",".join(f"{quote}{v[name]}{quote}" for name in names) for v in values)]
    path.write_bytes((bom + end.join(lines) + end * closed).encode())
    with opened(path) as source:
        table = read_table(source, "f.csv")
    np.testing.assert_array_equal(table.images, images)
    assert table.images.dtype == np.uint8
    if "Usage" in names:
        assert table.usages == ["PublicTest"] * len(images)
    if header != "pixels":
        assert table.labels == ["3"] * len(images)


@pytest.mark.parametrize("blank", ["  ", "\t", " \t"])
def test_spaces_between_and_around_pixels_are_no_matter(read, blank):
    assert read("pixels\n " + BLANK.replace(" ", blank) + " \n").images.shape == (1, 48, 48)


def test_names_are_found_in_any_order_and_case_and_other_columns_are_left_alone(read):
    table = read(f",EMOTION,source,Pixels\n17,6,web,{BLANK}\n")
    assert table.labels == ["6"]
    assert table.ids == []
    assert table.notes == ("columns left alone in faces.csv: source",)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_column_a_pixel_in_each_separator(read, separator):
    image = np.random.default_rng(0).integers(0, 256, 2304)
    header = separator.join(["label", *(f"pixel{i}" for i in range(2304))])
    table = read(f"{header}\n{separator.join(map(str, [2, *image]))}\n")
    np.testing.assert_array_equal(table.images.ravel(), image)
    assert table.labels == ["2"]


def test_labels_by_name_and_usages_by_another_word(read):
    table = read(f"emotion,Usage,pixels\nHappy,train,{BLANK}\nsadness,Test,{BLANK}\n")
    assert table.labels == ["happy", "sadness"]
    assert table.usages == ["train", "Test"]


def test_numbers_of_pandas_are_whole_numbers(read):
    """And the first line of each is known."""
    table = read(f"emotion,pixels\n3.0,{BLANK}\n0.5,{BLANK}\n3,{BLANK}\n")
    assert table.labels == ["3", "0.5", "3"]
    assert [at[-6:] for at in (table.first_at["3"], table.first_at["0.5"])] == ["line 2", "line 3"]


def test_what_other_columns_say_beside_each_label_is_kept(read):
    """Unless they say two things."""
    table = read(f"emotion,name,web,pixels\n3,Happy,a,{BLANK}\n4,sad,b,{BLANK}\n3,happy,c,{BLANK}")
    assert table.words == {"name": {"3": "happy", "4": "sad"}, "web": {}}
    assert table.first_at["4"].endswith("line 3")


def test_fractions_from_0_to_1_are_scaled_with_a_note(read):
    levels = np.arange(2304) % 256
    text = " ".join(f"{level / 255:.6g}" for level in levels)
    table = read(f"pixels\n{BLANK}\n{text}\n")
    np.testing.assert_array_equal(table.images[1].ravel(), levels)
    assert not table.images[0].any()
    assert table.notes == ("pixels from 0.0 to 1.0 scaled to 0 to 255",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("emotion,pixels\n", "a header and no row"),
        ("emotion,pixels\n\n \n", "a header and no row"),
        (f"emotion,pixels,Usage\n0,{BLANK},Faces\n", "line 2: usage 'Faces'; allowed are Training"),
        (f"emotion,pixels\n0,{BLANK}\n0,{BLANK[:-4]}\n", "line 3: 2302 pixels; 2304"),
        (f"emotion,pixels\n0,{BLANK} 0\n", "line 2: 2305 pixels"),
        (f"emotion,pixels\n0,{BLANK}\n0,{BLANK} 0\n0,{BLANK[2:]}\n", "line 3: 2305 pixels"),
        ("emotion,pixels\n0,\n", "line 2: 0 pixels"),
        (f"emotion,pixels\n0,{BLANK[:-4]}\n", "line 2: 2302 pixels"),
        (f"emotion,pixels\n0,0\t{BLANK[4:]}\n", "line 2: 2303 pixels"),
        (f"emotion,pixels\n0,0  {BLANK[4:]}\n", "line 2: 2303 pixels"),
        (f"emotion,pixels\n0,256 {BLANK[2:]}\n", "line 2: pixel 0 is '256'; whole numbers 0 to"),
        (f"emotion,pixels\n0,{2**64 + 5} {BLANK[2:]}\n", "pixel 0 is '18446744073709551621'"),
        (f"emotion,pixels\n0,{2**16 + 5} {BLANK[2:]}\n", "pixel 0 is '65541'"),
        (f"emotion,pixels\n0,-1 {BLANK[2:]}\n", "pixel 0 is '-1'"),
        (f"emotion,pixels\n0,{BLANK[:-1]}x\n", "pixel 2303 is 'x'"),
        (f"emotion,pixels\n0,1.5 {BLANK[2:]}\n", "pixel 0 is '1.5'"),
        (f"emotion,pixels\n0,٣ {BLANK[2:]}\n", "pixel 0 is"),
        (f"pixels\n0.5 {BLANK[2:]}\n7 {BLANK[2:]}\n", "line 2: fractions, and whole numbers in"),
        (f"pixels\n0.5 7 {BLANK[4:]}\n", "line 2: 7 beside fractions"),
        (f"pixels\nnan {BLANK[2:]}\n", "pixel 0 is 'nan'"),
        (f"emotion,pixels,Usage\n0,{BLANK},Training\n0,0 0", "line 3: 2 columns; the header has 3"),
        (f"emotion,pixels\n0,{BLANK}\n0,{BLANK[:99]}", "line 3: 50 pixels"),
        (f"emotion,pixels,type\n0,{BLANK},train\n0,{BLANK},test\n0,{BLANK},\n", "'type' tells"),
        ("emotion,pixels\n0," + "0 " * 70000, "line 2: longer than 131,072 bytes"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_in_one_line(read, text, said):
    with pytest.raises(UserError, match=re.escape(said)) as error:
        read(text)
    assert "\n" not in str(error.value)
    assert "faces.csv" in str(error.value)
