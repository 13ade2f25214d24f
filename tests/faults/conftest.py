"""What the tests of faults share: how a fault is noted, the table of all, and how it is caused.

A test calls `fault(kind, ...)` once for each fault that it caused. `make faults` prints the table
and stores it in the file that FAULTS names.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `killing`, also in the processes it starts
import small
from faultlog import COLUMNS, KEY, noting, table

from fer_lib.training import run


def pytest_terminal_summary(terminalreporter):
    """The table: a row a kind of fault."""
    rows = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for key, (kind, *values) in getattr(report, "user_properties", ()):
                if key == KEY and report.when == "call":
                    old = rows.get(kind, (0,) * len(COLUMNS))
                    rows[kind] = tuple(map(sum, zip(old, values, strict=True)))
    if rows:
        text = table(dict(sorted(rows.items())))
        terminalreporter.section("faults")
        terminalreporter.write(text)
        if path := os.environ.get("FAULTS"):
            Path(path).write_text(text, encoding="utf-8")


@pytest.fixture
def fault(record_property):
    """Note a fault that was caused, then ask that it did no harm: see `noting`."""
    return noting(record_property)


def bytes_of(folder, *, hidden=False):
    """Each file below a folder with its size and hash; hidden ones (locks, what is half made) too
    if asked for."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(folder)): (path.stat().st_size, digest(path))
        for path in files
        if hidden or not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def lost():
    """How many bytes of the files `before` are no longer there as they were."""

    def count(before, folder):
        now = bytes_of(folder, hidden=True)
        return sum(
            size for name, (size, sum_) in before.items() if now.get(name, (0, ""))[1] != sum_
        )

    count.before = bytes_of
    return count


@pytest.fixture
def command():
    """Run `python -m fer_lib ...` in a process of its own, `under` another program if given."""

    def call(*arguments, under=(), timeout=300, **options):
        environment = os.environ | {"OMP_NUM_THREADS": "1"} | options.pop("env", {})
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.run(
            [*map(str, under), sys.executable, "-m", "fer_lib", *map(str, arguments)],
            encoding="utf-8",
            errors="replace",
            env=environment,
            timeout=timeout,
            check=False,
            **options,
        )

    return call


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _copied(path, runs):
    shutil.copytree(path, runs / path.name)
    return run.load(runs / path.name)


@pytest.fixture
def trained(installed, two_runs, tmp_path):
    """A finished run of the tiny network."""
    return _copied(two_runs[0], tmp_path / "runs")


@pytest.fixture
def other(installed, two_runs, tmp_path):
    """Another run beside `trained`."""
    return _copied(two_runs[1], tmp_path / "runs")


@pytest.fixture
def disk(tmp_path):
    """Mount a small disk: `disk(bytes)` gives its folder, `disk.set(...)` its options later."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def options(text):
        mount = ["mount", "-t", "tmpfs", "-o", text, "tmpfs", str(folder)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here ({done.stderr.strip()}): it takes root")

    def make(size):
        options(f"size={size}")
        make.mounted = True
        return folder

    make.mounted = False
    make.set = lambda text: options(f"remount,{text}")
    yield make
    if make.mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="session")
def noise(tmp_path_factory):
    """A fer2013.csv of 35 faces for training and 35 for validation."""
    return small.csv(tmp_path_factory.mktemp("data") / "fer2013.csv", 35)
