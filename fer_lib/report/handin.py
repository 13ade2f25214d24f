"""The hand-in edition: the answers that the homework asks for, on at most twelve sheets of paper.

A cell belongs to it where its notebook tags it `hand-in`. All the rest, and all code, is left out
before the book is rendered, so figures are numbered and chapters listed as they are handed in.
"""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import yaml
from nbformat import NotebookNode

from fer_lib.report import pages
from fer_lib.report.pdf import make_pdf, settings

TAG = "hand-in"
LOOKS = {"answer", "large-table"}  # tags that stay, for the style sheets know them
LINK = re.compile(r"(?<!!)\[([^]]+)\]\((?!http)[^)]+\)")  # to another page of the book
REFERENCES = "# References\n\n```{bibliography}\n:style: plain\n```\n"


def make_handin(book: Path, target: Path, data: str, author: str | None = None) -> Path:
    """Print the hand-in edition of the book in `book` to the file `target`, as `make_pdf` does."""
    with TemporaryDirectory() as folder:
        return make_pdf(sources(book, Path(folder)), target, data, author, edition=TAG)


def sources(book: Path, folder: Path) -> Path:
    """Write the sources of the edition, made from those in `book`, to a new folder in `folder`."""
    config = settings(book)
    others = shutil.ignore_patterns("*.ipynb", "*.md", ".*")
    made = shutil.copytree(book, folder / "book", ignore=others)
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    chapters = []
    for path in pages.chapters(book):
        if (notebook := handed_in(pages.read(path))).cells:
            nbformat.write(notebook, made / path.name)
            chapters.append(path.stem)
    if any("{cite" in (made / f"{name}.ipynb").read_text(encoding="utf-8") for name in chapters):
        (made / "references.md").write_text(REFERENCES, encoding="utf-8")
        chapters.append("references")
    (made / "index.md").write_text(f"# {config['title']}\n", encoding="utf-8")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in chapters]}
    (made / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    return made


def handed_in(notebook: NotebookNode) -> NotebookNode:
    """The notebook's tagged cells alone, without their code and their links into the book."""
    notebook.cells = [cell for cell in notebook.cells if TAG in pages.tags(cell)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(r"\1", cell.source)
        cell.metadata["tags"] = [*LOOKS.intersection(pages.tags(cell)), "remove-input"]
    return notebook
