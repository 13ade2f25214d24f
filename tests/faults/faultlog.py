"""How a fault is noted, and the table of all."""

import datetime
import platform
import re
from importlib.metadata import version

from fer_lib.errors import refusal

COLUMNS = ("caused", "survived", "bytes lost", "tracebacks", "messages", "naming the fix")
KEY = "fault"


def table(rows):
    """Markdown: a sentence, the rows, their sum, and the day and versions they were found with."""
    total = tuple(map(sum, zip(*rows.values(), strict=True)))
    caused, survived, lost, tracebacks, messages, naming = (f"{value:,}" for value in total)
    summary = (
        f"All went on after {survived} of {caused} faults. {lost} bytes of a finished book or run "
        f"were lost, {tracebacks} tracebacks were shown, and {naming} of {messages} messages say "
        "what to do."
    )
    lines = [summary, ""]
    lines += [f"| {' | '.join(('fault', *COLUMNS))} |", "| :-- " + "| --: " * len(COLUMNS) + "|"]
    for kind, values in {**rows, "**all**": total}.items():
        lines.append(f"| {kind} | {' | '.join(f'{value:,}' for value in values)} |")
    names = ("fer-report", "torch", "jupyter-book", "papermill", "nbclient")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    made = f"Caused on {datetime.date.today()}, Python {platform.python_version()}, {versions}."
    return "\n".join([*lines, "", made, ""])


def noting(record):
    """`note(kind, ...)`: record a fault that was caused, then ask that it did no harm.

    `said` is what the user is told: a process's stderr, or an exception; `fix` a pattern of the
    words in it that tell what to do (None where nothing need be told).
    """

    def note(kind, said="", fix=None, lost=0, survived=True):
        if isinstance(said, BaseException):
            told = refusal(said)
            said = told[0] if told else f"Traceback: {said!r}"
        named = fix is not None and re.search(fix, said) is not None
        traceback = "Traceback" in said
        record(KEY, (kind, 1, bool(survived), lost, traceback, fix is not None, named))
        assert survived, f"{kind}: {said}"
        assert lost == 0, f"{kind}: {lost} bytes lost"
        assert not traceback, said
        assert named or fix is None, said

    return note
