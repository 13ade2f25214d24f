"""The runner on a small book of its own, with the real papermill and the real jupyter-book."""

import hashlib

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from fer_lib import report
from fer_lib.errors import ReportError

CONFIG = """
title: A small book
author: Nobody
only_build_toc_files: true
execute: {execute_notebooks: "off"}
"""


def write_notebook(path, title, *code):
    cells = [
        new_markdown_cell(f"# {title}", id="title"),
        new_code_cell("seed = 0", id="parameters", metadata={"tags": ["parameters"]}),
        *(new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(code)),
    ]
    nbformat.write(new_notebook(cells=cells), path)


@pytest.fixture
def small(tmp_path, monkeypatch, small_csv):
    """A book of an index and two notebooks, one of which needs a run; `build()` builds it."""
    source = tmp_path / "source" / "book"
    source.mkdir(parents=True)
    (source.parent / "_config.yml").write_text(CONFIG)
    toc = "format: jb-book\nroot: index\nchapters:\n- file: first\n- file: second\n"
    (source / "_toc.yml").write_text(toc)
    (source / "index.md").write_text("# The front page\n\nHello.\n")
    write_notebook(source / "first.ipynb", "First", "print('seed', seed)")
    write_notebook(
        source / "second.ipynb", "Second", "Recipe = dict\nRecipe(model='shallow')\n1 + 1"
    )
    data = small_csv(28)
    said = []
    monkeypatch.setattr(report, "SOURCE", source)
    monkeypatch.setattr(report, "CONFIG", source.parent / "_config.yml")
    monkeypatch.setattr(report, "say", said.append)

    class Small:
        folder = source
        out = tmp_path / "out"

        def build(self, **options):
            said.clear()
            options = {"data": str(data), "epochs": 1, "runs": tmp_path / "runs"} | options
            index = report.build(self.out, **options)
            return index, [line.split()[0] for line in said if "up to date" not in line]

    return Small()


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_only_what_is_stale_is_done_again(small, monkeypatch):
    before = digest(small.folder)
    index, done = small.build()
    assert index == small.out / "html" / "index.html"
    assert "Hello." in index.read_text()
    assert "seed 0" in (small.out / "html" / "first.html").read_text()
    assert done == ["shallow", "first", "second", "html"]
    assert digest(small.folder) == before  # the working tree stays as it was

    html = digest(small.out / "html")
    _, done = small.build()
    assert done == ["shallow"]  # looked up, not trained
    assert digest(small.out / "html") == html

    write_notebook(small.folder / "first.ipynb", "First", "print('changed', seed)")
    _, done = small.build()
    assert done == ["shallow", "first", "html"]
    assert "changed 0" in (small.out / "html" / "first.html").read_text()

    (small.folder / "index.md").write_text("# The front page\n\nHello again.\n")
    _, done = small.build()
    assert done == ["shallow", "html"]

    _, done = small.build(seed=1)  # another run, and a parameter of both pages
    assert done == ["shallow", "first", "second", "html"]
    assert "changed 1" in (small.out / "html" / "first.html").read_text()

    monkeypatch.setattr(report, "_train", lambda *_: "weights that were trained again")
    _, done = small.build(seed=1)  # only the second page opens the run
    assert done == ["second", "html"]


def test_a_failure_keeps_the_last_good_book(small, monkeypatch):
    index, _ = small.build()
    html = digest(small.out / "html")
    write_notebook(small.folder / "first.ipynb", "First", "1 / 0")
    with pytest.raises(ReportError, match=r"first\.ipynb: cell 'cell-0' raised ZeroDivision"):
        small.build()
    assert digest(small.out / "html") == html
    write_notebook(small.folder / "first.ipynb", "First", "print('mended')")
    (small.folder / "index.md").write_text("# Front\n\nA [dead link](nowhere.md).\n")
    with pytest.raises(ReportError, match=r"jupyter-book: .*nowhere"):
        small.build()
    assert digest(small.out / "html") == html
    assert index.exists()


def test_the_author_and_a_page_that_left_the_book(small):
    (small.out / "book").mkdir(parents=True)
    (small.out / ".lock").touch()
    write_notebook(small.out / "book" / "old.ipynb", "Gone")
    index, _ = small.build(author="Ada Lovelace")
    assert "Ada Lovelace" in index.read_text()
    assert not (small.out / "html" / "old.html").exists()
