"""The hand-in edition: which cells go into it, and the sheets that Chromium makes of the book's."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from browsing import poppler, require, sheets_of
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell
from PIL import Image
from small import notebook

from fer_lib.report import handin, pages, pdf

BOOK = Path(__file__).parents[2] / "book"
QUESTIONS = sorted(BOOK.glob("[1-6]_*.ipynb"))
EMPTY = 0.55  # of a sheet's height, where the ink must reach further; a figure may not fit the rest


def test_only_tagged_cells_are_handed_in_without_code_and_links():
    page = notebook("secret()", "shown()")
    page.cells[-1].metadata["tags"] = ["answer", "hide-output", "hand-in"]
    text = "See [the data](audit.ipynb), [a paper](https://doi.org/1) and ![a face](face.png)."
    page.cells.append(new_markdown_cell(text, metadata={"tags": ["hand-in"]}))
    answer, prose = handin.handed_in(page).cells
    assert (answer.source, answer.metadata["tags"]) == ("shown()", ["answer", "remove-input"])
    assert prose.source == "See the data, [a paper](https://doi.org/1) and ![a face](face.png)."


def test_each_question_hands_in_its_title_its_answer_and_a_figure():
    for path in QUESTIONS:
        cells = handin.handed_in(pages.read(path)).cells
        assert [cell.id for cell in cells][:2] == ["title", "answer"]
        assert any("image/png" in output.get("data", {}) for output in outputs(cells)), path.stem


def outputs(cells):
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_the_contents_tell_the_pages_that_are_known():
    link = '<a class="nav-link" href="#{}">{}</a>'
    text = link.format("one", "First") + link.format("two", "<code>Second</code>")
    numbered = pdf.number_contents(text, {"one": 7, "elsewhere": 8})
    assert BeautifulSoup(numbered, "html.parser").text == "First7Second"


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> Path:
    require("chromium")
    require("pdftotext")
    folder = tmp_path_factory.mktemp("hand in")
    return handin.make_handin(BOOK, folder / "handin.pdf", "fer2013.zip", "Ada <Lovelace>")


@pytest.fixture(scope="module")
def sheets(printed) -> list[str]:
    return sheets_of(printed)


def letters(text: str) -> str:
    return re.sub(r"\W+", "", text)


def test_it_has_at_most_twelve_sheets_and_begins_with_title_author_and_data(sheets):
    assert len(sheets) <= 12
    for part in ("What a CNN sees in a face", "Ada <Lovelace>", "Data: fer2013.zip", "Contents"):
        assert part in sheets[0]


def test_the_contents_name_the_sheet_on_which_each_question_begins(sheets):
    contents = re.findall(r"^ *(\d\. \w+|References)\W*? (\d+)$", sheets[0], re.M)
    titles = [pages.read(path).cells[0].source.splitlines()[0][2:] for path in QUESTIONS]
    assert [title for title, _ in contents] == [*titles, "References"]
    for title, number in contents:
        begins = [n for n, sheet in enumerate(sheets, 1) if re.search(rf"^ *{title}$", sheet, re.M)]
        assert begins == [int(number)]


@pytest.mark.parametrize("path", QUESTIONS, ids=lambda path: path.stem)
def test_each_question_is_answered_on_one_sheet(sheets, path):
    answer = next(cell for cell in pages.read(path).cells if cell.id == "answer")
    (text,) = (letters(output["data"]["text/markdown"]) for output in answer.outputs)
    assert sum(text in letters(sheet) for sheet in sheets) == 1


def test_the_protocol_is_told_but_no_code_and_no_section_that_is_not_tagged(sheets):
    told, left = {letters(line) for sheet in sheets for line in sheet.splitlines()}, set()
    for path in QUESTIONS:
        tagged = {cell.id for cell in handin.handed_in(pages.read(path)).cells}
        for cell in pages.read(path).cells:
            if cell.cell_type == "code":
                left |= {letters(line) for line in cell.source.splitlines()}
            elif cell.id not in tagged:
                left |= {letters(heading) for heading in re.findall("^#.*", cell.source, re.M)}
    assert "Exercises" in left
    assert (told & left) - {""} == set()
    assert "Theprotocol" in told


def test_no_sheet_but_the_last_is_half_empty(printed, sheets, tmp_path):
    poppler("pdftoppm", "-r", "20", "-gray", "-png", printed, tmp_path / "sheet")
    for path in sorted(tmp_path.glob("*.png"))[:-1]:
        ink = (np.asarray(Image.open(path)) < 200).any(axis=1)
        ink[int(0.95 * len(ink)) :] = False  # its number
        assert ink.nonzero()[0].max() > EMPTY * len(ink), path.stem


def test_no_table_is_cut(sheets):
    """One sheet holds every word of the table."""
    words = [{*sheet.replace("\N{MINUS SIGN}", "-").split()} for sheet in sheets]
    tables = [
        table.get_text(" ").split()
        for path in QUESTIONS
        for output in outputs(handin.handed_in(pages.read(path)).cells)
        for table in BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser")(
            "table"
        )
    ]
    assert tables
    assert [table for table in tables if not any({*table} <= sheet for sheet in words)] == []


def test_no_figure_is_cut(printed, sheets):
    """A picture that is cut is drawn on both sheets."""
    rows = [line.split() for line in poppler("pdfimages", "-list", printed).splitlines()[2:]]
    drawn = {(row[0], row[10]) for row in rows if row[2] == "image"}  # sheet, object
    assert len(drawn) == len({picture for _, picture in drawn})
    numbers = [int(n) for n in re.findall(r"^ *Figure (\d+) ", "\n".join(sheets), re.M)]
    assert len(numbers) == len(drawn)
    assert all(b in (1, a + 1) for a, b in pairwise(numbers))  # each question begins anew
