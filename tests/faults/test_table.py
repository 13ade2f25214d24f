"""The table of `make faults` that the book shows."""

from pathlib import Path

import pytest
from faultlog import COLUMNS, noting, table

STORED = Path(__file__).parents[2] / "book" / "results" / "faults.md"


def rows(text):
    """Row → its numbers, of a Markdown table."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {
        name: dict(zip(COLUMNS, (int(n.replace(",", "")) for n in numbers), strict=True))
        for name, *numbers in cells[2:]
    }


def test_the_stored_table_says_that_nothing_was_lost():
    found = rows(STORED.read_text(encoding="utf-8"))
    assert len(found) > 40
    for row in found.values():
        assert row["caused"] == row["survived"] > 0
        assert row["bytes lost"] == row["tracebacks"] == 0
        assert row["messages"] == row["naming the fix"]


def test_a_table_adds_up():
    text = table({"a": (1, 1, 0, 0, 1, 1), "b": (1500, 2, 3, 4, 5, 6)})
    assert rows(text)["**all**"] == dict(zip(COLUMNS, (1501, 3, 3, 4, 6, 7), strict=True))
    assert text.startswith("All went on after 3 of 1,501 faults. 3 bytes")
    assert "torch" in text.splitlines()[-1]


def test_a_fault_that_did_harm_fails_its_test():
    note = noting(lambda *_: None)
    for harm in (
        {"lost": 1},
        {"survived": False},
        {"said": "Traceback"},
        {"said": "x", "fix": "y"},
    ):
        with pytest.raises(AssertionError):
            note("a test of the tests", **harm)
