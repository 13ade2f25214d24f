"""The built book in a real browser, as a reader has it: from disk, offline, wide and narrow.

Each page is visited once; the tests then look at what was seen.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from browsing import AXE, require, sheets_of
from playwright.sync_api import Browser, Page

from fer_lib.errors import ReportError
from fer_lib.report.pdf import make_pdf
from fer_lib.report.render import jupyter_book

ROOT = Path(__file__).parents[1]

require("chromium")

# every page that the table of contents names
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "book" / "_toc.yml").read_text())


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy of the book, in a folder whose name must not matter."""
    folder = tmp_path_factory.mktemp("a book, é")
    shutil.copytree(ROOT / "book", folder / "book")
    shutil.copy(ROOT / "_config.yml", folder)
    return folder / "book"


@pytest.fixture(scope="module")
def book(sources) -> Path:
    return jupyter_book(sources, sources.parent / "built")


@dataclass
class Visit:
    """What a reader and his browser met on one page."""

    path: Path
    requests: list[str] = field(default_factory=list)  # beyond the disk
    complaints: list[str] = field(default_factory=list)  # on the console
    text: str = ""
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    images: list[dict] = field(default_factory=list)
    formulas: int = 0
    rendered: int = 0
    violations: dict[str, list[str]] = field(default_factory=dict)
    clipped: list[str] = field(default_factory=list)  # tables wider than the text; not folded ones
    overflow: int = 0  # pixels beyond a screen of 390
    cut: list[str] = field(default_factory=list)  # what sticks out of a sheet of A4


SEEN = """() => ({
    text: document.body.innerText,
    ids: [...document.querySelectorAll('[id]')].map(e => e.id),
    links: [...document.querySelectorAll('a[href]')].map(e => e.href),
    images: [...document.querySelectorAll('img')].map(
        e => ({src: e.src, alt: e.alt, width: e.naturalWidth, shown: e.clientWidth})),
    formulas: document.querySelectorAll('.math').length,
    clipped: [...document.querySelectorAll('table')]
        .filter(t => !t.closest('details') && t.offsetWidth > t.parentElement.clientWidth)
        .map(t => t.innerText.slice(0, 60)),
    rendered: document.querySelectorAll('.math mjx-container svg').length
        - document.querySelectorAll('[data-mjx-error]').length,
})"""
SERIOUS = """async rules => {
    const all = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};
    return (await axe.run({preload: false, ...all})).violations
        .filter(v => ['serious', 'critical'].includes(v.impact))
        .map(v => `${v.id}: ${v.nodes.map(n => n.html).slice(0, 3).join(' | ')}`)
}"""
PAPER = 658  # points of the browser: 210 mm less two margins of 18
CUT = """() => [...document.querySelectorAll('.bd-article :is(table, pre, img, mjx-container)')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 80))"""
# every rule in light; in dark and on a narrow screen, those whose verdict can change
VIEWS = {
    "light": [],
    "dark": ["color-contrast", "link-in-text-block"],
    "narrow": ["scrollable-region-focusable", "target-size"],
}


def visit(browser: Browser, path: Path) -> Visit:
    """Open the page, look at it in both themes, then make the window narrow."""
    seen = Visit(path)
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.on("request", lambda request: note_request(seen, request.url))
    page.on("requestfailed", lambda request: seen.complaints.append(f"missing {request.url}"))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and seen.complaints.append(said.text))
    page.goto(path.as_uri())
    wait_for_math(page)
    for name, value in page.evaluate(SEEN).items():
        setattr(seen, name, set(value) if name == "ids" else value)
    complaints = list(seen.complaints)  # what axe says to the console is not the page's
    page.add_script_tag(path=str(AXE))
    page.add_style_tag(content="* { transition: none !important }")  # colours half-way are no fault
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")
        seen.violations[theme] = page.evaluate(SERIOUS, VIEWS[theme])
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(700)  # the theme answers a change of width after half a second
    seen.violations["narrow"] = page.evaluate(SERIOUS, VIEWS["narrow"])
    seen.overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.emulate_media(media="print", color_scheme="light")
    page.set_viewport_size({"width": PAPER, "height": 900})
    seen.cut = page.evaluate(CUT)
    seen.complaints = complaints
    page.close()
    return seen


def note_request(seen: Visit, url: str) -> None:
    if urlsplit(url).scheme not in ("file", "data", "blob"):
        seen.requests.append(url)


def wait_for_math(page: Page) -> None:
    page.wait_for_load_state("load")
    page.evaluate("window.MathJax?.startup?.promise")


@pytest.fixture(scope="module")
def visits(book, browser) -> list[Visit]:
    return [visit(browser, book / f"{name}.html") for name in PAGES]


def faults(visits: list[Visit], of) -> dict[str, list]:
    """Pages with something to blame them for, and what."""
    return {f"{seen.path.parent.name}/{seen.path.stem}": it for seen in visits if (it := of(seen))}


def test_no_page_asks_the_network_for_anything(visits):
    assert faults(visits, lambda seen: seen.requests) == {}


def test_nothing_is_missing_and_no_script_fails(visits):
    assert faults(visits, lambda seen: seen.complaints) == {}


def test_every_picture_is_shown_and_described(visits):
    assert any(seen.images for seen in visits)
    broken = faults(visits, lambda seen: [i for i in seen.images if not i["width"]])
    mute = faults(visits, lambda seen: [i["src"] for i in seen.images if len(i["alt"]) < 15])
    assert (broken, mute) == ({}, {})


def test_no_page_shows_a_traceback_or_what_is_meant_for_python(visits):
    said = r"Traceback \(most recent|\b\w+Error: |Warning: |<Figure size|<IPython|0x[0-9a-f]{8}"
    signs = re.compile(said)
    notebooks = [seen for seen in visits if (ROOT / f"book/{seen.path.stem}.ipynb").exists()]
    assert faults(notebooks, lambda seen: signs.findall(seen.text)) == {}


def test_links_lead_somewhere(visits, book):
    ids = {seen.path.resolve(): seen.ids for seen in visits}

    def dead(seen: Visit) -> list[str]:
        missing = []
        for link in seen.links:
            url, fragment = urldefrag(link)
            if urlsplit(url).scheme == "file":
                target = Path(unquote(urlsplit(url).path)).resolve()
                known = ids.get(target)
                if not target.is_file() or (fragment and known and unquote(fragment) not in known):
                    missing.append(link)
        return missing

    assert faults(visits, dead) == {}


def test_formulas_are_drawn(visits):
    assert any(seen.formulas for seen in visits)
    assert faults(visits, lambda seen: seen.formulas - seen.rendered) == {}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(visits, view):
    assert faults(visits, lambda seen: seen.violations[view]) == {}


def test_tables_are_whole_on_a_wide_screen(visits):
    assert faults(visits, lambda seen: seen.clipped) == {}


def test_a_narrow_screen_does_not_scroll_sideways(visits):
    assert faults(visits, lambda seen: max(0, seen.overflow)) == {}


def test_nothing_is_cut_on_paper(visits):
    assert faults(visits, lambda seen: seen.cut) == {}


def test_figures_have_two_pixels_a_point_of_the_page(visits):
    """Sharp on a dense screen, and their type of one size."""
    figures = [(i["shown"], i["width"]) for seen in visits for i in seen.images]
    assert [f for f in figures if 2 * f[0] > f[1] + 2] == []


def test_each_page_numbers_its_figures(visits):
    numbers = [[int(n) for n in re.findall(r"^Figure (\d+) ", v.text, re.M)] for v in visits]
    assert sum(map(len, numbers)) > 20
    assert all(of_page == list(range(1, len(of_page) + 1)) for of_page in numbers)


def test_notebooks_and_their_tables_are_offered_for_download(visits):
    notebooks = [seen for seen in visits if (ROOT / f"book/{seen.path.stem}.ipynb").exists()]
    for ending in ("_sources/{}.ipynb", ".csv"):
        without = [
            seen.path.stem
            for seen in notebooks
            if not any(link.endswith(ending.format(seen.path.stem)) for link in seen.links)
        ]
        assert without == []


def test_search_works_from_disk(browser, book):
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: message.type == "error" and said.append(message.text))
    page.goto((book / "search.html").as_uri() + "?q=saliency")
    page.wait_for_selector("#search-results li a", timeout=10_000)
    titles = page.locator("#search-results li a").all_inner_texts()
    page.close()
    assert any("Saliency" in title for title in titles), titles
    assert said == []


def test_the_keyboard_comes_to_the_text_first(browser, book):
    page = browser.new_page()
    page.goto((book / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert "Skip to main content" in page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")
    page.close()


def test_one_search_field_and_no_dead_launch_button(browser, book):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((book / "3_confusion.html").as_uri())
    assert page.locator(".search-button-field:visible, input[type=search]:visible").count() == 1
    assert not re.search("mybinder|colab|executablebooks", page.content())
    page.close()


def test_a_public_address_brings_launch_buttons(sources, tmp_path):
    """The one line that _config.yml names: one page is enough to see it."""
    shutil.copy(sources / "limits.md", tmp_path / "index.md")
    shutil.copy(sources / "3_confusion.ipynb", tmp_path)
    shutil.copy(sources / "references.bib", tmp_path)
    (tmp_path / "index.md").write_text("# A page\n")
    (tmp_path / "_toc.yml").write_text(
        "{format: jb-book, root: index, chapters: [{file: 3_confusion}]}"
    )
    config = (ROOT / "_config.yml").read_text()
    address = 'url: "https://github.com/someone/fer-report"'
    (tmp_path / "_config.yml").write_text(config.replace('url: ""', address))
    with contextlib.suppress(ReportError):  # the page's links lead to pages that are not here
        jupyter_book(tmp_path, tmp_path / "built")
    page = (tmp_path / "built/_build/html/3_confusion.html").read_text()
    assert "https://colab.research.google.com/github/someone/fer-report/blob/main/book/" in page
    assert "https://mybinder.org/v2/gh/someone/fer-report/main" in page


def test_the_whole_book_fits_on_a_small_stick(book):
    # without the network that a page loads only when it is asked to
    files = [p for p in book.rglob("*") if p.is_file() and p.name != "compact.js"]
    assert sum(path.stat().st_size for path in files) <= 22e6


@pytest.fixture(scope="module")
def pdf(sources) -> list[str]:
    """The text of each page of the printed book."""
    require("pdftotext")
    return sheets_of(make_pdf(sources, sources.parent / "book.pdf", author="Ada <Lovelace>"))


def test_the_pdf_has_a_title_page(pdf):
    assert "What a CNN sees in a face" in pdf[0]
    assert "Ada <Lovelace>" in pdf[0]
    assert re.search(r"\d{1,2} \w+ 20\d\d", pdf[0])
    assert "embedded faces" in pdf[0]


def test_the_pdf_holds_every_page_of_the_book(pdf, visits):
    starts = "\n".join(page.lstrip()[:200] for page in pdf)
    for seen in visits:
        if seen.path.parent.name != "api" and seen.path.stem != "index":
            title = re.search(r"^(?:\d\. )?[^\n]+", seen.text.split("Contents\n")[-1])
            assert title is not None
    for heading in ("Architecture", "Confusion", "Saliency", "Limits", "References"):
        assert heading in starts


def test_the_contents_of_the_pdf_name_the_page_of_each_chapter_but_the_library(pdf):
    contents = re.findall(r"^ *(\S.*?) {3,}(\d+)$", pdf[0], re.M)
    assert [title for title, _ in contents][-3:] == ["Reproduce", "Limits", "References"]
    for title, number in contents:
        assert pdf[int(number) - 1].lstrip().startswith(title)
    assert not any(re.search(r"^ *The library$", page, re.M) for page in pdf)


def test_no_page_of_the_pdf_is_blank(pdf):
    thin = [n for n, page in enumerate(pdf, start=1) if len(page.split()) < 4]
    assert thin == []


def test_the_pdf_numbers_its_figures_and_draws_its_formulas(pdf):
    text = "\n".join(pdf)
    numbers = [int(n) for n in re.findall(r"Figure (\d+) ", text)]
    assert len(numbers) > 20
    assert all(b in (1, a + 1) for a, b in pairwise(numbers))  # each page begins anew
    assert not re.search(r"\\(frac|left|begin)\b", text)


def test_jupyterlab_opens_a_notebook_and_runs_it(browser, tmp_path):
    """The page on convolutions needs no training, so it runs in seconds."""
    shutil.copy(ROOT / "book" / "6_convolution.ipynb", tmp_path)
    with jupyterlab(tmp_path) as address:
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}/lab/tree/6_convolution.ipynb?token=test")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady")
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.close()
    cells = json.loads((tmp_path / "6_convolution.ipynb").read_text())["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    assert not [o for cell in code for o in cell["outputs"] if o["output_type"] == "error"]


class jupyterlab:  # noqa: N801  (used as a `with` statement's function)
    """A JupyterLab server on a free port, gone at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> str:
        # not Jupyter's own port: a server of the user's, or of another test run, may hold it
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = f"""-m jupyterlab --no-browser --allow-root --ServerApp.port={port}
            --IdentityProvider.token=test --LabApp.expose_app_in_browser=True"""
        environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(self.folder / "runtime")}
        self.server = subprocess.Popen(
            [sys.executable, *command.split(), f"--ServerApp.root_dir={self.folder}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for line in self.server.stderr:
            if found := re.search(r"http://(?:localhost|127\.0\.0\.1):\d+", line):
                return found[0]
        raise AssertionError("JupyterLab did not start")

    def __exit__(self, *_) -> None:
        self.server.terminate()
        self.server.stderr.close()
        self.server.wait(30)
