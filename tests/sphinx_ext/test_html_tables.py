"""Tables that pandas wrote: mending moves names and signs, and loses no number."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from fer_lib.sphinx_ext import html_tables


def mended(frame: pd.DataFrame) -> tuple[str, list[list[str]]]:
    """The HTML, and for each row the cells that stand to the right."""
    text = html_tables.fix_html(
        f"<style scoped>.dataframe {{}}</style><p>-1</p>{frame.to_html(border=1)}"
    )
    rows = [row for row in text.split("</tr>") if "<t" in row]
    parts = [[part.split("<")[0] for part in row.split('class="number">')[1:]] for row in rows]
    return text, parts


def test_columns_of_numbers_stand_to_the_right_and_words_to_the_left():
    frame = pd.DataFrame(
        {"name": ["a", "b"], "share": ["8 %", "12.5 % (3 to 20 %)"], "n": [1, 2], "p": ["", "–"]},
        index=["x", "y"],
    )
    _, numbers = mended(frame)
    assert numbers[:3] == [["share", "n", "p"], ["8 %", "1", ""], ["12.5 % (3 to 20 %)", "2", "–"]]


@pytest.mark.parametrize("columns", [None, "measure"])
def test_the_index_s_name_moves_into_the_one_head_row(columns):
    frame = pd.DataFrame({"a": [1], "b": [2]}, pd.Index(["x"], name="method"))
    text, _ = mended(frame.rename_axis(columns=columns))
    rows = BeautifulSoup(text, "html.parser").find_all("tr")
    read = [row.get_text(" ", strip=True) for row in rows]
    assert read == ["method a b", "x 1 2"]


def test_a_minus_is_a_minus_and_a_hyphen_stays():
    text, _ = mended(pd.DataFrame({"a": [-1.5], "b": ["-2 (-3 to -1)"], "c": ["well-1-known"]}))
    assert ">\N{MINUS SIGN}1.5<" in text
    assert "\N{MINUS SIGN}2 (\N{MINUS SIGN}3 to \N{MINUS SIGN}1)" in text
    assert "well-1-known" in text
    assert "<p>-1</p>" in text


def test_a_table_with_spans_and_what_is_no_table_stay():
    spans = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_product([["a"], ["b", "c"]]))
    assert "number" not in html_tables.fix_html(spans.to_html(border=1))
    assert html_tables.fix_html("<p>1 - 2</p>") == "<p>1 - 2</p>"
