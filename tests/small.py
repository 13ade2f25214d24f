"""What is small enough to be made in a test: a notebook, a book, a csv of noise, an archive."""

import io
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from fer_lib.data.archives import Source, opened
from fer_lib.data.readers import read_faces
from fer_lib.errors import UserError

T = TypeVar("T")

CONFIG = """
title: A small book
author: Nobody
only_build_toc_files: true
exclude_patterns: [".*", "**/.*"]
execute: {execute_notebooks: "off"}
"""
TOC = "{format: jb-book, root: index, chapters: [{file: first}, {file: second}]}"


def notebook(*code: str, title: str = "A page", parameters: str = "seed = 0", **metadata):
    """A title, the parameters, then `code`, in cells of the names cell-0, cell-1, …

    `metadata` are those of ours: models, time_limit.
    """
    cells = [
        new_markdown_cell(f"# {title}", id="title"),
        new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]}),
        *(new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(code)),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "fer": metadata})


def book(folder: Path, first: str, second: str, **metadata) -> Path:
    """The sources of a front page and two notebooks of one cell each; returns their folder.

    `metadata` are the second notebook's.
    """
    sources = folder / "book"
    sources.mkdir(parents=True)
    (folder / "_config.yml").write_text(CONFIG)
    (sources / "_toc.yml").write_text(TOC)
    (sources / "index.md").write_text("# The front page\n\nHello.\n")
    nbformat.write(notebook(first, title="First"), sources / "first.ipynb")
    nbformat.write(notebook(second, title="Second", **metadata), sources / "second.ipynb")
    return sources


def csv(path: Path, faces: int) -> Path:
    """A fer2013.csv of noise: `faces` for training, as many for validation."""
    generator = np.random.default_rng(0)
    lines = ["emotion,pixels,Usage"]
    for usage in ("Training", "PublicTest"):
        for i in range(faces):
            pixels = " ".join(map(str, generator.integers(0, 256, 48 * 48)))
            lines.append(f"{i % 7},{pixels},{usage}")
    path.write_text("\n".join(lines) + "\n")
    return path


def picture(image, kind="PNG", mode="L"):
    """An array as the bytes of a file."""
    buffer = io.BytesIO()
    Image.fromarray(image).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def as_folder(path, files):
    """Files by name, name → bytes, below a folder; as a zip; as a tar.gz."""
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def as_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def as_tar(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def with_recall(hits, of=100):
    """A matrix whose mistakes all fall to the next class."""
    m = np.diag(hits)
    for k in range(7):
        m[k, (k + 1) % 7] += of - hits[k]
    return m


def call(monkeypatch, capsys, *arguments):
    """Exit code, stdout and stderr of one command, run in this process."""
    from fer_lib.__main__ import main  # slow, and few tests need it

    monkeypatch.setattr(sys, "argv", ["fer-lib", *map(str, arguments)])
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = stop.code or 0
    said = capsys.readouterr()
    return code, said.out, said.err


def read_csv(folder: Path, text: str | bytes, read: Callable[[Source, str], T]) -> T:
    """What `read` makes of a csv with this text, the one member of its source."""
    path = folder / "faces.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with opened(path) as source:
        return read(source, path.name)


def assert_refused(path: Path, why: str) -> None:
    """The data set at `path` is refused in one line that names it and says `why`."""
    with pytest.raises(UserError, match=why) as error:
        read_faces(path)
    assert "\n" not in str(error.value)
    assert str(path.with_suffix("")) in str(error.value)


def votes_for(answers, count=10):
    """`count` votes for the column named, the rest for contempt."""
    votes = np.zeros((len(answers), 10), int)
    votes[np.arange(len(answers)), answers] = count
    votes[:, 7] += 10 - count
    return votes
