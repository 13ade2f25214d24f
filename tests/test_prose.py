"""A page asks, answers, shows and sets exercises; no result in it is typed by hand."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from fer_lib.report.downloads import first_picture

BOOK = Path(__file__).parents[1] / "book"
CODE = re.compile(
    r"```.*?```|~~~.*?~~~|\$\$.*?\$\$|`[^`]*`|\$[^$\n]+\$|\]\([^)]*\)|<[^>]*>", re.DOTALL
)
RESULT = re.compile(r"\d[\d,.]*\s*(?:%|per\s?cent\b)|\d[\d,]*\.\d+")
PAGES = pytest.mark.parametrize("page", sorted(BOOK.glob("*.ipynb")), ids=lambda page: page.stem)
ALLOWED = {
    "60 %",  # the recall of the original's claim
    "95 %",  # the level of every interval
    "0.92",  # the correlation from which two images are called one photograph
    "7 %",  # the highest fine of the AI Act, of a company's turnover
}


def typed_results(text):
    """Decimals and per cents in the prose, without code, formulas and links."""
    prose = CODE.sub(" ", text)
    return [found[0] for found in RESULT.finditer(prose) if found[0] not in ALLOWED]


@PAGES
def test_no_number_of_a_result_is_typed(page):
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert [number for text in prose for number in typed_results(text)] == []


@pytest.mark.parametrize("page", sorted(BOOK.glob("*.md")), ids=lambda page: page.stem)
def test_no_number_is_typed_on_a_page_without_code(page):
    assert typed_results(page.read_text(encoding="utf-8")) == []


def test_the_front_page_has_a_card_with_a_picture_for_each_notebook_of_answers():
    front = (BOOK / "index.md").read_text(encoding="utf-8")
    cards = re.findall(r"^:link: (\w+)$.*?^```{from-page} (\w+)\.ipynb", front, re.M | re.S)
    questions = [page.stem for page in sorted(BOOK.glob("[1-9]_*.ipynb"))]
    assert cards == [(page, page) for page in [*questions, "fer2013", "trust", "people"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is right on 71.3 % of the faces.", ["71.3 %"]),
        ("A gap of 0.25 nats, or 8%.", ["0.25", "8%"]),
        ("Half of 1,024.5, and 5 per cent.", ["1,024.5", "5 per cent"]),
        ("Below 60 % recall, see `LeakyReLU(0.05)` and $p < 0.05$, [v1](x-1.2.md).", []),
        ("Three blocks of 512×12×12. 48 pixels.", []),
    ],
)
def test_the_search_finds_results_and_spares_code(text, found):
    assert typed_results(text) == found


def cells_of(page):
    """Kind, tags, text and metadata of each cell."""
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
        tags = cell["metadata"].get("tags", [])
        yield cell["cell_type"], tags, "".join(cell["source"]), cell


@PAGES
def test_a_page_opens_with_a_question_and_its_answer(page):
    cells = list(cells_of(page))
    title, question = cells[0][2].split("\n\n")[:2]
    assert title.startswith("# ")
    assert "?" in question
    answers = [at for at, (_, tags, *_) in enumerate(cells) if "answer" in tags]
    headings = [at for at, (_, _, text, _) in enumerate(cells) if text.startswith("## ")]
    assert len(answers) == 1
    assert answers[0] < headings[0]


@PAGES
def test_a_page_sets_exercises(page):
    last = [text for kind, _, text, _ in cells_of(page) if kind == "markdown"][-1]
    assert last.startswith("## Exercises")
    assert len(re.findall(r"^\d\. ", last, re.M)) in (2, 3)


@PAGES
def test_a_page_s_figures_are_described(page):
    for _, _, _, cell in cells_of(page):
        drawn = any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        assert not drawn or cell["metadata"]["mystnb"]["image"]["alt"], cell["id"]


def test_the_readme_shows_the_figure_that_the_book_shows():
    """`fer-lib refresh` writes it."""
    (shown,) = re.findall(r"!\[[^]]{80,}\]\((\S+)\)", (BOOK.parent / "README.md").read_text())
    picture, _ = first_picture(BOOK / "trust.ipynb", "graded-faces")
    assert (BOOK.parent / shown).read_bytes() == picture


def test_the_readme_s_numbers_are_the_stored_ones():
    measured = json.loads((BOOK / "results" / "installed_fer2013.json").read_text())["networks"]
    readme = (BOOK.parent / "README.md").read_text(encoding="utf-8")
    (sentence,) = re.findall(r"^One comes with the library, `compact`.*$", readme, re.M)
    theirs = next(name for name in measured if name.startswith("fer "))
    shares = []
    for name in ("compact", theirs):
        matrix = np.array(measured[name]["matrix"])
        shares.append(f"{100 * matrix.trace() / matrix.sum():.1f} %")
    assert re.findall(r"[\d.]+ %", sentence) == shares
    ours, others = measured["compact"], measured[theirs]
    assert f"{ours['milliseconds'] / others['milliseconds']:.0f} times as fast" in sentence
    assert f"a {ours['megabytes'] / others['megabytes']:.0f}th of the size" in sentence
