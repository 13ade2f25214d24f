"""The parts of the printed book that need no browser; the print itself is in test_book.py."""

import datetime

import pytest

from fer_lib.errors import UserError
from fer_lib.report import pdf

DAY = datetime.date(2026, 3, 1)


def test_the_title_page_names_title_author_day_and_data():
    page = pdf.title_page({"title": "T"}, "faces/fer2013.zip", "Ada", DAY)
    for part in ("<h1>T</h1>", "<p>Ada</p>", "<p>1 March 2026</p>", "<p>Data: fer2013.zip</p>"):
        assert part in page


def test_the_author_of_the_settings_is_taken_when_none_is_given():
    assert "<p>Bea</p>" in pdf.title_page({"title": "T", "author": "Bea"}, "embedded", None, DAY)
    assert "Bea" not in pdf.title_page({"title": "T", "author": "Bea"}, "embedded", "Ada", DAY)


def test_names_of_people_and_files_are_text_and_never_markup():
    page = pdf.title_page({"title": "a & b"}, "<script>x", '"<b>', DAY)
    assert "<script>" not in page
    assert "<b>" not in page
    assert "a &amp; b" in page


def test_settings_are_found_above_the_sources(tmp_path):
    (tmp_path / "_config.yml").write_text("title: Above\n")
    (tmp_path / "book").mkdir()
    assert pdf.settings(tmp_path / "book")["title"] == "Above"


def test_without_a_browser_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="apt install chromium"):
        pdf.make_pdf(tmp_path, tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()
