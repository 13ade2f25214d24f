"""The runner on a small book of its own, with the real papermill and the real jupyter-book."""

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import small
from PIL import Image
from small import notebook

from fer_lib.errors import ReportError, UserError
from fer_lib.report import build, pdf
from fer_lib.training.run import load


def rewrite(sources, code):
    """Another first page."""
    nbformat.write(notebook(code, title="First"), sources / "first.ipynb")


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """A book of an index and two notebooks, one of which needs a run; `build()` builds it."""
    source = small.book(tmp_path / "source", "print('seed', seed)", "1 + 1", models=["shallow"])
    data = small.csv(tmp_path / "fer2013.csv", 28)
    said = []
    monkeypatch.setattr(build, "SOURCE", source)
    monkeypatch.setattr(build, "say", said.append)

    class Small:
        folder = source
        out = tmp_path / "out"

        def build(self, **options):
            said.clear()
            options = {"data": str(data), "epochs": 1, "runs": tmp_path / "runs"} | options
            index = build.build(self.out, **options)
            return index, [line.split()[0] for line in said if "up to date" not in line]

    return Small()


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_only_what_is_stale_is_done_again(small_book, monkeypatch):
    before = digest(small_book.folder)
    index, done = small_book.build()
    assert index == small_book.out / "html" / "index.html"
    assert "Hello." in index.read_text()
    assert "seed 0" in (small_book.out / "html" / "first.html").read_text()
    assert done == ["shallow", "first", "second", "html"]
    assert digest(small_book.folder) == before  # the working tree stays as it was

    html = digest(small_book.out / "html")
    _, done = small_book.build()
    assert done == ["shallow"]  # looked up, not trained
    assert digest(small_book.out / "html") == html

    rewrite(small_book.folder, "print('changed', seed)")
    _, done = small_book.build()
    assert done == ["shallow", "first", "html"]
    assert "changed 0" in (small_book.out / "html" / "first.html").read_text()

    (small_book.folder / "index.md").write_text("# The front page\n\nHello again.\n")
    _, done = small_book.build()
    assert done == ["shallow", "html"]

    _, done = small_book.build(seed=1)  # another run, and a parameter of both pages
    assert done == ["shallow", "first", "second", "html"]
    assert "changed 1" in (small_book.out / "html" / "first.html").read_text()

    (small_book.out / "weights.safetensors").write_text("trained again")
    run = SimpleNamespace(path=small_book.out)
    monkeypatch.setattr(build, "load_or_train", lambda *_: run)
    _, done = small_book.build(seed=1)  # only the second page opens the run
    assert done == ["shallow", "second", "html"]


def test_a_page_that_takes_votes_runs_again_for_other_votes(small_book, tmp_path, monkeypatch):
    parameters = "data = None\nseed = 0\nvotes = None"
    voted = notebook("print('votes', votes)", title="First", parameters=parameters)
    nbformat.write(voted, small_book.folder / "first.ipynb")
    small_book.build()
    training_faces = build.training_faces

    def with_votes(data, votes):
        faces = training_faces(data)
        split = replace(faces.validation, votes=np.full((28, 10), float(votes.read_text())))
        return replace(faces, validation=split)

    monkeypatch.setattr(build, "training_faces", with_votes)
    (tmp_path / "votes.csv").write_text("1")
    _, done = small_book.build(votes=tmp_path / "votes.csv")
    assert done == ["shallow", "first", "html"]
    assert f"votes {tmp_path}" in (small_book.out / "html" / "first.html").read_text()
    (tmp_path / "votes.csv").write_text("2")
    _, done = small_book.build(votes=tmp_path / "votes.csv")
    assert "first" in done


def test_a_page_on_the_data_runs_again_for_another_test_split(small_book, tmp_path):
    audit = notebook("print(data)", title="Second", parameters="data = None")
    nbformat.write(audit, small_book.folder / "second.ipynb")
    small_book.build()
    rows = (tmp_path / "fer2013.csv").read_text().splitlines()
    more = rows[1].replace("Training", "PrivateTest")
    (tmp_path / "fer2013.csv").write_text("\n".join([*rows, more]) + "\n")
    _, done = small_book.build()
    assert "second" in done


def test_a_failure_keeps_the_last_good_book(small_book, monkeypatch):
    index, _ = small_book.build()
    html = digest(small_book.out / "html")
    rewrite(small_book.folder, "1 / 0")
    with pytest.raises(ReportError, match=r"first\.ipynb: cell 'cell-0' raised ZeroDivision"):
        small_book.build()
    assert digest(small_book.out / "html") == html
    rewrite(small_book.folder, "print('mended')")
    (small_book.folder / "index.md").write_text("# Front\n\nA [dead link](nowhere.md).\n")
    with pytest.raises(ReportError, match=r"jupyter-book: .*nowhere"):
        small_book.build()
    assert digest(small_book.out / "html") == html
    assert index.exists()


def test_the_author_and_a_page_that_left_the_book(small_book):
    """What we did not make stays: a notebook beside the pages, a file in the book."""
    index, _ = small_book.build(author="Ada Lovelace \udce9")
    assert r"Ada Lovelace \udce9" in index.read_text()
    for name in ("old", "mine"):
        nbformat.write(notebook(title="Gone"), small_book.out / "book" / f"{name}.ipynb")
    (small_book.out / "book" / ".old.json").write_text("our stamp")
    html = small_book.out / "html"
    for name in ("old.html", "notes.txt", "shots/1.png"):
        (html / name).parent.mkdir(exist_ok=True)
        (html / name).write_text("theirs")
    with (html / build.MADE).open("a") as made:
        made.write("\nold.html")  # as if we had rendered the page that left
    rewrite(small_book.folder, "2")
    small_book.build()
    assert (html / "notes.txt").read_text() == (html / "shots" / "1.png").read_text() == "theirs"
    assert not (html / "old.html").exists()
    assert not (small_book.out / "book" / "old.ipynb").exists()
    assert (small_book.out / "book" / "mine.ipynb").exists()
    assert not (html / "mine.html").exists()


def test_prints_are_made_of_the_executed_pages(small_book, monkeypatch):
    for name in ("make_pdf", "make_handin"):
        monkeypatch.setattr(build, name, lambda book, target, *given: (book, target, *given))
    book, target, data, author = small_book.build(pdf=True, author="Ada")[0]
    assert (book / "second.ipynb").is_file()
    assert (target, author) == (small_book.out / "report.pdf", "Ada")
    (_, target, again, _), _ = small_book.build(pdf=True, handin=True)
    assert (target, again) == (small_book.out / "handin.pdf", data)


def test_only_an_empty_folder_or_this_very_report_is_written_to(small_book, tmp_path):
    theirs = small_book.out
    (theirs / "book").mkdir(parents=True)
    for name in (".lock", "_config.yml", "book/mine.ipynb"):
        (theirs / name).write_text("mine")
    before = digest(theirs)
    with pytest.raises(UserError, match="holds other things than a report"):
        small_book.build()
    for damaged in ("", "[]", "{}", '"report on"'):
        (theirs / build.CLAIM).write_text(damaged)
        with pytest.raises(UserError, match="is damaged"):
            small_book.build()
    (theirs / build.CLAIM).write_text(json.dumps({"report on": "/other/fer2013.csv"}))
    with pytest.raises(UserError, match=r"holds the report on /other/fer2013\.csv"):
        small_book.build()
    (theirs / build.CLAIM).unlink()
    assert digest(theirs) == before


OWN = """
from torch import nn
class Own(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3, stride=4), nn.Flatten(), nn.Linear(576, 7))
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    return f"{tmp_path / 'own.py'}:Own"


def test_a_network_of_one_s_own_takes_the_place_of_both(small_book, monkeypatch, own, tmp_path):
    monkeypatch.setattr(build, "_render", lambda *_: None)
    path = small_book.folder / "second.ipynb"
    parameters = "model = 'shallow'\nfolder = None"
    second = notebook("print(model, folder)", parameters=parameters, models=["shallow"])
    nbformat.write(second, path)

    def said():
        page = nbformat.read(small_book.out / "book" / "second.ipynb", as_version=4)
        return page.cells[-1].outputs[0]["text"].strip()

    _, done = small_book.build(model=own)
    assert (done, said()) == (["Own", "first", "second"], f"{own} None")
    assert small_book.build(model=own)[1] == ["Own"]
    (tmp_path / "own.py").write_text(OWN.replace("stride=4", "stride=4, bias=False"))
    assert small_book.build(model=own)[1] == ["Own", "second"]  # another text, another page
    (run,) = (f for f in (tmp_path / "runs").glob("*-Own-*") if load_whole(f, own))
    monkeypatch.setattr(build, "load_or_train", lambda *_: pytest.fail("trained"))
    assert small_book.build(run=load(run, own))[1] == ["second"]
    assert said() == f"{own} {run}"


def load_whole(folder, own):
    try:
        return load(folder, own)
    except UserError:  # the run of the text before
        return None


def test_what_is_wrong_is_said_before_anything_is_made(small_book, own, tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(OWN.replace("nn.Conv2d(1, 4, 3, stride=4)", "nn.ReLU()"))
    with pytest.raises(UserError, match="fails on faces"):
        small_book.build(model=own)
    (tmp_path / "own.py").write_text(
        OWN.replace("nn.Conv2d(1, 4, 3, stride=4)", "nn.MaxPool2d(4)").replace("576", "144")
    )
    with pytest.raises(UserError, match="has no convolution"):
        small_book.build(model=own)
    monkeypatch.setattr(pdf, "find_chromium", lambda: None)
    with pytest.raises(UserError, match="no browser to print with"):
        small_book.build(pdf=True)
    assert not small_book.out.exists()


def test_a_report_on_other_classes_leaves_out_what_needs_fer2013_s(small_book, tmp_path):
    page = notebook("print('of seven')", "print(classes, 'classes')", parameters="classes = 7")
    page.cells[2].metadata["tags"] = ["seven"]
    nbformat.write(page, small_book.folder / "first.ipynb")
    noise = np.random.default_rng(0).integers(0, 256, (8, 48, 48), dtype=np.uint8)
    for i, image in enumerate(noise):
        (tmp_path / "eyes" / ("open", "shut")[i % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "eyes" / ("open", "shut")[i % 2] / f"{i}.png")
    index, _ = small_book.build(data=str(tmp_path / "eyes"))
    text = (index.parent / "first.html").read_text()
    assert ("of seven" in text, "2 classes" in text) == (False, True)
    assert "it needs FER2013" in text
