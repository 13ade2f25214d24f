import gzip
import os

import pytest
from small import as_folder, as_tar, as_zip

from fer_lib.data.archives import opened
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


@pytest.mark.parametrize("write", [as_zip, as_tar])
@pytest.mark.parametrize("name", ["../a.csv", "a/../../b.csv", "/etc/a.csv", "..\\a.csv"])
def test_a_name_that_leaves_the_archive_is_refused(tmp_path, write, name):
    path = write(tmp_path / "set", {name: b"1"})
    with pytest.raises(UserError, match="leaves the archive"), opened(path):
        pass
    assert list(tmp_path.iterdir()) == [path]


def test_a_dot_in_front_of_a_tar_name_hides_nothing(tmp_path):
    path = as_tar(tmp_path / "set", {"./a.csv": b"1"})
    with opened(path) as source:
        assert source.members == ("./a.csv",)


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
