"""Files and folders: what stands at a name after success, failure and a kill."""

import os
import subprocess
import sys
import threading

import pandas as pd
import pytest

from fer_lib.files import atomic_write, locked, remove_stale, swap_dir


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_write(path) as temporary:
        temporary.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as temporary:
        temporary.write_text(str(1 / temporary.write_text("")))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_names_the_path_that_was_given(tmp_path):
    path = tmp_path / "nowhere" / "a.txt"
    with pytest.raises(FileNotFoundError) as error, atomic_write(path) as temporary:
        pd.DataFrame({"a": [1]}).to_csv(temporary)  # whose own error has no file's name
    assert error.value.filename == str(path)
    with pytest.raises(IsADirectoryError) as error, atomic_write(tmp_path):
        pass
    assert error.value.filename == str(tmp_path)


def test_a_link_stays_and_its_file_is_written(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    real, link = tmp_path / "elsewhere" / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    with atomic_write(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to(tmp_path):
    pipe, received = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with atomic_write(pipe) as temporary:
        temporary.write_bytes(b"hello")
    reader.join(10)
    assert received == [b"hello"]
    assert pipe.is_fifo()


def test_a_second_process_waits_for_the_lock_and_says_so(tmp_path):
    code = (
        "import sys; from pathlib import Path; from fer_lib.files import locked\n"
        "with locked(Path(sys.argv[1])): print('held')"
    )
    with locked(tmp_path / ".lock"):
        child = subprocess.Popen(
            [sys.executable, "-c", code, tmp_path / ".lock"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert "waiting for another process" in child.stderr.readline()
        assert child.poll() is None
    assert child.communicate(timeout=20)[0] == "held\n"
    assert child.returncode == 0


def test_a_folder_takes_the_name_of_another(tmp_path):
    for name in ("new", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    swap_dir(tmp_path / "new", tmp_path / "target")
    assert (tmp_path / "target" / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_the_old_folder_waits_while_the_new_one_has_no_name(tmp_path):
    (tmp_path / "target").mkdir()
    with pytest.raises(FileNotFoundError):
        swap_dir(tmp_path / "gone", tmp_path / "target")
    assert (tmp_path / ".target.old").is_dir()


def test_what_killed_processes_left_is_removed(tmp_path):
    (tmp_path / ".a.123.tmp.csv").touch()
    (tmp_path / "a.csv").touch()
    remove_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
