"""The command line: `python -m fer_lib COMMAND`, also installed as `fer-lib`.

Exit 0 when done, 1 when a page or the book failed, 2 on the user's mistake (one line on stderr
that begins `error:`), 130 on Ctrl-C. Results go to stdout, progress to stderr.
`fer-lib --version` prints the version.
"""

import argparse
import contextlib
import io
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Generator, Sequence
from importlib.metadata import version
from typing import Annotated, Any


def _stop(*_: object) -> None:
    print("error: interrupted", file=sys.stderr, flush=True)
    os._exit(130)


@contextlib.contextmanager
def _ended_by_ctrl_c() -> Generator[None]:
    """Ctrl-C while torch is imported: a KeyboardInterrupt can be swallowed by a callback in C."""
    before = signal.getsignal(signal.SIGINT)
    # what another set stays, and outside the main thread signals cannot be set
    ours = before is signal.default_int_handler
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


with _ended_by_ctrl_c():
    import tyro

    from fer_lib.commands import reports, runs
    from fer_lib.errors import UserError, printable, refusal
    from fer_lib.training.recipes import named


def parse(arguments: Sequence[str]) -> Callable[[], None]:
    """The command that the arguments name; a mistake in them is a `UserError` of one line."""
    if list(arguments) == ["--version"]:
        return lambda: print("fer-lib", version("fer-report"))
    ahead = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    ahead.add_argument("--recipe", nargs="?")
    name = ahead.parse_known_args(arguments)[0].recipe
    default: Any = {"default": runs.Train(named(name), name)} if name else {}  # its own choices
    train = Annotated[runs.Train, tyro.conf.subcommand(**default)]
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                train
                | (runs.Import | runs.Evaluate | runs.Predict | reports.Data | runs.Explain)
                | (reports.Export | reports.Release | reports.Report | reports.Refresh),
                prog="fer-lib",
                description=__doc__,
                args=arguments,
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as stop:
        if not stop.code:  # --help
            raise
        words = re.sub(r"[╭╮╰╯│─]+", " ", complaint.getvalue()).split()
        raise UserError(" ".join(words) or "give a command; see fer-lib --help") from None


def main() -> None:
    """Run a command and exit as the module says."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what we started is ended, too
    for name in ("MPLBACKEND", "PYTHONWARNINGS", "SOURCE_DATE_EPOCH"):
        os.environ.pop(name, None)  # each can break a page or the book, and none is needed
    if sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        parse(sys.argv[1:])()
        sys.stdout.flush()  # a full disk shows here, not after the last line
        return
    except KeyboardInterrupt:
        message, code = "interrupted; the same command goes on from the last checkpoint", 130
    except BrokenPipeError:  # the reader of a pipe has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return
    except Exception as error:
        line = refusal(error)
        if line is None:
            raise
        message, code = line
    print("error:", printable(" ".join(message.split())), file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
