"""A book as one PDF, by way of one long page and Chromium's printer.

book/_static/print.css decides how it looks: A4, a title page, contents, numbered pages and figures,
code and tables that fit the paper; the pages about the library are left out.
"""

import datetime
import html
import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from pypdf import PdfReader

from fer_lib.data.faceset import EMBEDDED
from fer_lib.errors import ReportError, UserError, printable
from fer_lib.files import atomic_write
from fer_lib.report.render import jupyter_book

BROWSERS = (  # by name on Linux, by place on macOS and Windows
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
TIME_LIMIT = 300  # seconds; a book of 80 pages takes about 10


def find_chromium() -> str | None:
    """The path of the first browser of Chromium's family that is installed, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def find_browser() -> str:
    """The path of a browser that prints; raises `UserError` where there is none."""
    browser = find_chromium()
    if browser is None:
        raise UserError("no browser to print with: looked for Chromium, Chrome and Edge; install "
                        "one (apt install chromium), or print the pages from yours")  # fmt: skip
    return browser


def make_pdf(
    book: Path,
    target: Path,
    data: str = EMBEDDED,
    author: str | None = None,
    edition: str = "whole",
) -> Path:
    """Print the book whose executed sources lie in `book` to the file `target`.

    `data` is named on the title page, and so is `author` (without it, the one of _config.yml).
    The style sheet knows the `edition`.
    Raises `UserError` when there is no Chromium, `ReportError` when the book or the print fails.
    """
    browser = find_browser()
    with TemporaryDirectory() as folder:
        page = jupyter_book(book, Path(folder), builder="singlehtml") / "index.html"
        # links between chapters lead into this page, not to the book's folder
        text = page.read_text(encoding="utf-8").replace('href="index.html#', 'href="#')
        # ... and to a chapter's title: what stands before it may stand on the sheet before
        text = re.sub(r'<span( id="document-[^>]*)></span>(<section[^>]*>\s*<h\d)', r"\2\1", text)
        front = title_page(settings(book), data, author, datetime.date.today())
        front = f'<header class="title-page {edition}">{front}</header>'
        text = re.sub("(<body[^>]*>)", lambda m: m[1] + front, text, count=1)
        with atomic_write(target) as temporary:
            numbers: dict[str, int] = {}
            for _ in range(2):  # on which page a chapter begins is known when it is printed
                page.write_text(number_contents(text, numbers), encoding="utf-8")
                _print(browser, page, temporary, Path(folder))
                numbers = first_pages(temporary)
    return target


def first_pages(pdf: Path) -> dict[str, int]:
    """Where a link may lead in a printed book: the id of each target → its page, from 1."""
    reader = PdfReader(pdf)
    at = {n: reader.get_destination_page_number(t) for n, t in reader.named_destinations.items()}
    return {name.removeprefix("/"): 1 + page for name, page in at.items() if page is not None}


def number_contents(text: str, numbers: dict[str, int]) -> str:
    """A book's HTML in which each link of the contents tells its target's page."""
    return re.sub(
        r'(nav-link" href="#([^"]+)">.*?)(?=</a>)',
        lambda m: f'{m[1]}<span class="page-number">{numbers.get(m[2], "")}</span>',
        text,
    )


def settings(book: Path) -> dict[str, str]:
    """The book's `_config.yml`, beside its sources or above them as Jupyter Book looks for it."""
    folder = next(f for f in (book, *book.resolve().parents) if (f / "_config.yml").exists())
    return yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))


def title_page(config: dict[str, str], data: str, author: str | None, day: datetime.date) -> str:
    """Title, author, day and data as HTML; whatever the user gave is escaped."""
    named = "the embedded faces: stylised EMFACS stimuli" if data == EMBEDDED else Path(data).name
    lines = [author or config.get("author") or "", f"{day.day} {day:%B %Y}", f"Data: {named}"]
    body = "".join(f"<p>{html.escape(printable(line))}</p>" for line in lines if line)
    return f"<h1>{html.escape(config['title'])}</h1>{body}"


def _print(browser: str, page: Path, target: Path, profile: Path) -> None:
    root = getattr(os, "geteuid", lambda: 1)() == 0  # Chromium's sandbox refuses to run as root
    options = [
        *("--headless", "--disable-gpu", f"--user-data-dir={profile / 'profile'}"),
        *("--no-pdf-header-footer", "--generate-pdf-document-outline"),
        "--virtual-time-budget=60000",  # let MathJax finish
        *["--no-sandbox"] * root,
    ]
    command = [browser, *options, f"--print-to-pdf={target}", page.as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"{browser} did not print within {TIME_LIMIT} seconds") from error
    if done.returncode or not target.exists() or not target.stat().st_size:
        raise ReportError(f"{browser} could not print: {done.stderr.strip().splitlines()[-1:]}")
