"""What the cache keeps and when a set is read anew.

Damaged entries are in tests/faults/test_damage.py.
"""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fer_lib.data import cache
from fer_lib.errors import UserError
from fer_lib.loading import load_faces


def write(path, labels, images, usage="Training"):
    lines = ["emotion,pixels,Usage"]
    for i, (label, image) in enumerate(zip(labels, images, strict=True)):
        pixels = " ".join(map(str, image.ravel()))
        lines.append(f"{label},{pixels},{'PublicTest' if i % 4 == 3 else usage}")
    path.write_text("\n".join(lines) + "\n")
    rest(path)
    return str(path)


def rest(path):
    """Make a file look as if it had been written an hour ago."""
    os.utime(path, (time.time() - 3600,) * 2)


@pytest.fixture
def data(tmp_path, drawn, monkeypatch):
    """A csv at rest: the clock of `ctime` cannot be set, so the pause is taken away."""
    monkeypatch.setattr(cache, "AT_REST", -1)
    return write(tmp_path / "fer2013.csv", *drawn)


@pytest.fixture
def unread(monkeypatch):
    """A call to the readers fails from here on."""

    def forbid():
        monkeypatch.setattr(cache, "read_faces", lambda *_: pytest.fail("read again"))

    return forbid


def entries(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*")} if folder.exists() else {}


def prints(faces):
    return [split.fingerprint for split in (faces.train, faces.validation, faces.test)]


def test_the_second_reading_is_the_first_from_memory(data, drawn, unread):
    first = load_faces(data)
    unread()
    second = load_faces(data)
    assert prints(first) == prints(second)
    assert first.name == second.name == "fer2013.csv"
    assert second.train.counts.sum() == 21
    np.testing.assert_array_equal(second.validation.images, drawn[1][3::4])


def test_a_note_that_was_damaged_is_not_shown(data, cache_folder):
    notes = load_faces(data).notes
    (entry,) = cache_folder.glob("*.safetensors")
    entry.write_bytes(entry.read_bytes().replace(b"from Usage", b"from usage"))
    assert load_faces(data).notes == notes


def test_notes_are_kept(tmp_path, drawn, data, unread):
    (tmp_path / "README").write_text("hello")
    first = load_faces(str(tmp_path))
    unread()
    assert load_faces(str(tmp_path)).notes == first.notes != ()


def test_arrays_from_the_cache_are_the_caller_s_own(data, cache_folder):
    load_faces(data)
    before = entries(cache_folder)
    faces = load_faces(data)
    faces.train.images[:] = 0
    assert entries(cache_folder) == before
    assert load_faces(data).train.images.any()


def test_a_drawn_validation_is_remembered(tmp_path, drawn, data, unread):
    lines = Path(data).read_text().replace("PublicTest", "Training")
    (tmp_path / "all.csv").write_text(lines)
    assert load_faces(str(tmp_path / "all.csv")).validation_drawn
    load_faces(data)
    unread()
    assert load_faces(str(tmp_path / "all.csv")).validation_drawn
    assert not load_faces(data).validation_drawn


@pytest.mark.parametrize("rested", [True, False])
def test_other_content_of_the_same_size_and_time_is_read_anew(tmp_path, drawn, monkeypatch, rested):
    """Rewritten at once, so that even the time may be equal: then no stamp may exist."""
    if rested:
        monkeypatch.setattr(cache, "AT_REST", -1)
    labels, images = drawn
    path = write(tmp_path / "fer2013.csv", labels, images)
    first = load_faces(path)
    write(tmp_path / "fer2013.csv", labels, np.roll(images, 1, 2))
    assert prints(load_faces(path)) != prints(first)


def test_a_file_just_written_is_not_kept(tmp_path, drawn, cache_folder):
    write(tmp_path / "fer2013.csv", *drawn)
    load_faces(str(tmp_path / "fer2013.csv"))
    assert list(entries(cache_folder)) == ["lock"]


def test_bad_input_leaves_the_cache_as_it_was(data, tmp_path, cache_folder):
    load_faces(data)
    before = entries(cache_folder)
    (tmp_path / "bad.csv").write_text("emotion,pixels\n0,1 2 3\n")
    for bad in ("bad.csv", "none.csv"):
        with pytest.raises(UserError):
            load_faces(str(tmp_path / bad))
    assert entries(cache_folder) == before


def test_a_set_that_changes_while_it_is_read_is_not_kept(data, drawn, cache_folder, monkeypatch):
    read = cache.read_faces

    def change(path, *others):
        faces = read(path, *others)
        with path.open("a") as handle:
            handle.write("\n")
        return faces

    monkeypatch.setattr(cache, "read_faces", change)
    with pytest.raises(UserError, match="changed while it was read"):
        load_faces(data)
    assert not list(cache_folder.glob("*.*"))


def test_a_home_that_cannot_be_written_is_no_matter(data, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # root may write anywhere else
    faces = load_faces(data)
    assert len(faces.train) == 21
    assert faces.notes[-1].startswith("read anew each time, for the cache cannot be written (")


def test_an_entry_made_before_is_used_where_nothing_can_be_written(data, unread, monkeypatch):
    load_faces(data)
    unread()
    monkeypatch.setattr(cache, "locked", lambda path: pytest.fail("wanted to write"))
    assert not any("cannot be written" in note for note in load_faces(data).notes)


def test_a_full_disk_is_an_error_and_leaves_nothing(data, cache_folder, monkeypatch):
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fer_lib.files.os.fsync", full)
    with pytest.raises(UserError, match=r"No space left on device to keep .*free 100 MB") as error:
        load_faces(data)
    assert "\n" not in str(error.value)
    assert [path.name for path in cache_folder.glob("*")] == ["lock"]


def test_what_a_killed_process_left_is_swept(data, cache_folder):
    cache_folder.mkdir()
    (cache_folder / ".x.17.tmp.safetensors").write_text("half")
    load_faces(data)
    assert not list(cache_folder.glob(".*.tmp*"))


def test_two_processes_at_once_build_one_entry(data, cache_folder):
    """Both read the same arrays, and one of them waited for the other's."""
    program = (
        "import sys; from fer_lib.data import cache; cache.AT_REST = -1; read = cache.read_faces;"
        "cache.read_faces = lambda *given: (print('read'), read(*given))[1];"
        "from pathlib import Path; print(cache.read_cached(Path(sys.argv[1])).fingerprint)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, data], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[0].split() for process in both]
    assert sorted(map(len, said)) == [1, 2]  # one of them alone read the csv
    assert said[0][-1] == said[1][-1] == load_faces(data).fingerprint
    assert len(list(cache_folder.glob("*.safetensors"))) == 1
