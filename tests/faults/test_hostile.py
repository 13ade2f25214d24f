"""Names and files that were made to harm: shown as they stand, never markup, never an option."""

import csv
import io
import json
import os
import re
import shutil
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from fer_lib import __main__ as cli
from fer_lib.data.archives import LARGEST
from fer_lib.data.pictures import read_picture
from fer_lib.data.readers import read_unlabelled
from fer_lib.errors import UserError, printable
from fer_lib.formatting import plain
from fer_lib.loading import load_faces
from fer_lib.report import build
from fer_lib.training import run
from fer_lib.training.recipe import Recipe

NAMES = {
    "html": "<script>alert(1)<%2Fscript><img src=x onerror=alert(2)>.csv",
    "quotes": "'\"`$(touch pwned)`;|&.csv",
    "newline": "two\nlines\r.csv",
    "right to left": "\u202egnp.exe\u2066\u200f.csv",
    "markdown": "1. **a** [b](javascript:c) {raw}`d` ![e](f) $x^2$ | g.csv",
    "terminal": "\x1b[31mred\x07.csv",
    "255 bytes": "n" * 251 + ".csv",
    "dash": "--help.csv",
    "not utf-8": os.fsdecode(b"caf\xe9.csv"),
    "blank": "  a  b .csv",
}


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
@settings(max_examples=300, deadline=None)
def test_plain_text_comes_through_markdown_as_it_was(text):
    """What a reader of Markdown shows is the text, in one paragraph and with no element in it."""
    text = " ".join(printable(text).split()) or "x"
    soup = BeautifulSoup(MarkdownIt().render(plain(text)), "html.parser")
    assert soup.get_text().strip() == text
    assert {element.name for element in soup.find_all()} == {"p"}


@pytest.mark.parametrize("kind", NAMES)
def test_a_set_of_any_name_is_read_and_named_in_one_line(noise, tmp_path, fault, kind):
    path = tmp_path / "data" / NAMES[kind]
    path.parent.mkdir()
    shutil.copy(noise, path)
    faces = load_faces(str(path))
    shown = faces.name.isprintable() and "\n" not in faces.name
    folder = run.run_name(Recipe(data=str(path), epochs=1), faces)
    safe = re.fullmatch(r"[a-z0-9][a-z0-9-]*", folder) and len(folder) < 80
    fault("hostile name: data", survived=bool(shown and safe and len(faces.train) == 35))


def test_a_name_without_a_letter_of_ours_begins_no_option(noise):
    faces = replace(load_faces(str(noise)), name="顔")
    assert run.run_name(Recipe(epochs=1), faces).startswith("faces-deep-1-")


def images(folder, names):
    """A data set of images in two class folders, with the same names in each."""
    generator = np.random.default_rng(0)
    for label in ("happy", "sad"):
        for name in names:
            path = folder / label / name.replace(".csv", ".png")
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(generator.integers(0, 256, (48, 48), np.uint8)).save(path, "PNG")
    return folder


def test_images_of_any_name_are_read(tmp_path, fault):
    faces = load_faces(str(images(tmp_path / "set", NAMES.values())))
    count = len(faces.train) + len(faces.validation)
    for _ in NAMES:
        fault("hostile name: image", survived=count == 2 * len(NAMES))
    assert all(note.isprintable() for note in faces.notes)


@pytest.mark.parametrize("kind", NAMES)
def test_an_unknown_class_is_told_in_one_line(command, tmp_path, fault, kind):
    if kind == "255 bytes":
        return  # as long as a folder's name may be, told as any other
    with pytest.raises(UserError) as error:
        load_faces(str(images(tmp_path / "set", ["a.png"]) / ".." / _bad(tmp_path, NAMES[kind])))
    said = printable(" ".join(str(error.value).split()))
    fault("hostile name: class", said, "unknown class folder .*; allowed are")
    assert said.isprintable()


def _bad(folder, name):
    images(folder / "bad", ["a.png"])
    (folder / "bad" / "happy").rename(folder / "bad" / name)
    return "bad"


def test_predictions_of_any_name_are_a_csv_that_reads_back(tmp_path, fault):
    """The id of an image is its name; a table of them must give it back."""
    folder = tmp_path / "set"
    images(folder, [name for kind, name in NAMES.items() if kind != "not utf-8"])
    (folder / "happy").rename(folder / "faces")
    shutil.rmtree(folder / "sad")
    ids, _, _ = read_unlabelled(folder)
    text = io.StringIO()
    pd.DataFrame({"id": ids}).to_csv(text, index=False)
    back = [row[0] for row in csv.reader(io.StringIO(text.getvalue(), newline=""))][1:]
    fault("hostile name: image", survived=back == ids)


def png(width, height):
    """A png that claims a size and holds one row."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(width + 1))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_an_image_bomb_is_stopped_by_its_claim(tmp_path, fault):
    """A few hundred bytes that claim 3.6 billion pixels."""
    folder = images(tmp_path / "set", ["a.png", "b.png"])
    (folder / "happy" / "bomb.png").write_bytes(png(60_000, 60_000))
    with pytest.raises(UserError) as error:
        load_faces(str(folder))
    fault("image bomb", error.value, r"bomb\.png.*3600000000 pixels.*png, jpg, .* are read")
    with pytest.raises(UserError) as error:
        read_picture(folder / "happy" / "bomb.png")
    fault("image bomb", error.value, r"bomb\.png.*3600000000 pixels.*png, jpg, .* are read")


def bomb(block=1 << 26, times=(LARGEST >> 26) + 2):
    """A deflated stream of zeros beyond the limit, its length and checksum: 4 MB on disk."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (times - 1) + packer.flush(), block * times


def write_zip(path, claimed=None):
    """The bomb as a csv in a zip; `claimed` is the length that its directory tells."""
    data, size = bomb()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", b"")
    info = zipfile.ZipInfo("train.csv")
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        info.file_size, info.compress_size, info.CRC = claimed or size, len(data), 0
        info.header_offset = 0
        archive.fp.write(info.FileHeader(zip64=True) + data)
        archive.filelist.append(info)
        archive.NameToInfo[info.filename] = info
        archive.start_dir = archive.fp.tell()
        archive._didModify = True
    return path


def test_a_zip_bomb_is_stopped_by_its_claim(tmp_path, fault):
    path = write_zip(tmp_path / "bomb.zip")
    assert path.stat().st_size < 6e6
    with pytest.raises(UserError) as error:
        load_faces(str(path))
    fault("zip bomb", error.value, r"bomb\.zip: unpacks to \d+\.\d GB; at most 4 GB are allowed")


def test_a_zip_bomb_that_lies_about_its_size_is_stopped(tmp_path, fault):
    path = write_zip(tmp_path / "bomb.zip", claimed=1000)
    with pytest.raises(UserError) as error:
        load_faces(str(path))
    fault("zip bomb", error.value, r"bomb\.zip")


@pytest.mark.slow
def test_a_gzip_bomb_is_stopped_at_the_limit(tmp_path, fault):
    """A tar.gz has no directory: it is read up to the limit and no further."""
    header = bytearray(512)
    header[:9] = b"train.csv"
    header[100:108], header[124:136] = b"0000644\0", b"77777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    data, _ = bomb()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = packer.compress(bytes(header)) + packer.flush(zlib.Z_FULL_FLUSH)
    (tmp_path / "bomb.tgz").write_bytes(b"\x1f\x8b\x08" + bytes(7) + start + data + bytes(8))
    with pytest.raises(UserError) as error:
        load_faces(str(tmp_path / "bomb.tgz"))
    fault(
        "zip bomb", error.value, r"bomb\.tgz: (unpacks to \d+\.\d GB; at most 4 GB|cannot be read)"
    )


def typed(text):
    """A text without what typesetting changes: its blanks, its quotes and its dashes."""
    return re.sub(r"""[\s"'“”‘’–—-]""", "", text)


HOSTILE_AUTHOR = "<script>alert('author')</script> \u202e & Co"


@pytest.mark.slow
def test_the_book_shows_hostile_names_as_text(tmp_path, noise, fault, monkeypatch):
    """The page on the data, on a set whose name is markup, by an author whose name is; rendered."""
    source = tmp_path / "source" / "book"
    source.mkdir(parents=True)
    root = Path(__file__).parents[2]
    shutil.copytree(root / "book" / "results", source / "results")
    shutil.copytree(root / "book" / "_static", source / "_static")
    shutil.copy(root / "book" / "audit.ipynb", source)
    shutil.copy(root / "book" / "references.bib", source)
    shutil.copy(root / "book" / "references.md", source)
    linked = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# FER2013 itself")])
    nbformat.write(linked, source / "fer2013.ipynb")
    chapters = "chapters: [{file: audit}, {file: fer2013}, {file: references}]"
    (source / "_toc.yml").write_text(f"{{format: jb-book, root: index, {chapters}}}")
    (source / "index.md").write_text("# Front\n")
    shutil.copy(root / "_config.yml", source.parent)
    monkeypatch.setattr(build, "SOURCE", source)
    for number, name in enumerate(NAMES.values()):
        path = tmp_path / "data" / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(noise, path)
        index = build.build(
            tmp_path / f"out {number} <b>", str(path), author=HOSTILE_AUTHOR, runs=tmp_path / "<i>"
        )
        page = BeautifulSoup((index.parent / "audit.html").read_text("utf-8"), "html.parser")
        shown = typed(printable(name)) in typed(page.find("article").get_text())
        scripts = [s for s in page.find_all("script") if "alert(" in s.get_text()]
        images = [i for i in page.find_all("img") if i.get("onerror")]
        links = [a for a in page.find_all("a", href=True) if "javascript:" in a["href"]]
        fault("hostile name: in the book", survived=shown and not scripts + images + links)
        front = BeautifulSoup(index.read_text("utf-8"), "html.parser")
        assert not [s for s in front.find_all("script") if "alert(" in s.get_text()]
        assert yaml.safe_load((index.parents[1] / "_config.yml").read_text("utf-8"))["author"]
        assert json.loads((index.parents[1] / "book" / "audit.ipynb").read_text("utf-8"))


def test_a_leading_dash_is_a_path_where_a_path_is_asked_for(tmp_path, fault, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        cli.parse(["train", "--data=--epochs", "--epochs=1"])()
    fault("hostile name: data", error.value, "--epochs: no such file or folder; give")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["markdown", "html", "terminal"])
def test_a_picture_of_any_name_is_explained(command, noise, tmp_path, fault, kind):
    options = ["--data", noise, "--model", "shallow", "--epochs", "1", "--runs", tmp_path / "runs"]
    folder = command("train", *options).stdout.strip()
    picture = tmp_path / NAMES[kind].replace(".csv", "$\\frac{1$.png")
    Image.fromarray(np.full((60, 60), 99, np.uint8)).save(picture, "PNG")
    done = command("explain", folder, "--image", picture, "--out", tmp_path / "maps.png")
    survived = done.returncode == 0 and (tmp_path / "maps.png").exists()
    fault("hostile name: image", done.stderr, survived=survived)
