"""The browser of the tests, and what reads a PDF."""

import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, sync_playwright

from fer_lib.report.pdf import find_chromium

AXE = Path(axe_playwright_python.__path__[0]) / "axe.min.js"


def require(program: str) -> None:
    """Leave out what needs a program that is not here; where CI is set, that is a failure."""
    found = find_chromium() if program == "chromium" else shutil.which(program)
    if not found and os.environ.get("CI") != "true":
        reason = f"no {program} here (apt install chromium poppler-utils)"
        pytest.skip(reason, allow_module_level=True)


# not of the whole session: while it runs, no notebook can be executed in this process
@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_chromium())
        yield running
        running.close()


def poppler(*command: str | Path) -> str:
    """What one of Poppler's programs prints."""
    require(str(command[0]))
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def sheets_of(pdf: Path) -> list[str]:
    """The text of each sheet."""
    return poppler("pdftotext", "-layout", pdf, "-").rstrip("\f").split("\f")
