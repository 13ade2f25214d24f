"""What answers back on a page, driven in a real browser: from disk, offline, by mouse and keyboard.

Without Chromium they are left out, except where CI is set; tests/test_book.py looks at the pages
at rest.
"""

import contextlib
import itertools
import os
import re
import shutil
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, sync_playwright

from fer_lib.errors import ReportError
from fer_lib.networks import shapes
from fer_lib.report.exhibits import exhibit
from fer_lib.report.pdf import find_chromium
from fer_lib.report.render import jupyter_book

BOOK = Path(__file__).parents[1] / "book"
AXE = Path(axe_playwright_python.__path__[0]) / "axe.min.js"
EXHIBITS = {"convolution": "6_convolution"}

pytestmark = pytest.mark.skipif(
    find_chromium() is None and os.environ.get("CI") != "true",
    reason="no Chromium here (apt install chromium): the exhibits were not driven",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A book of the pages with exhibits alone."""
    folder = tmp_path_factory.mktemp("a book, é")
    (folder / "book").mkdir()
    for page in EXHIBITS.values():
        shutil.copy(BOOK / f"{page}.ipynb", folder / "book")
    shutil.copytree(BOOK / "_static", folder / "book/_static")
    shutil.copy(BOOK.parent / "_config.yml", folder)
    (folder / "book/references.bib").touch()
    (folder / "book/index.md").write_text("# A page\n")
    chapters = ", ".join(f"{{file: {page}}}" for page in EXHIBITS.values())
    toc = f"{{format: jb-book, root: index, chapters: [{chapters}]}}"
    (folder / "book/_toc.yml").write_text(toc)
    with contextlib.suppress(ReportError):  # links lead to pages that are not here
        jupyter_book(folder / "book", folder / "out")
    return folder / "out/_build/html"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_chromium())
        yield running
        running.close()


@pytest.fixture
def opened(built, browser):
    """Opens the page of an exhibit; the console must have stayed silent, the network unasked."""
    faults: list[str] = []
    pages: list[Page] = []

    def visit(name: str, width: int = 1280, **options) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, offline=True, **options)
        pages.append(page)
        page.on("request", lambda r: re.match("file:|data:", r.url) or faults.append(r.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        page.goto((built / f"{EXHIBITS[name]}.html").as_uri())
        return page

    yield visit
    for page in pages:
        page.close()
    assert faults == []


def status(page: Page) -> str:
    return page.locator(".exhibit .status").inner_text()


def sliders(page: Page, values) -> None:
    """Set the sliders, in their order, as a hand would leave them."""
    set_one = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    for slider, value in zip(
        page.locator(".exhibit input[type=range]").all(), values, strict=False
    ):
        slider.evaluate(set_one, value)


@pytest.mark.parametrize("name", EXHIBITS)
def test_without_javascript_there_is_the_picture(opened, name):
    page = opened(name, java_script_enabled=False)
    figure = page.locator("div.cell:has(script[data-exhibit]) figure")
    assert figure.locator("img").is_visible()
    assert page.locator(".exhibit").count() == 0


@pytest.mark.parametrize("name", EXHIBITS)
def test_on_paper_there_is_the_picture(opened, name):
    page = opened(name)
    picture, live = page.locator("figure.live img"), page.locator(".exhibit")
    assert (picture.is_visible(), live.is_visible()) == (False, True)
    page.emulate_media(media="print")
    assert (picture.is_visible(), live.is_visible()) == (True, False)


@pytest.mark.parametrize("name", EXHIBITS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_screen_and_axe_finds_nothing(opened, name, theme, width):
    page = opened(name, width, color_scheme=theme)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run('.exhibit', {preload: false})")
    assert [rule["id"] for rule in found["violations"]] == []


@pytest.mark.parametrize("name", EXHIBITS)
def test_it_is_no_larger_than_it_may_be(built, name):
    page = (built / f"{EXHIBITS[name]}.html").read_text(encoding="utf-8")
    (data,) = re.findall(r"<script [^>]*data-exhibit=.*?</script>", page, re.DOTALL)
    assert len(data.encode()) <= 600e3


def test_a_page_without_exhibit_loads_no_script_of_theirs(built):
    assert not re.search(r"exhibit\w*\.js", (built / "index.html").read_text())


def test_no_text_ends_the_script():
    html = exhibit("x", name="</script><b>").data
    assert html.count("<") == 2


def test_the_convolution_counts_as_the_library_does(opened):
    ranges = (1, 2, 5, 8, 13, 21, 32), range(1, 12), range(1, 9), range(6), range(1, 5)
    settings = list(itertools.product(*ranges))
    ours = """settings => settings.map(([size, kernel, stride, padding, dilation]) => {
        const setting = {size, kernel, stride, padding, dilation};
        const n = convolution.outputs(setting);
        return [n, n ? convolution.unread(setting) : []];
    })"""
    counted = opened("convolution").evaluate(ours, settings)
    refused = 0
    for setting, (n, unread) in zip(settings, counted, strict=True):
        try:
            expected = shapes.conv_output(*setting), shapes.unreached(*setting)
        except ValueError:
            expected, refused = (0, []), refused + 1
        assert (n, unread) == expected, setting
    assert 0 < refused < len(settings)


@pytest.mark.parametrize(
    "setting", [(13, 4, 3, 1, 1), (12, 3, 4, 0, 2), (32, 3, 1, 5, 1), (7, 1, 8, 0, 1)]
)
def test_the_convolution_shows_what_it_counts(opened, setting):
    page = opened("convolution")
    sliders(page, setting)
    n, missed = shapes.conv_output(*setting), shapes.unreached(*setting)
    last = shapes.windows(*setting)[-1]
    assert page.locator(".exhibit rect.window.fits, .exhibit rect.window.chosen").count() == n
    assert page.locator(".formula").last.get_attribute("aria-label").endswith(f" = {n}")
    assert f"No window reads {len(missed)} of" in status(page)
    width = setting[0] + 2 * setting[3]
    hatched = page.locator("path.unread").get_attribute("d").count("M")
    assert hatched == width**2 - (width - len(missed)) ** 2
    sliders(page, [*setting, n * n - 1])  # the last output
    assert f"columns {last[0]} to {last[-1]}" in status(page)


def test_the_convolution_refuses_in_words(opened):
    page = opened("convolution")
    sliders(page, (5, 4, 2, 1, 3))
    with pytest.raises(ValueError, match="at least 8"):
        shapes.conv_output(5, 4, 2, 1, 3)
    assert "there is no output" in status(page)
    assert "at least 8 wide" in status(page)
    assert page.locator(".exhibit rect.window").count() == 0


def test_the_convolution_answers_keys_and_pointer(opened):
    page = opened("convolution")
    before = status(page)
    page.get_by_label("stride").focus()
    page.keyboard.press("ArrowLeft")
    assert before != status(page)
    assert f"{shapes.conv_output(13, 4, 2, 1)} windows fit" in status(page)
    side = page.locator("svg.outputs").bounding_box()["width"]
    page.locator("svg.outputs").hover(position={"x": 0.55 * side, "y": 0.1 * side})
    assert "Output (0, 3)" in status(page)  # of 6 × 6
    page.get_by_label("output").focus()
    page.keyboard.press("ArrowRight")
    assert "Output (0, 4)" in status(page)
    page.locator("svg.pixels").hover(position={"x": 3, "y": 3})
    assert "Output (0, 0)" in status(page)


def test_the_convolution_answers_a_finger(opened):
    page = opened("convolution", 390, has_touch=True)
    page.locator("svg.outputs").tap(position={"x": 5, "y": 5})
    assert "Output (0, 0)" in status(page)
    side = page.locator("svg.outputs").bounding_box()["width"]
    page.locator("svg.outputs").tap(position={"x": side - 5, "y": side - 5})
    assert "Output (3, 3)" in status(page)
