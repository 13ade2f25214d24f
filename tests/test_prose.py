"""No result is typed by hand: prose gets its numbers from code."""

import json
import re
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[1] / "book"
CODE = re.compile(
    r"```.*?```|~~~.*?~~~|\$\$.*?\$\$|`[^`]*`|\$[^$\n]+\$|\]\([^)]*\)|<[^>]*>", re.DOTALL
)
RESULT = re.compile(r"\d[\d,.]*\s*(?:%|per\s?cent\b)|\d[\d,]*\.\d+")
ALLOWED = {
    "60 %",  # the recall of the original's claim
    "95 %",  # the level of every interval
    "0.92",  # the correlation from which two images are called one photograph
}


def typed_results(text):
    """Decimals and per cents in the prose, without code, formulas and links."""
    prose = CODE.sub(" ", text)
    return [found[0] for found in RESULT.finditer(prose) if found[0] not in ALLOWED]


@pytest.mark.parametrize("page", sorted(BOOK.glob("*.ipynb")), ids=lambda page: page.stem)
def test_no_number_of_a_result_is_typed(page):
    cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert [number for text in prose for number in typed_results(text)] == []


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
