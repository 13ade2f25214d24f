"""Jupyter Book, called so that a warning is an error and nothing half-made is taken for a book."""

import re
import subprocess
import sys
from pathlib import Path

from fer_lib.errors import ReportError

# the package's own `-m jupyter_book.cli.main` exits 0 and does nothing
PROGRAM = "from jupyter_book.cli.main import main; main()"


def jupyter_book(book: Path, into: Path, builder: str = "html") -> Path:
    """Build the sources in `book` (its `_config.yml` there or above it); returns the HTML's folder.

    Everything is written below `into` but the log, which stays beside `book`. Raises
    `ReportError`.
    """
    into.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", PROGRAM, "build", str(book), "--path-output", str(into)]
    done = subprocess.run(
        [*command, "--builder", builder, "-W", "-n", "--keep-going"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)  # colours, which it writes to files too
    log = book.parent / "jupyter-book.log"
    log.write_text(said, encoding="utf-8")
    if done.returncode:
        lines = said.splitlines()
        told = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-5:]
        if done.returncode < 0:
            told.append(f"killed by signal {-done.returncode} (out of memory?)")
        raise ReportError(f"jupyter-book: {' | '.join(told[-5:])} (all of it: {log})")
    return into / "_build" / builder
