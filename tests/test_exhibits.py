"""What answers back on a page, driven in a real browser: from disk, offline, by mouse and keyboard.

tests/test_book.py looks at the pages at rest.
"""

import contextlib
import itertools
import json
import re
import shutil
from base64 import b64decode
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from browsing import AXE, require
from PIL import Image
from playwright.sync_api import Page

import fer_lib
from fer_lib.data.faceset import to_input
from fer_lib.data.pictures import read_picture
from fer_lib.drawn.action_units import UNITS
from fer_lib.drawn.faces import Face, render, validation_faces, with_units
from fer_lib.errors import ReportError
from fer_lib.networks import shapes
from fer_lib.plots import style
from fer_lib.questions.feature_maps import strongest
from fer_lib.questions.saliency import METHODS
from fer_lib.report.exhibits import BLUES
from fer_lib.report.render import jupyter_book
from fer_lib.training.prediction import predict
from fer_lib.training.run import Run

BOOK = Path(__file__).parents[1] / "book"
EXHIBITS = {
    "convolution": "6_convolution",
    "cover": "4_saliency",
    "unit": "4_saliency",
    "inside": "5_filters",
    "try": "try",
}

require("chromium")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A book of the pages with exhibits alone."""
    folder = tmp_path_factory.mktemp("a book, é")
    (folder / "book").mkdir()
    for page in set(EXHIBITS.values()):
        shutil.copy(BOOK / f"{page}.ipynb", folder / "book")
    shutil.copytree(BOOK / "_static", folder / "book/_static")
    shutil.copy(BOOK.parent / "_config.yml", folder)
    (folder / "book/references.bib").touch()
    (folder / "book/index.md").write_text("# A page\n")
    chapters = ", ".join(f"{{file: {page}}}" for page in set(EXHIBITS.values()))
    toc = f"{{format: jb-book, root: index, chapters: [{chapters}]}}"
    (folder / "book/_toc.yml").write_text(toc)
    with contextlib.suppress(ReportError):  # links lead to pages that are not here
        jupyter_book(folder / "book", folder / "out")
    return folder / "out/_build/html"


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
        if name == "try" and options.get("java_script_enabled", True):
            load_network(page)
        return page

    yield visit
    for page in pages:
        page.close()
    assert faults == []


def load_network(page: Page) -> None:
    page.get_by_role("button", name="Load the network").click()
    page.locator(".try .bars").wait_for()


def status(page: Page, name: str = "exhibit") -> str:
    return page.locator(f".{name} .status").last.inner_text()


def sliders(page: Page, values, name: str = "convolution") -> None:
    """Set the sliders, in their order, as a hand would leave them."""
    set_one = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    each = page.locator(f".{name} input[type=range]").all()
    for slider, value in zip(each, values, strict=False):
        slider.evaluate(set_one, value)


@pytest.mark.parametrize("name", EXHIBITS)
def test_without_javascript_there_is_the_picture(opened, name):
    page = opened(name, java_script_enabled=False)
    figure = page.locator(f"div.cell:has(script[data-exhibit={name}]) figure")
    assert figure.locator("img").is_visible()
    assert page.locator(".exhibit").count() == 0


@pytest.mark.parametrize("name", EXHIBITS)
def test_on_paper_there_is_the_picture(opened, name):
    page = opened(name)
    live = page.locator(f".exhibit.{name}")
    picture = page.locator("figure.live", has=live).locator("img")
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


def test_a_figure_is_scrolled_on_a_narrow_screen_and_says_so(opened):
    page = opened("inside", 390)
    box = page.locator(".cell_output figure:not(.live) > a").first
    assert box.locator("img").evaluate("e => e.clientWidth") == 600  # its type has 10 pixels
    assert box.evaluate("e => [e.tabIndex, e.scrollWidth > e.clientWidth]") == [0, True]
    said = "e => getComputedStyle(e.parentElement.querySelector('figcaption'), '::before').content"
    assert "scroll" in box.evaluate(said)
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())
    box.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
    page.wait_for_function("e => !e.matches('.more')", arg=box.element_handle())
    assert "scroll" not in box.evaluate(said)


def test_a_dark_screen_prints_in_light_colors(opened):
    page = opened("inside", color_scheme="dark")
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {theme}; }})")
    page.pdf()
    assert (page.evaluate("printed"), page.evaluate(theme)) == ("light", "dark")


def test_what_is_unfolded_fades_only_where_it_scrolls(opened):
    page = opened("inside", 600)
    for fold in page.locator("summary", has_text="Code").all():
        fold.click()
    wrong = """() => [...document.querySelectorAll("details[open] pre")].filter(
        e => e.matches(".more") !== e.scrollWidth > e.clientWidth + 1).length"""
    page.wait_for_function(f"() => ({wrong})() === 0")
    assert 0 < page.locator("pre.more").count() < page.locator("pre").count()


def test_a_solution_is_printed_only_where_it_was_opened(opened):
    page = opened("inside")
    page.locator("summary", has_text="Solution 1").click()
    page.emulate_media(media="print")
    solutions = page.locator("details", has_text="Solution ").locator(".cell_output")
    look = """all => addEventListener("beforeprint", () => {  // where a script may unfold them
        window.printed = all.map(e => e.checkVisibility());
    })"""
    solutions.evaluate_all(look)
    page.pdf()
    assert page.evaluate("printed")[:2] == [True, False]
    assert page.get_by_role("heading", name="Exercises").is_visible()


@pytest.mark.parametrize("name", EXHIBITS)
def test_it_is_no_larger_than_it_may_be(built, name):
    page = (built / f"{EXHIBITS[name]}.html").read_text(encoding="utf-8")
    (data,) = re.findall(rf'<script [^>]*data-exhibit="{name}".*?</script>', page, re.DOTALL)
    assert len(data.encode()) <= 600e3


def test_a_page_without_exhibit_loads_no_script_of_theirs(built):
    assert not re.search(r"exhibit\w*\.js", (built / "index.html").read_text())


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


def data_of(page: Page, name: str = "cover") -> dict:
    return json.loads(page.locator(f"script[data-exhibit={name}]").text_content())


def softmax(logits) -> np.ndarray:
    return torch.tensor(logits, dtype=torch.float64).softmax(-1).numpy()


def shown(page: Page, name: str = "cover") -> np.ndarray:
    """The seven probabilities on the page."""
    texts = page.locator(f".{name} .number").all_inner_texts()
    return np.array([float(text.rstrip("\u00a0%")) for text in texts]) / 100


def painted(page: Page) -> np.ndarray:
    """The map on the page: (48, 48, 4)."""
    read = """canvas => [...canvas.getContext('2d').getImageData(0, 0, 48, 48).data]"""
    return np.array(page.locator(".cover canvas").evaluate(read)).reshape(48, 48, 4)


def patch(page: Page) -> tuple[int, int]:
    """Row and column of the patch's first pixel."""
    return tuple(int(page.locator("rect.patch").get_attribute(axis)) for axis in "yx")


def test_the_covered_face_says_what_the_page_s_network_said(opened):
    page = opened("cover")
    stage = page.locator(".cover .face")
    side = stage.bounding_box()["width"] / 48  # of a pixel of the face
    data = data_of(page)
    for number, face in enumerate(data["faces"][:3]):
        page.locator(".cover input[type=radio]").nth(number).check()
        for y, x in [(4, 4), (24, 31), (47, 47)]:
            stage.hover(position={"x": x * side, "y": y * side})
            row, column = patch(page)
            assert abs(row + 4 - min(y, 44)) <= 1
            assert abs(column + 4 - min(x, 44)) <= 1
            expected = softmax(face["covered"][row // 2][column // 2])
            np.testing.assert_allclose(shown(page), expected, atol=0.0006)
            assert data["expressions"][expected.argmax()] in status(page, "cover")


def test_each_method_s_map_of_the_face_is_beside(opened):
    page = opened("cover")
    page.locator(".cover input[type=radio]").nth(2).check()
    face = data_of(page)["faces"][2]
    assert page.locator(".methods > div").all_inner_texts() == list(METHODS)
    for method, shown in zip(METHODS, page.locator(".methods svg").all(), strict=True):
        below, above = (image.get_attribute("href") for image in shown.locator("image").all())
        assert (below, above) == (face["image"], face["maps"][method])


def test_the_map_forms_where_the_patch_has_been(opened):
    page = opened("cover")
    page.locator(".cover .face").press("ArrowDown")  # the first key puts the patch there
    start = patch(page)
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert patch(page) == (start[0] - 2, start[1] - 4)
    been = np.zeros((48, 48), bool)
    for row, column in [(0, 0), (0, -2), (0, -4), (-2, -4)]:
        been[start[0] + row :, start[1] + column :][:8, :8] = True
    np.testing.assert_array_equal(painted(page)[..., 3] > 0, been)
    page.get_by_role("button", name="Cover every place").press("Enter")
    assert (painted(page)[..., 3] > 0).all()
    page.get_by_role("button", name="Start again").click()
    assert not painted(page).any()


@pytest.mark.parametrize("name", ["cover", "try"])
def test_nothing_is_covered_until_the_reader_comes(opened, name):
    page = opened(name)
    rect = page.locator(f".{name} rect.patch")
    drawn = """canvas => canvas.getContext('2d').getImageData(0, 0, 48, 48).data.some(v => v)"""
    canvas = page.locator(f".{name} canvas")
    assert status(page, name).startswith("Uncovered. The network says ")
    assert (rect.is_visible(), canvas.evaluate(drawn)) == (False, False)
    page.locator(f".{name} .face").focus()
    assert not rect.is_visible()
    page.keyboard.press("ArrowDown")
    assert status(page, name).startswith("Covered: rows ")
    assert (rect.is_visible(), canvas.evaluate(drawn)) == (True, True)
    page.get_by_role("button", name="Start again").press("Enter")
    assert (rect.is_visible(), canvas.evaluate(drawn)) == (False, False)
    page.locator(f".{name} .face").hover()
    assert rect.is_visible()


def test_a_face_that_comes_under_a_resting_pointer_stays_bare(opened):
    page = opened("try")
    page.locator(".try .face").hover()
    assert status(page, "try").startswith("Covered: rows ")
    page.locator(".try input[type=radio]").nth(1).evaluate("e => e.click()")  # by no pointer
    face = page.locator(".try .face").element_handle()
    page.wait_for_function("e => e.matches(':hover')", arg=face)
    assert status(page, "try").startswith("Uncovered. ")
    box = face.bounding_box()
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    assert status(page, "try").startswith("Covered: rows ")


@pytest.mark.parametrize("target", [None, 5])
def test_the_whole_map_is_occlusion(opened, target):
    """Red where the mean fall is positive and blue where it is negative, as deep as it is large."""
    page = opened("cover")
    face = data_of(page)["faces"][0]
    label = face["label"] if target is None else target
    if target is not None:
        page.locator(".cover select").select_option(index=target)
    page.get_by_role("button", name="Cover every place").click()
    falls = face["logits"][label] - np.array(face["covered"])[..., label]
    total, count = np.zeros((2, 48, 48))
    for (i, j), fall in np.ndenumerate(falls):
        total[2 * i : 2 * i + 8, 2 * j : 2 * j + 8] += fall
        count[2 * i : 2 * i + 8, 2 * j : 2 * j + 8] += 1
    share = np.clip(total / count / style.map_limit(total / count), -1, 1)
    colors = painted(page)[..., :3]
    # canvases store colors times opacity, which costs a level or two
    np.testing.assert_allclose(
        255 - colors[..., 1], np.where(share > 0, 231, 153) * abs(share), atol=3
    )
    assert (colors[share > 0.1][:, 0] > colors[share > 0.1][:, 2]).all()
    assert (colors[share < -0.1][:, 2] > colors[share < -0.1][:, 0]).all()


FACE, LAYER, CHANNEL = range(3)  # the choices, in their order


def choose(page: Page, choice: int, number: int) -> None:
    page.locator(".inside fieldset").nth(choice).get_by_role("radio").nth(number).check()


def test_inside_shows_the_channels_of_each_face_and_layer(opened):
    page = opened("inside")
    data = data_of(page, "inside")
    for face, layer, number in [(0, 0, 0), (3, 1, 11), (6, 2, 4)]:
        choose(page, FACE, face)
        choose(page, LAYER, layer)
        shown = data["faces"][face]["layers"][layer]
        channels = page.locator(".inside fieldset").nth(CHANNEL)
        addresses = [c.get_attribute("href") for c in channels.locator("image").all()]
        assert addresses == [address for _, _, address in shown]
        choose(page, CHANNEL, number)
        channel, end, address = shown[number]
        large = page.locator(".inside .drawings image")
        assert large.nth(0).get_attribute("href") == data["faces"][face]["image"]
        assert large.nth(1).get_attribute("href") == address
        assert f"channel {channel}: white is 0, the darkest {end}" in page.inner_text(".drawings")
        assert f"Channel {channel} is number {number + 1} of the " in status(page)
        # the last layer has patterns, and windows of faces
        assert large.count() == (4 if layer == 2 else 2)


def test_inside_says_what_a_filter_of_the_last_layer_speaks_for(opened):
    page = opened("inside")
    choose(page, LAYER, 2)
    data = data_of(page, "inside")
    said = set()
    for number, (channel, _, _) in enumerate(data["faces"][0]["layers"][2]):
        choose(page, CHANNEL, number)
        told = data["filters"][str(channel)]
        pattern, windows = page.locator(".drawings image").all()[2:]
        assert pattern.get_attribute("href") == told["pattern"]
        assert windows.get_attribute("href") == told["windows"]
        words = told["label"].split()[1:]  # as the library names it
        for word in words:
            assert f"{'follows' if 'AU' in word else 'speaks for'} {word}" in status(page)
        assert ("speaks clearly for no expression" in status(page)) == (not words)
        said.update(words)
    assert said


def test_inside_answers_keys_and_a_finger(opened):
    page = opened("inside", 390, has_touch=True)
    before = status(page)
    page.locator(".inside fieldset").nth(CHANNEL).locator("label").nth(5).tap()
    assert "is number 6 of the 64 channels of convolution 1" in status(page) != before
    page.keyboard.press("ArrowRight")
    assert "is number 7 of the 64" in status(page)
    page.get_by_role("radio", name="convolution 1").focus()
    page.keyboard.press("ArrowRight")
    assert "is number 1 of the 128 channels of convolution 2" in status(page)


def test_a_finger_covers_and_each_face_keeps_its_map(opened):
    page = opened("cover", 390, has_touch=True)
    page.locator(".cover .face").tap(position={"x": 5, "y": 5})
    assert patch(page) == (0, 0)
    mine = painted(page)
    page.locator(".cover fieldset label").nth(1).tap()
    assert (painted(page) != mine).any()
    page.locator(".cover fieldset label").nth(0).tap()
    np.testing.assert_array_equal(painted(page), mine)


@cache
def validation_images() -> np.ndarray:
    return render(validation_faces())


def decoded(address: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(address.split(",")[1]))))


def turned(page: Page, face: int) -> tuple[np.ndarray, Face]:
    """The frame of the face on the page, (48, 48), and the drawn face that it is made of."""
    stored = data_of(page, "unit")["faces"][face]
    (same,) = (validation_images() == decoded(stored["image"])).all((1, 2)).nonzero()[0]
    image = page.locator(".unit .drawings image").first
    y, address = (image.get_attribute(name) for name in ("y", "href"))
    return decoded(address)[-int(y) :][:48], validation_faces()[same]


@pytest.mark.parametrize(
    ("face", "unit", "step"), [(0, 12, 5), (0, 1, 0), (1, 12, 0), (1, 27, 10), (2, 4, 7)]
)
def test_the_turned_face_is_the_library_s_and_so_is_what_is_said_of_it(opened, face, unit, step):
    page, at = opened("unit"), list(UNITS).index(unit)
    page.locator(".unit fieldset label").nth(face).click()
    page.locator(".unit select").select_option(index=at)
    sliders(page, [step / 10], "unit")
    frame, original = turned(page, face)
    expected = render([with_units(original, {unit: step / 10})])[0]
    np.testing.assert_array_equal(frame, expected)
    data = data_of(page, "unit")
    said = np.array(data["faces"][face]["now"][at][step])
    np.testing.assert_allclose(shown(page, "unit"), said, atol=0.0006)
    text = status(page, "unit")
    assert f"{unit} {UNITS[unit]}, strength {step / 10:g};" in text
    assert f"at {original.units.get(unit, 0):.2f}." in text
    assert f"says {data['expressions'][said.argmax()]}, {shown(page, 'unit').max():.1%}" in (
        text.replace("\u00a0", "")
    )
    below, above = page.locator(".unit .drawings svg").nth(1).locator("image").all()
    assert below.get_attribute("y") == above.get_attribute("y")
    assert above.get_attribute("href") == data["faces"][face]["maps"]


def test_the_unit_answers_keys(opened):
    page = opened("unit")
    assert "12 lip corner puller, strength 0.5" in status(page, "unit")
    page.get_by_label("strength").focus()
    page.keyboard.press("ArrowRight")
    assert "12 lip corner puller, strength 0.6" in status(page, "unit")
    page.locator(".unit select").focus()
    page.keyboard.press("ArrowDown")
    assert "15 lip corner depressor, strength 0.6" in status(page, "unit")
    page.locator(".unit input[type=radio]").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".unit input[type=radio]").nth(1).is_checked()


def test_the_unit_answers_a_finger(opened):
    page = opened("unit", 390, has_touch=True)
    slider = page.get_by_label("strength")
    slider.tap(position={"x": slider.bounding_box()["width"] - 4, "y": 14})
    assert "strength 1;" in status(page, "unit")


def test_until_the_network_is_asked_for_there_is_the_picture(built, browser):
    page = browser.new_page(offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((built / "try.html").as_uri())
    picture = page.locator("figure.live img")
    assert picture.is_visible()
    assert not any(url.endswith("compact.js") for url in asked)
    load_network(page)
    assert not picture.is_visible()
    assert [url for url in asked if url.endswith("compact.js")] == [page.evaluate("trying.weights")]
    page.close()


def test_weights_that_are_not_there_are_said_to_be_missing(built, browser):
    page = browser.new_page(offline=True)
    page.goto((built / "try.html").as_uri())
    page.evaluate("trying.weights = 'gone.js'")
    button = page.get_by_role("button", name="Load the network")
    button.click()
    page.get_by_text("could not be read").wait_for()
    page.evaluate("trying.weights = '_static/compact.js'")
    load_network(page)  # the button may be pressed again
    page.close()


def test_after_a_fault_the_button_may_be_pressed_again(built, browser):
    page = browser.new_page(offline=True)
    page.goto((built / "try.html").as_uri())
    page.evaluate("void ([window.prepare, network.prepare] = [network.prepare, undefined])")
    with page.expect_event("pageerror"):
        page.get_by_role("button", name="Load the network").click()
    assert page.locator(".try .status").inner_text() == ""
    page.evaluate("void (network.prepare = window.prepare)")
    load_network(page)
    page.close()


@cache
def compact() -> Run:
    return fer_lib.load("compact")


def test_the_network_in_the_page_says_what_torch_says(opened):
    """On 200 faces: the logits to a thousandth, so the same class."""
    faces = validation_images()[:200]
    run_there = """faces => trying.load().then(tensors => {
        const data = JSON.parse(document.querySelector("[data-exhibit=try]").textContent);
        const steps = network.prepare(data.steps, tensors);
        const [weight, bias] = ["weight", "bias"].map(name => tensors[`${data.linear}.${name}`]);
        return faces.map(pixels => {
            const values = Float32Array.from(pixels, v => (v / 255 - data.mean) / data.deviation);
            const maps = network.maps(steps, {channels: 1, size: data.size, values});
            return network.logits(maps.at(-1), weight, bias);
        });
    })"""
    there = opened("try").evaluate(run_there, faces.reshape(200, -1).tolist())
    here = predict(compact().model, faces, 7).numpy()
    np.testing.assert_allclose(there, here, atol=1e-3)
    assert (np.argmax(there, 1) == here.argmax(1)).all()


def test_half_precision_is_read_to_the_bit(opened):
    """Every number of 16 bits, but those that are none."""
    bits = np.arange(65536, dtype=np.uint16)
    numbers = bits.view(np.float16)
    finite = np.isfinite(numbers)
    read = opened("try").evaluate("bits => bits.map(network.half)", bits[finite].tolist())
    np.testing.assert_array_equal(read, numbers[finite].astype(float))


def turn(page: Page, right: int, down: int, side: int) -> None:
    """The sliders of the face's place and of the patch; a photograph's three stand before them."""
    set_one = "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); }"
    each = page.locator(".try .controls").last.locator("input").all()
    for slider, value in zip(each, (right, down, side), strict=True):
        slider.evaluate(set_one, value)


def test_the_face_tried_is_moved_and_covered_with_a_patch_of_any_size(opened):
    page = opened("try")
    turn(page, 3, -2, 16)
    page.locator(".try .face").press("ArrowDown")
    face = np.array(data_of(page, "try")["faces"][0]["pixels"], np.uint8).reshape(48, 48)
    face = np.pad(face, 8, mode="edge")[8 + 2 :, 8 - 3 :][:48, :48]
    row, column = patch(page)
    face[row : row + 16, column : column + 16] = 128
    np.testing.assert_allclose(shown(page, "try"), compact().predict(face[None])[0], atol=0.0006)


def test_the_face_tried_is_covered_by_hand(opened):
    page = opened("try")
    page.locator(".try .face").press("ArrowDown")
    top, left = patch(page)
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    row, column = patch(page)
    assert (row, column) == (top - 8, left - 4)  # in steps of 4
    face = np.array(data_of(page, "try")["faces"][0]["pixels"], np.uint8).reshape(48, 48)
    face[row : row + 8, column : column + 8] = 128
    np.testing.assert_allclose(shown(page, "try"), compact().predict(face[None])[0], atol=0.0006)
    page.get_by_role("button", name="Cover every place").click()
    page.wait_for_function(
        """() => document.querySelector(".try canvas").getContext("2d")
            .getImageData(0, 0, 48, 48).data.every((value, i) => i % 4 < 3 || value)""",
        timeout=120_000,  # a hundred forward passes
    )


@pytest.mark.parametrize("layer", [0, 3, 5])
def test_the_maps_are_those_of_the_layers(opened, layer):
    page = opened("try")
    page.locator(".try .layers input").nth(layer).check()
    face = np.array(data_of(page, "try")["faces"][0]["pixels"], np.uint8).reshape(1, 48, 48)
    at = (2, 5, 8, 9, 12, 13)[layer]  # of ResidualCNN's modules: a ReLU, or the end of a block
    with torch.no_grad():
        maps = compact().model.features[: at + 1](to_input(face))[0].numpy()
    first = strongest(maps, 12)
    named = page.locator(".try div.channels > div").all_inner_texts()
    assert [int(name) for name in named] == first.tolist()
    drawn = decoded(page.locator(".try div.channels image").first.get_attribute("href"))
    end = np.quantile(maps[first[0]], 0.99)
    levels = maps[first[0]] / end * 15
    sure = abs(levels % 1 - 0.5) > 0.01  # torch and the page may round the others differently
    expected = BLUES[levels.round().astype(int).clip(0, 15)]
    np.testing.assert_array_equal(drawn[sure][:, :3], expected[sure])  # without the opacity


@pytest.mark.parametrize(
    ("size", "mode"), [((300, 400), "RGB"), ((48, 48), "L"), ((97, 61), "RGBA"), ((30, 20), "L")]
)
def test_a_picture_is_read_as_the_library_reads_it(opened, tmp_path, size, mode):
    """Colors, transparency and size; the browser rounds transparent colors, so within a level."""
    rough = np.random.default_rng(0).integers(0, 256, (12, 12, len(mode)), np.uint8)
    picture = Image.fromarray(rough.squeeze(), mode).resize(size)
    picture.save(tmp_path / "a face.png")
    page = opened("try")
    page.locator(".try input[type=file]").set_input_files(tmp_path / "a face.png")
    page.get_by_text(f"of {size[0]} × {size[1]} pixels").wait_for()
    side = min(size) - 5
    sliders(page, (side, 3, 2), "try")
    page.get_by_text(f"the square 3,2,{side} ").wait_for()
    face, _ = read_picture(tmp_path / "a face.png", (3, 2, side))
    seen = decoded(page.locator(".try .face image").get_attribute("href"))[..., 0]
    np.testing.assert_allclose(seen, face.astype(int), atol=1)


def test_what_is_no_picture_is_refused_and_what_was_there_stays(opened, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    page = opened("try")
    before = shown(page, "try")
    page.locator(".try input[type=file]").set_input_files(tmp_path / "notes.png")
    page.get_by_text("notes.png is no picture that this browser reads").wait_for()
    np.testing.assert_array_equal(shown(page, "try"), before)
