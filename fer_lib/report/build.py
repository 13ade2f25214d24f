"""The whole report: train what is missing, run the stale pages, render the book.

All but the runs is written to one folder; the working tree stays as it was. Killed at any point,
the last good book is still there, and the next call goes on from the steps that were finished.
"""

import json
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import papermill
import yaml

from fer_lib.data.faceset import EMBEDDED, EXPRESSIONS, FaceSet
from fer_lib.errors import UserError, printable, say
from fer_lib.files import digest, locked, sha256, swap_dir, write_text
from fer_lib.loading import load_or_train, training_faces
from fer_lib.networks import models as networks
from fer_lib.networks import own
from fer_lib.questions.maximisation import LastConv
from fer_lib.report import pages
from fer_lib.report.downloads import first_picture
from fer_lib.report.handin import make_handin
from fer_lib.report.pdf import find_browser, make_pdf, settings
from fer_lib.report.render import jupyter_book
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Run

# beside the library in a checkout, inside it where a wheel put it
PACKED = pages.LIBRARY / "_pages" / "book"
SOURCE = PACKED if PACKED.is_dir() else pages.LIBRARY.parent / "book"
CLAIM = ".report.json"  # in a report's folder: that it is ours, and on what data
MADE = ".made.txt"  # in its html: the files that the rendering made; others are the user's


@contextmanager
def timed(name: str) -> Generator[None]:
    """Say how many seconds it took."""
    start = time.perf_counter()
    yield
    say(f"{name:<16} {time.perf_counter() - start:6.1f} s")


def build(
    out: Path,
    data: str = EMBEDDED,
    epochs: int | None = None,
    seed: int = 0,
    runs: Path = Path("runs"),
    author: str | None = None,
    pdf: bool = False,
    handin: bool = False,
    votes: Path | None = None,
    model: str | None = None,
    run: Run | None = None,
) -> Path:
    """Build the report on `data` in the folder `out`; the path of its index.html.

    With `pdf` it is printed too, and with `handin` its hand-in edition is (or both); then it is
    the path of the last print.

    `model` takes the place of both networks on pages 1 to 5; so does the finished `run`, and then
    nothing is trained. `votes` are those of FER+, if they do not lie beside the data. The book is
    rendered again only when one of its files has changed. Raises UserError for a folder that holds
    anything else, or the report on other data.
    """
    if data != EMBEDDED:
        data = str(Path(data).expanduser().absolute())  # the pages run in another folder
    author = printable(author or "")
    votes = votes.expanduser().absolute() if votes else None
    faces = training_faces(data, votes)
    if pdf or handin:  # what is wrong is said before any page runs
        find_browser()
    choices = {"data": data, "epochs": epochs, "seed": seed, "runs": str(runs.resolve())}
    choices |= {"votes": str(votes) if votes else None, "classes": len(faces.classes)}
    if run:
        run.verify(faces)
        model = run.recipe.model
        choices["folder"] = str(run.path.resolve())
    if model:
        LastConv.of(networks.build(model, len(faces.classes)))
        choices["model"] = own.absolute(model)
    with _claimed(out, data) as book:
        _run_pages(book, choices, faces, run)
        made = _render(out, book, author)
        if pdf:
            made = make_pdf(book, out / "report.pdf", data, author)
        if handin:
            made = make_handin(book, out / "handin.pdf", data, author)
        return made


@contextmanager
def _claimed(out: Path, data: str) -> Generator[Path]:
    """Hold the report's folder, and say in it that it is ours; yields the folder of its pages."""
    _check_claim(out, data)
    with locked(out / ".lock"):
        _check_claim(out, data)  # another process may have been faster
        write_text(out / CLAIM, json.dumps({"report on": data}))
        book = out / "book"
        book.mkdir(exist_ok=True)
        yield book


def _run_pages(book: Path, choices: dict[str, Any], faces: FaceSet, run: Run | None) -> None:
    """Run the stale pages: those whose notebook, parameters, or what they open has changed."""
    notebooks = {path: pages.read(path) for path in pages.chapters(SOURCE)}
    if faces.classes != EXPRESSIONS:
        notebooks = {path: pages.without_seven(page) for path, page in notebooks.items()}
    names = sorted({name for page in notebooks.values() for name in pages.models(page)})
    trained = {name: _weights(name, choices, run) for name in names}
    common = {pages.library(), *(sha256(path) for path in (SOURCE / "results").glob("*"))}
    for path, notebook in notebooks.items():
        parameters = papermill.inspect_notebook(path)
        given = {k: v for k, v in choices.items() if k in parameters}
        # a page runs again for what it uses: not for a run that it does not open
        inputs = common | {trained[m] for m in pages.models(notebook)}
        if "data" in given:  # of the test split too, and of what was said when they were read
            inputs |= {split.fingerprint for split in faces.splits.values()} | {*faces.notes}
        inputs |= {faces.validation.votes_fingerprint} if "votes" in given else set()
        inputs |= {networks.identity(given["model"])} if "model" in given else set()
        make = partial(pages.execute, notebook, book / path.name, given, SOURCE)
        _renew(book / path.name, pages.fingerprint(notebook, given, inputs), make)


def refresh(runs: Path = Path("runs")) -> None:
    """Run every page on the embedded faces, in place: these outputs are the ones committed."""
    if SOURCE == PACKED:
        raise UserError("refresh renews the notebooks of a checkout; here is an installed library")
    for path in pages.chapters(SOURCE):
        notebook = pages.read(path)
        for model in pages.models(notebook):
            load_or_train(Recipe(model=model), runs)
        with timed(path.stem):
            pages.execute(notebook, path, {}, SOURCE)
    picture, _ = first_picture(SOURCE / "trust.ipynb", "graded-faces")
    assert picture is not None, "the drawn faces have a truth, so the cell draws"
    (SOURCE / "graded-faces.png").write_bytes(picture)  # the README's


def _check_claim(out: Path, data: str) -> None:
    """Raises UserError unless `out` is empty, or holds a report on this very data.

    A file of a name is no proof: only what says of itself that it is ours may be written over.
    """
    try:
        claimed = json.loads((out / CLAIM).read_text(encoding="utf-8"))["report on"]
    except FileNotFoundError:
        if out.is_dir() and {path.name for path in out.iterdir()} - {".lock"}:
            why = f"{out} holds other things than a report"
            raise UserError(f"{why}; give --out a new or empty folder") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise UserError(f"{out / CLAIM} is damaged; give --out a new or empty folder") from None
    else:
        if claimed != data:
            raise UserError(f"{out} holds the report on {claimed}; give --out another folder")


def _weights(name: str, choices: dict[str, Any], run: Run | None) -> str:
    """The hash of the weights of `run`, or else of the network `name`, trained if need be."""
    if run is None:
        model = choices.get("model", name)
        recipe = Recipe(choices["data"], model, choices["epochs"], choices["seed"])
        with timed(f"{model.rpartition(':')[2]} network"):
            run = load_or_train(recipe, choices["runs"])
    return sha256(run.path / "weights.safetensors")


def _stamp(target: Path) -> Path:
    """The file beside `target` that records from what we made it."""
    return target.with_name(f".{target.stem}.json")


def _renew(target: Path, fingerprint: str, make: Callable[[], object]) -> None:
    """Have `target` made, unless its stamp says that it was made from the same."""
    stamp = _stamp(target)
    if target.exists() and stamp.exists() and stamp.read_text(errors="replace") == fingerprint:
        say(f"{target.stem:<16}  up to date")
        return
    with timed(target.stem):
        make()
    write_text(stamp, fingerprint)


def _render(out: Path, book: Path, author: str | None) -> Path:
    """Copy the other sources beside the executed pages and let jupyter-book make the HTML."""
    pages_now = {path.name for path in pages.chapters(SOURCE)}
    for path in book.glob("*.ipynb"):
        if path.name not in pages_now and _stamp(path).exists():
            path.unlink()  # a page that left the book; a notebook without our stamp is not ours
    others = shutil.ignore_patterns("*.ipynb", ".ipynb_*")
    shutil.copytree(SOURCE, book, dirs_exist_ok=True, ignore=others)
    config = settings(SOURCE)
    if author:
        config["author"] = escape(author)  # the theme shows it as markup
    write_text(out / "_config.yml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    for stale in out.glob(".staged*"):
        shutil.rmtree(stale, ignore_errors=True)
    html = out / "html"

    def render() -> None:
        # a name of its own: the renderer of a report that was killed may still write to its
        with TemporaryDirectory(prefix=".staged-", dir=out, ignore_cleanup_errors=True) as staged:
            rendered = jupyter_book(book, Path(staged))
            _keep_others(html, rendered)
            swap_dir(rendered, html)

    files = [path for path in sorted(book.rglob("*")) if path.is_file()]
    hashes = [(path.name, sha256(path)) for path in [out / "_config.yml", *files]]
    # the API pages are made from all of the library
    _renew(html, digest([pages.library(), *hashes]), render)
    return html / "index.html"


def _keep_others(old: Path, new: Path) -> None:
    """Copy to the rendering `new` what somebody put among the files of the last one, `old`."""
    (new / MADE).touch()
    ours = {path.relative_to(new).as_posix() for path in new.rglob("*")}
    (new / MADE).write_text("\n".join(sorted(ours)), encoding="utf-8")
    if not (old / MADE).exists():
        return  # rendered before there was a list: nobody can tell
    ours |= {*(old / MADE).read_text(encoding="utf-8", errors="replace").splitlines()}
    for path in old.rglob("*"):
        name = path.relative_to(old).as_posix()
        if name not in ours and path.is_file():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, new / name)
