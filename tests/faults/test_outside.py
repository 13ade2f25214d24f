"""What other programs, other folders and the user's own settings do to ours.

Each is caused for real, from outside, as it was found.
"""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import nbformat
import pytest
import small
from browsing import require
from PIL import Image

from fer_lib.report import pages
from fer_lib.report.pdf import make_pdf
from fer_lib.report.render import jupyter_book

ROOT = Path(__file__).parents[2]

# the command line on a small book: its sources, then the command's arguments
SMALL = """
import sys
from pathlib import Path
from fer_lib import __main__ as cli
from fer_lib.report import build
build.SOURCE = Path(sys.argv[1])
del sys.argv[1]
cli.main()
"""


@pytest.fixture
def book(tmp_path):
    """The sources of a small book."""
    return small.book(tmp_path / "source", "print('first')", "print('second')")


def small_report(book, *arguments, **options):
    """`fer-lib report` on that book, in a process of its own, started."""
    return subprocess.Popen(
        [sys.executable, "-c", SMALL, *map(str, (book, "report", *arguments))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def refused(done):
    """One line that begins `error:`, and the user's exit code."""
    return done.returncode == 2 and len(re.findall("^error: .", done.stderr, re.M)) == 1


def test_a_folder_of_the_user_s_is_no_report(command, noise, tmp_path, fault, lost):
    """Whatever the names in it."""
    theirs = tmp_path / "proj"
    for name in ("html/mine.html", "book/mine.ipynb", "_config.yml", ".lock"):
        (theirs / name).parent.mkdir(parents=True, exist_ok=True)
        (theirs / name).write_text("mine")
    before = lost.before(theirs, hidden=True)
    for out in (theirs, "/"):
        done = command("report", "--data", noise, "--out", out)
        fix = "give --out a new or empty folder"
        fault("a folder of the user's", done.stderr, fix, lost(before, theirs), refused(done))


@pytest.mark.slow
def test_two_sets_of_one_name_and_a_notebook_in_between(book, noise, tmp_path, fault, lost):
    """The second set is refused; what the user put beside our pages stays."""
    for name in ("s1", "s2"):
        (tmp_path / name).mkdir()
        shutil.copy(noise, tmp_path / name / "fer.csv")
    first = small_report(book, "--data", "s1/fer.csv", cwd=tmp_path)
    _, said = first.communicate(timeout=300)
    assert first.returncode == 0, said
    out = tmp_path / "reports" / "fer"
    nbformat.write(small.notebook("1"), out / "book" / "mine.ipynb")
    (out / "html" / "mine.txt").write_text("mine")
    before = lost.before(out)
    second = small_report(book, "--data", "s2/fer.csv", cwd=tmp_path)
    _, said = second.communicate(timeout=300)
    named = r"holds the report on .*s1/fer\.csv; give --out another folder"
    fault("two sets of one name", said, named, lost(before, out), second.returncode == 2)
    (book / "index.md").write_text("# Another front page\n\nHello.\n")
    again = small_report(book, "--data", "s1/fer.csv", cwd=tmp_path)
    _, said = again.communicate(timeout=300)
    mine = {name: before[name] for name in ("book/mine.ipynb", "html/mine.txt")}
    fault("a folder of the user's", said, lost=lost(mine, out), survived=again.returncode == 0)


def test_a_link_a_pipe_and_a_device_stay_what_they_are(command, noise, tmp_path, fault):
    (tmp_path / "real.json").write_text("old")
    link, pipe, device = tmp_path / "link.json", tmp_path / "pipe", tmp_path / "null"
    link.symlink_to("real.json")
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()), daemon=True)
    reader.start()
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except OSError:
        device = Path(os.devnull)
        assert os.geteuid(), "only root could destroy it"
    for out in (link, pipe, device):
        done = command("data", noise, "--out", out)
        fault("an output that is no file", done.stderr, survived=done.returncode == 0)
    reader.join(20)
    assert link.is_symlink()
    assert json.loads((tmp_path / "real.json").read_text()) == json.loads(received[0])
    assert pipe.is_fifo()
    assert device.is_char_device()


@pytest.mark.slow
def test_faces_that_have_changed_are_not_scored(command, noise, tmp_path, fault):
    data = shutil.copy(noise, tmp_path / "fer2013.csv")
    choices = ["--data", data, "--model", "shallow", "--epochs", "1", "--runs", tmp_path / "runs"]
    run = command("train", *choices).stdout.strip()
    good = command("evaluate", run)
    lines = noise.read_text().splitlines()
    Path(data).write_text("\n".join(lines[:-1]) + "\n")
    done = command("evaluate", run)
    survived = refused(done) and "scored on" in good.stderr and good.returncode == 0
    fault("other faces than it was fitted on", done.stderr, "fer2013.csv", survived=survived)


def test_the_shipped_network_is_not_scored_on_a_file_that_has_the_name(
    command, noise, tmp_path, fault
):
    with zipfile.ZipFile(tmp_path / "fer2013.zip", "w") as archive:
        archive.write(noise, "fer2013.csv")
    done = command("evaluate", "compact", cwd=tmp_path)
    fault("other faces than it was fitted on", done.stderr, "fer2013.zip", survived=refused(done))


def test_a_matplotlibrc_of_the_user_s_changes_no_figure(command, tmp_path, fault):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "matplotlibrc").write_text(
        "savefig.dpi: 20\naxes.facecolor: red\ntext.usetex: True\nimage.cmap: hot\n"
    )
    Image.new("L", (48, 48), 99).save(tmp_path / "face.png")
    made = []
    for folder in (tmp_path, tmp_path / "theirs"):
        explain = ["explain", "compact", "--image", tmp_path / "face.png", "--out", "maps.png"]
        done = command(*explain, cwd=folder)
        made.append((folder / "maps.png").read_bytes() if done.returncode == 0 else done.stderr)
    fault("the user's settings: matplotlibrc", done.stderr, survived=made[0] == made[1])


def test_modules_in_the_current_folder_are_not_run(book, tmp_path, fault, monkeypatch):
    """By the renderer, nor by a page."""
    for name in ("yaml", "calendar", "seaborn", "sphinx"):
        (tmp_path / f"{name}.py").write_text("open('executed', 'w'); raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    made = jupyter_book(book, tmp_path / "built")
    pages.execute(small.notebook("import yaml, seaborn"), tmp_path / "page.ipynb", {}, book)
    fault("code of the user's: modules", survived=(made / "index.html").exists())
    assert not (tmp_path / "executed").exists()


def test_a_kernel_of_the_user_s_is_not_started(tmp_path, fault, monkeypatch):
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    theirs = {"argv": ["touch", str(tmp_path / "executed")], "display_name": "", "language": ""}
    (spec / "kernel.json").write_text(json.dumps(theirs))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    page = small.notebook("import sys; print(sys.executable)")
    pages.execute(page, tmp_path / "page.ipynb", {}, tmp_path)
    output = nbformat.read(tmp_path / "page.ipynb", 4).cells[-1].outputs[0].text
    fault("code of the user's: kernels", survived=output.strip() == sys.executable)
    assert not (tmp_path / "executed").exists()


VALUES = ("$(shell touch pwned)", "$$(touch pwned)", "`touch pwned`", "'; touch pwned; \"", "$(")


def test_a_variable_of_make_s_is_data(tmp_path, fault):
    """A program that prints its arguments stands in for Python, so that they can be seen."""
    (tmp_path / "python").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "ready").touch()
    for name in ("requirements.txt", "constraints.txt", "pyproject.toml"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    make = ["make", "-s", "-f", ROOT / "Makefile", "BIN=.", "READY=ready", "report"]
    names = ("DATA", "OUT", "EPOCHS", "SEED", "AUTHOR")
    for value in VALUES:
        for given, env in (([f"{name}={value}" for name in (*names, "PYTHON")], {}),
                           ([], dict.fromkeys(names, value))):  # fmt: skip
            done = subprocess.run(
                [*make, *given],
                cwd=tmp_path,
                env=os.environ | env,
                capture_output=True,
                text=True,
                check=False,
            )
            expected = [f"--{name.lower()}={value}" for name in names]
            survived = done.stdout.splitlines()[-len(names) :] == expected
            fault("code of the user's: make", done.stderr, survived=survived)
    assert not (tmp_path / "pwned").exists()


NOISE = "fer2013.csv"  # in the current folder
MISTAKES = {
    "no home of that user": (["data", "~nouser/x"], {}, "Give the whole path"),
    "an empty path": (["data", ""], {}, "path is empty; give"),
    "a folder as output": (["data", NOISE, "--out", "."], {}, "give another path"),
    "no folder for the output": (["data", NOISE, "--out", "no/x"], {}, "give another path"),
    "an option without a value": (["train", "--recipe"], {}, "--recipe"),
    "WORLD_SIZE is no number": (["train"], {"WORLD_SIZE": "x"}, "by torchrun, or unset both"),
    "WORLD_SIZE is 0": (["train"], {"WORLD_SIZE": "0"}, "by torchrun, or unset both"),
    "WORLD_SIZE without RANK": (["train"], {"WORLD_SIZE": "2"}, "by torchrun, or unset both"),
    "RANK without WORLD_SIZE": (["train"], {"RANK": "0"}, "by torchrun, or unset both"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line(command, noise, tmp_path, fault, kind):
    shutil.copy(noise, tmp_path / NOISE)
    arguments, env, named = MISTAKES[kind]
    done = command(*arguments, env=env, cwd=tmp_path)
    fault("a mistake told in one line", done.stderr, named, survived=refused(done))
    assert ".tmp" not in done.stderr


# the command line, which says that torch is half imported and waits there for a signal
HALF = """
import runpy, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
class Half:
    def find_spec(name, *_):
        if name == "torch.nn":
            print("half", file=sys.stderr, flush=True)
            while True:  # a signal just before one long pause would be waited for in vain
                time.sleep(0.05)
sys.meta_path.insert(0, Half)
sys.argv = ["fer-lib", "data", "embedded"]
runpy.run_module("fer_lib", run_name="__main__", alter_sys=True)
"""


def test_ctrl_c_while_torch_is_imported(fault):
    child = subprocess.Popen([sys.executable, "-c", HALF], stderr=subprocess.PIPE, text=True)
    assert child.stderr.readline() == "half\n"
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    errors = "\n".join(re.findall("^(?:error|Traceback).*", said, re.M))
    fault(
        "Ctrl-C in the first second",
        errors,
        "^error: interrupted",
        survived=child.returncode == 130,
    )


SETTINGS = {
    "PYTHONWARNINGS": "error",
    "MPLBACKEND": "nonsense",
    "SOURCE_DATE_EPOCH": "yesterday",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_other_programs_do_not_stop_a_report(book, noise, tmp_path, fault, name):
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    nbformat.write(small.notebook(figure), book / "first.ipynb")
    env = os.environ | {name: SETTINGS[name]}
    child = small_report(book, "--data", noise, "--out", tmp_path / "out", env=env)
    out, said = child.communicate(timeout=300)
    survived = child.returncode == 0 and Path(out.strip()).exists()
    fault(f"the user's settings: {name}", said, survived=survived)
    assert "image/png" in (tmp_path / "out" / "book" / "first.ipynb").read_text()


def offspring(pid):
    """The processes that one has started, and those that they have."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    children = [int(text) for text in found.stdout.split()]
    return children + [below for child in children for below in offspring(child)]


def alive(pid):
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.slow
@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL"])
def test_what_a_report_started_ends_with_it(book, noise, tmp_path, fault, end):
    """In a page, then in the renderer; nothing stays in TMPDIR, where a process may sweep."""
    slow = "import time\ntime.sleep(100)"
    for stage, code in (("a page", slow), ("the renderer", "1")):
        nbformat.write(small.notebook(code), book / "second.ipynb")
        scratch = tmp_path / f"tmp-{stage[-1]}"
        scratch.mkdir()
        env = os.environ | {"TMPDIR": str(scratch)}
        child = small_report(book, "--data", noise, "--out", tmp_path / "out", env=env)
        for line in child.stderr:
            if line.split()[0] == ("first" if stage == "a page" else "second"):
                break
        time.sleep(2)
        started = offspring(child.pid)
        assert started, stage
        child.send_signal(getattr(signal, end))
        said = child.communicate(timeout=60)[1]
        for _ in range(100):
            if not any(map(alive, started)):
                break
            time.sleep(0.1)
        ended = not any(map(alive, started))
        swept = end == "SIGKILL" or not list(scratch.iterdir())
        fault("a report ended from outside", said, survived=ended and swept)


def test_a_name_that_is_not_utf_8_is_printed(book, tmp_path, fault):
    require("chromium")
    name = os.fsdecode(b"caf\xe9")
    made = make_pdf(book, tmp_path / "book.pdf", data=f"{name}.csv", author=name)
    fault("hostile name: in print", survived=made.read_bytes().startswith(b"%PDF"))


def test_a_temporary_folder_of_a_long_name(tmp_path, fault):
    """A socket's path has room for about a hundred letters."""
    scratch = tmp_path / ("t" * 90)
    scratch.mkdir()
    nbformat.write(small.notebook("print(6 * 7)"), tmp_path / "page.ipynb")
    program = (
        "import sys; from pathlib import Path; from fer_lib.report import pages\n"
        "page = Path(sys.argv[1]); pages.execute(pages.read(page), page, {}, page.parent)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "page.ipynb"],
        env=os.environ | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    survived = done.returncode == 0 and "42" in (tmp_path / "page.ipynb").read_text()
    fault("a long TMPDIR", done.stderr, survived=survived)


WITHOUT_POSIX = """
import ctypes, importlib, sys
from pathlib import Path

for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None
loaded = ctypes.CDLL

def windows_has_none(name=None, *rest, **options):
    if name is None:
        raise TypeError("CDLL(None)")
    return loaded(name, *rest, **options)

ctypes.CDLL = windows_has_none
root = Path(sys.argv[1])
for path in sorted((root / "fer_lib").rglob("*.py")):
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    importlib.import_module(name.removesuffix(".__init__"))
    print(name)
"""


def test_every_module_is_imported_where_fcntl_is_not(fault):
    """Windows, as far as it can be had here."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, ROOT], capture_output=True, text=True, check=False
    )
    count = len(list((ROOT / "fer_lib").rglob("*.py")))
    fault("no fcntl, no C library", done.stderr, survived=len(done.stdout.split()) == count)
