"""A page whose kernel dies, hangs, says too much or says what cannot be shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small import notebook

from fer_lib.errors import ReportError
from fer_lib.report import pages

FAULTS = {
    "kernel exits": ("import os; os._exit(1)", "killed its kernel"),
    "kernel is killed": ("import os; os.kill(os.getpid(), 9)", "killed its kernel"),
    "kernel crashes": ("import ctypes; ctypes.string_at(0)", "killed its kernel"),
    "kernel has no memory": ("bytearray(10**15)", "raised MemoryError"),
    "kernel hangs": (
        "import time; time.sleep(1000)",
        "ran past 1 seconds; give .*larger fer.time_limit",
    ),
    "cell prints 100 MB": (
        "for _ in range(100): print('x' * 1_000_000)",
        r"put out \d+ MB; at most 10 MB are allowed",
    ),
    "broken output: picture": (
        "display({'image/png': 'iVBORw0KGgo'}, raw=True)",
        "put out a picture that is no png",
    ),
    "broken output: no text": (
        "display({'text/plain': 3}, raw=True)",
        "put out what no notebook can hold",
    ),
    "cell raises": ("1 / 0", "raised ZeroDivisionError: division by zero"),
}


QUICK = ("kernel exits", "kernel hangs", "broken output: picture")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[] if kind in QUICK else pytest.mark.slow) for kind in FAULTS],
)
def test_the_error_names_notebook_cell_and_cause(tmp_path, fault, lost, capfd, kind):
    code, cause = FAULTS[kind]
    target = tmp_path / "page.ipynb"
    target.write_text(json.dumps("the last good page"))
    before = lost.before(tmp_path)
    limit = {"time_limit": 1} if kind == "kernel hangs" else {}
    with pytest.raises(ReportError) as error:
        pages.execute(notebook(code, "1 + 1", **limit), target, {"seed": 1}, tmp_path)
    said = f"{error.value}\n{capfd.readouterr().err}"
    named = rf"page\.ipynb: cell 'cell-0' {cause}"
    fault(f"page: {kind}", said, named, lost(before, tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["page.ipynb"]


def test_a_notebook_s_own_time_limit_stays_with_it(tmp_path):
    target = tmp_path / "page.ipynb"
    pages.execute(notebook("1", time_limit=77), target, {}, tmp_path)
    assert pages.read(target).metadata["fer"] == {"time_limit": 77}


def groups():
    """Where control groups limit memory, in their first version and in their second."""
    first, second = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    if (first / "memory.limit_in_bytes").exists():
        return first, "memory.limit_in_bytes"
    return second, "memory.max"


@pytest.fixture
def memory():
    """`memory(bytes)`: a command that runs another with so much memory, swap or none."""
    made = []

    def limit(size):
        parent, name = groups()
        group = parent / f"fer-report-test-{os.getpid()}"
        try:
            group.mkdir()
            made.append(group)
            (group / name).write_text(str(size))
        except OSError as error:
            pytest.skip(f"memory cannot be limited here ({error}): it takes root and a cgroup")
        return ["sh", "-c", 'echo $$ > "$0"; exec "$@"', group / "cgroup.procs"]

    yield limit
    for group in made:
        group.rmdir()


PROGRAM = """
import sys
from pathlib import Path
import nbformat
from fer_lib.report import pages
from fer_lib.errors import ReportError
try:
    pages.execute(nbformat.read(sys.argv[1], 4), Path(sys.argv[2]), {}, Path(sys.argv[2]).parent)
except ReportError as error:
    sys.exit(str(error))
"""


@pytest.mark.slow
def test_the_system_s_own_killer_takes_the_kernel(tmp_path, fault, memory):
    """600 MB for all; the cell wants more, so the kernel's killer takes the largest process."""
    source, target = tmp_path / "source.ipynb", tmp_path / "page.ipynb"
    greedy = "held = []\nwhile True: held.append(bytearray(b'x' * 10_000_000))"
    nbformat.write(notebook(greedy), source)
    command = [*memory(600 << 20), sys.executable, "-c", PROGRAM, source, target]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=300
    )
    named = r"cell 'cell-0' (killed its kernel \(out of memory\?\)|raised MemoryError)"
    fault("page: out of memory", done.stderr, named, survived=done.returncode == 1)
    assert not target.exists()
