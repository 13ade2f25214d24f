"""Jupyter Book, called so that a warning is an error and nothing half-made is taken for a book."""

import re
import subprocess
import sys
from pathlib import Path

from fer_lib.errors import ReportError

# the package's own `-m jupyter_book.cli.main` exits 0 and does nothing; the thread ends the process
# with its parent, whose death closes the pipe that it reads
PROGRAM = """
import os, threading
threading.Thread(target=lambda: os.read(0, 1) or os._exit(1), daemon=True).start()
from jupyter_book.cli.main import main
main()
"""


def jupyter_book(book: Path, into: Path, builder: str = "html") -> Path:
    """Build the sources in `book` (its `_config.yml` there or above it); returns the HTML's folder.

    Everything is written below `into` but the log, which stays beside `book`. Raises
    `ReportError`.
    """
    into.mkdir(parents=True, exist_ok=True)
    # -P: a yaml.py in the current folder is not ours
    command = [sys.executable, "-P", "-c", PROGRAM, "build", str(book), "--path-output", str(into)]
    with subprocess.Popen(
        [*command, "--builder", builder, "-W", "-n", "--keep-going"],
        stdin=subprocess.PIPE,  # never written to: it is open as long as we are alive
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as renderer:
        assert renderer.stdout
        output = renderer.stdout.read()
    output = re.sub(r"\x1b\[[\d;]*m", "", output)  # without colors, which files get too
    log = book.parent / "jupyter-book.log"
    log.write_text(output, encoding="utf-8")
    if renderer.returncode:
        lines = output.splitlines()
        blamed = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-5:]
        if renderer.returncode < 0:
            blamed.append(f"killed by signal {-renderer.returncode} (out of memory?)")
        raise ReportError(f"jupyter-book: {' | '.join(blamed[-5:])} (all of it: {log})")
    return into / "_build" / builder
