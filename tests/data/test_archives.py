import gzip
import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from small import as_folder, as_tar, as_zip

from fer_lib.data.archives import foreign_kind, opened, unpacked
from fer_lib.errors import UserError

WRITERS = [as_zip, as_tar, as_folder]


@pytest.mark.parametrize("write", WRITERS)
def test_members_are_those_a_person_put_there(tmp_path, write):
    members = {"a/b.csv": b"1", "c.png": b"2", "__MACOSX/c.png": b"3", ".git/d.png": b"4"}
    with opened(write(tmp_path / "set", members)) as source:
        assert {name: source.read(name) for name in source.members} == {
            "a/b.csv": b"1",
            "c.png": b"2",
        }


def test_a_dot_in_front_of_a_tar_name_hides_nothing(tmp_path):
    path = as_tar(tmp_path / "set", {"./a.csv": b"1"})
    with opened(path) as source:
        assert source.members == ("./a.csv",)


def test_a_hard_link_in_a_tar_is_read(tmp_path):
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        first = tarfile.TarInfo("train/a.png")
        first.size = 3
        tar.addfile(first, io.BytesIO(b"one"))
        second = tarfile.TarInfo("test/b.png")
        second.type, second.linkname = tarfile.LNKTYPE, "train/a.png"
        tar.addfile(second)
    with opened(tmp_path / "set.tar") as source:
        assert {name: source.read(name) for name in source.members} == {
            "train/a.png": b"one",
            "test/b.png": b"one",
        }


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../train/a.png"),
        (tarfile.LNKTYPE, "gone"),
        (tarfile.LNKTYPE, "test/c.png"),
    ],
)
def test_a_link_in_a_tar_that_leads_to_no_file_before_it_is_named(tmp_path, kind, target):
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        link = tarfile.TarInfo("test/c.png")
        link.type, link.linkname = kind, target
        tar.addfile(link)
    with pytest.raises(UserError, match=r"c\.png is a link.* tar -h"), opened(tmp_path / "set.tar"):
        pass


def test_an_encrypted_member_is_named(tmp_path):
    path = as_zip(tmp_path / "set.zip", {"a.csv": b"1"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag, in the central directory
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"a\.csv is encrypted"), opened(path):
        pass


@pytest.mark.parametrize("write", [as_zip, as_tar])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_archive_is_an_error(tmp_path, write, kept):
    path = write(tmp_path / "set", {"a.csv": os.urandom(20_000), "b.csv": os.urandom(20_000)})
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(UserError, match=r"set: .*(cannot be read|no tar)") as error:  # noqa: PT012, SIM117
        with opened(path) as source:
            for name in source.members:
                source.read(name)
    assert "\n" not in str(error.value)


def test_a_member_that_unpacks_to_more_than_it_may_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("fer_lib.data.archives.LARGEST", 1000)
    for write in (as_zip, as_tar):
        path = write(tmp_path / write.__name__, {"a": bytes(600), "b": bytes(600)})
        with pytest.raises(UserError, match="unpacks to"), opened(path):
            pass


def test_an_image_of_more_than_64_megabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("fer_lib.data.archives.LARGEST_IMAGE", 1000)
    with opened(as_folder(tmp_path, {"a": bytes(1001)})) as source:  # noqa: SIM117
        with pytest.raises(UserError, match="more than"):
            source.read("a")


def test_a_flipped_bit_is_found_by_the_checksum(tmp_path):
    for write in (as_zip, as_tar):
        path = write(tmp_path / write.__name__, {"a": os.urandom(20_000)})
        data = bytearray(path.read_bytes())
        data[10_000] ^= 1
        path.write_bytes(data)
        with pytest.raises(UserError, match="cannot be read"), opened(path) as source:
            source.read("a")


def test_a_gz_without_a_tar_says_so(tmp_path):
    (tmp_path / "fer2013.csv.gz").write_bytes(gzip.compress(b"emotion,pixels\n"))
    with pytest.raises(UserError, match="unpack it first"), opened(tmp_path / "fer2013.csv.gz"):
        pass


def test_nothing_there(tmp_path):
    with (
        pytest.raises(UserError, match=r"none: no such file.*'embedded'"),
        opened(tmp_path / "none"),
    ):
        pass


def test_neither_a_file_nor_a_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for ever
    with pytest.raises(UserError, match="neither a file nor a folder"), opened(tmp_path / "pipe"):
        pass


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    as_folder(tmp_path, {"happy/1.png": b""})
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("happy"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read all, so a mode does not do
    with pytest.raises(UserError, match=r"happy: cannot be read \(Permission denied\)"):  # noqa: SIM117
        with opened(tmp_path):
            pass


def test_a_link_back_to_a_folder_above_is_not_followed(tmp_path):
    as_folder(tmp_path, {"happy/1.png": b""})
    (tmp_path / "happy" / "loop").symlink_to(tmp_path)
    with opened(tmp_path) as source:
        assert source.members == ("happy/1.png",)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_mounted_inside_is_read(tmp_path):
    """A disk's own folder may have the inode number of the folder that it is mounted in."""
    disk = tmp_path / "train"
    as_folder(tmp_path, {"train/hidden": b"", "sad/1.png": b""})
    if subprocess.run(["mount", "-t", "tmpfs", "none", disk], capture_output=True).returncode:
        pytest.skip("no mount is allowed here")
    try:
        as_folder(disk, {"happy/1.png": b""})
        with opened(tmp_path) as source:
            assert source.members == ("sad/1.png", "train/happy/1.png")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_folder_of_another_disk_with_the_same_inode_is_read(tmp_path, monkeypatch):
    as_folder(tmp_path, {"train/happy/1.png": b""})
    stat = Path.stat

    def same(path, **options):
        state = list(stat(path, **options))
        if path.name in (tmp_path.name, "train"):
            state[1], state[2] = 2, len(path.name)  # st_ino and st_dev
        return os.stat_result(state)

    monkeypatch.setattr(Path, "stat", same)
    with opened(tmp_path) as source:
        assert source.members == ("train/happy/1.png",)


def test_a_zip_made_on_windows_is_read(tmp_path):
    path = as_zip(tmp_path / "set.zip", {"train/happy/1.png": b"1"})
    path.write_bytes(path.read_bytes().replace(b"train/happy/", b"train\\happy\\"))
    with opened(path) as source:
        assert source.members == ("train/happy/1.png",)
        assert source.read("train/happy/1.png") == b"1"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("write", [as_zip, as_tar])
def test_a_member_that_stands_twice_is_one(tmp_path, write):
    """As in a tar to which a changed file was added."""

    twice = "1 name twice in the archive, of which the last is read"

    class Twice(dict):
        def items(self):
            return [("a.png", b"old"), ("b.png", b""), ("a.png", b"new")]

    with opened(write(tmp_path / "set", Twice())) as source:
        assert sorted(source.members) == ["a.png", "b.png"]
        assert source.read("a.png") == b"new"
        assert source.notes == (twice,)
    outer = as_zip(tmp_path / "outer", {"inner.zip": (tmp_path / "set").read_bytes()})
    with opened(outer) as source, unpacked(source, lambda _: True) as inner:
        assert inner.notes == ("read from inner.zip inside", twice)


@pytest.mark.parametrize("name", ["pk", "PK"])
def test_a_table_whose_first_column_is_called_pk_is_no_archive(tmp_path, name):
    (tmp_path / "fer.csv").write_text(f"{name},emotion,pixels\n")
    assert foreign_kind((tmp_path / "fer.csv").read_bytes()) is None
    with opened(tmp_path / "fer.csv") as source:
        assert source.members == ("fer.csv",)


FOREIGN = {
    "7z": b"7z\xbc\xaf\x27\x1c",
    "rar": b"Rar!\x1a\x07",
    "git-lfs": b"version https://git-lfs.github.com/spec/v1\n",
    "web page": b"\n<!DOCTYPE HTML><html>",
    "numpy": b"\x93NUMPY\x01",
    "HDF5": b"\x89HDF\r\n\x1a\n",
    "pickle": b"\x80\x04",
    "HEIC": b"\0\0\0\x18ftypheic",
}


@pytest.mark.parametrize("name", ["fer2013.zip", "fer2013.csv", "a.jpg"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_the_first_bytes_tell_what_a_file_is(tmp_path, kind, name):
    (tmp_path / name).write_bytes(FOREIGN[kind] + b"rest" * 99)
    with pytest.raises(UserError, match=f"{name}: .*{kind}"), opened(tmp_path / name):
        pass


def test_a_large_file_of_zeros_is_refused_at_once(tmp_path):
    """A download that only reserved its place; sparse, so that the disk holds nothing of it."""
    with (tmp_path / "fer2013.tar.gz").open("wb") as handle:
        handle.truncate(8 << 30)
    with pytest.raises(UserError, match="zeros and nothing else"), opened(Path(handle.name)):
        pass
