"""What a user is told: lines on the way, and what goes wrong as one line to act on."""

import errno
import sys

FULL = (errno.ENOSPC, errno.EDQUOT)
SPENT = ("out of memory", "can't allocate memory", "bad_alloc")  # as CUDA, torch and C++ say it
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def say(*lines: str) -> None:
    """Lines on stderr: stdout holds a command's result alone."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


class UserError(Exception):
    """A mistake in what the user gave: a path, a file's content, an option.

    The message is one line that says what was given, what is allowed and what to do.
    The command line prints it as `error: <message>` and exits with 2; a notebook shows it whole.
    """


class ReportError(Exception):
    """A page or the book failed; the message names which, where and why. Exit 1."""


def refusal(error: Exception) -> tuple[str, int] | None:
    """The line and the exit code for an error of the user or of the machine.

    None for anything else: then it is the library's own fault, and its traceback is wanted.

    >>> refusal(OSError(errno.ENOSPC, "No space left on device", "runs/x"))
    ('runs/x: No space left on device; free some, then the same command goes on', 1)
    """
    if isinstance(error, UserError | ReportError):
        return str(error), 2 if isinstance(error, UserError) else 1
    if isinstance(error, MemoryError) or any(words in str(error) for words in SPENT):
        return "out of memory; give a smaller --batch-size, or close other programs", 1
    if isinstance(error, RuntimeError) and "home directory" in str(error):  # Path.expanduser
        return "~ names no home that is known here; give the whole path", 2
    if not isinstance(error, OSError) or error.strerror is None:
        return None
    cause = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    if error.errno in FULL:
        return f"{cause}; free some, then the same command goes on", 1
    if error.errno in FORBIDDEN:
        return f"{cause}; give a folder that you may write to, by --out or --runs", 2
    return f"{cause}; give another path", 2


def printable(text: str) -> str:
    r"""The text in one line, with what a terminal or a page might obey made visible.

    >>> printable("happy\n\u202egnp.png")
    'happy\\n\\u202egnp.png'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
