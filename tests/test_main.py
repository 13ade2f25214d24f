import importlib
import signal
import subprocess
import sys
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from small import call

from fer_lib import __main__ as cli

ROOT = Path(__file__).parents[1]


@pytest.fixture
def wrong(tmp_path):
    """The user's mistakes that need a file."""
    empty_zip = tmp_path / "empty.zip"
    zipfile.ZipFile(empty_zip, "w").close()
    header = tmp_path / "header.csv"
    header.write_text("feeling,picture\n1,2\n")
    return {"empty zip": empty_zip, "header": header, "missing": tmp_path / "not-there.zip"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "--model", "resnet"], "deep"),
        (["train", "--epochs", "0"], "epochs"),
        (["train", "--epochs", "many"], "epochs"),
        (["train", "--bogus", "1"], "bogus"),
        (["report", "--epochs", "-1"], "epochs"),
        (["evaluate", "no-such-run"], "no-such-run"),
        (["frobnicate"], "frobnicate"),
        ([], "fer-lib"),
        (["train", "--data", "<missing>"], "not-there.zip"),
        (["train", "--data", "<empty zip>"], "empty.zip"),
        (["train", "--data", "<header>"], "header.csv"),
        (["report", "--data", "<missing>"], "not-there.zip"),
        (["train", "--recipe", "not-there.toml"], "not-there.toml"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(monkeypatch, capsys, tmp_path, wrong, arguments, told):
    monkeypatch.chdir(tmp_path)
    filled = [str(wrong.get(a.strip("<>"), a)) for a in arguments]
    code, out, err = call(monkeypatch, capsys, *filled)
    assert code == 2
    assert out == ""
    lines = [line for line in err.splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert told in lines[0]


@pytest.mark.parametrize(
    "command",
    [
        "train",
        "import",
        "evaluate",
        "predict",
        "data",
        "explain",
        "export",
        "release",
        "report",
        "refresh",
    ],
)
def test_help_names_every_command(monkeypatch, capsys, command):
    code, out, _ = call(monkeypatch, capsys, "--help")
    assert code == 0
    assert command in out


def test_the_version_is_the_one_of_pyproject(monkeypatch, capsys):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert call(monkeypatch, capsys, "--version") == (0, f"fer-lib {project['version']}\n", "")


@pytest.fixture
def ctrl_c():
    """How this process takes Ctrl-C stays as it was."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.default_int_handler])
def test_an_import_leaves_ctrl_c_as_it_was(ctrl_c, before):
    signal.signal(signal.SIGINT, before)
    importlib.reload(cli)
    assert signal.getsignal(signal.SIGINT) == before


def test_a_thread_may_import_it(ctrl_c):
    """Where signals cannot be set."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(importlib.reload, cli).result() is cli


def test_ctrl_c_exits_130(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "parse", interrupt)
    code, _, err = call(monkeypatch, capsys, "train")
    assert code == 130
    assert err.startswith("error: interrupted")


@pytest.mark.parametrize("data", ["", " ", "~nobody-of-this-name/fer2013.csv"])
def test_a_path_that_is_none_is_a_mistake(monkeypatch, capsys, data):
    assert call(monkeypatch, capsys, "data", data)[0] == 2
    assert call(monkeypatch, capsys, "train", f"--data={data}")[0] == 2


def test_the_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "fer_lib", "train", "--epochs", "0"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
