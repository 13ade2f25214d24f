"""What the book does to the cells of a notebook: it numbers the figures and folds the code."""

import re
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx


def number_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Give each image of a notebook a caption and its number on the page: Figure 1, 2, …

    The caption is the first sentence of the alt text; the whole alt text stays on the image.
    Sphinx would count through the whole book, where a figure added to one page renames the others.
    """
    images = [i for i in doctree.findall(nodes.image) if i.get("alt")]
    # a figure that is written in Markdown has its caption
    alone = [image for image in images if not isinstance(image.parent, nodes.figure)]
    for number, image in enumerate(alone, start=1):
        figure = nodes.figure()
        image.replace_self(figure)
        label = nodes.inline("", f"Figure {number} ", classes=["caption-number"])
        figure += [image, nodes.caption("", "", label, nodes.Text(caption(image["alt"])))]
        doctree.note_implicit_target(figure)  # Sphinx warns of a figure without an id


def caption(alt: str) -> str:
    """The first sentence of a picture's alt text."""
    return re.split(r"(?<=[.!?])\s", alt, maxsplit=1)[0]


def size_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Show each picture at half of its pixels: type of one size, and sharp on a dense screen.

    Sphinx links a picture with a width to its file, which a phone's reader can open and enlarge.
    """
    for image in doctree.findall(nodes.image):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".png" and path.is_file() and "width" not in image:
            with Image.open(path) as picture:
                image["width"] = f"{picture.width // 2}px"


def fold_code(app: Sphinx, doctree: nodes.document) -> None:
    """Put the code of each cell into a box that the reader can open and close.

    It is closed for parameters, for cells tagged `hide-input`, and where the output is only text:
    a reading says by itself what it computes. An output tagged `hide-output` is a table to look
    things up in, and gets a box of its own.
    """
    # a list, for the tree changes on the way
    for cell in list(doctree.findall(nodes.container)):
        hidden = cell.get("hide_mode")
        if cell.get("nb_element") != "cell_code" or hidden not in (None, "input", "output"):
            continue
        cell.attributes.pop("hide_mode", None)  # else myst-nb would hide it in a box of its own
        parameters = "tag_parameters" in cell["classes"]
        name = "Parameters" if parameters else "Code"
        kinds = [node.get("mime_type") for node in cell.findall(nodes.container)]
        shown = len(_elements(cell, "mime_bundle"))
        is_text = shown > 0 and kinds.count("text/markdown") == shown
        opened = not (parameters or hidden or is_text)
        for part in _elements(cell, "cell_code_source"):
            _box(cell, part, f'<details class="fold"{" open" * opened}><summary>{name}</summary>')
        for part in _elements(cell, "cell_code_output") if hidden == "output" else []:
            _box(cell, part, '<details class="fold output"><summary>Table</summary>')


def _box(cell: nodes.container, part: nodes.container, start: str) -> None:
    """Stand a part of a cell in a box that begins with the HTML `start`."""
    at = cell.index(part)
    cell.insert(at, nodes.raw("", start, format="html"))
    # the part itself has moved on by one
    cell.insert(at + 2, nodes.raw("", "</details>", format="html"))


def _elements(cell: nodes.container, name: str) -> list[nodes.container]:
    """The parts of a cell that myst-nb marked with that name."""
    return [node for node in cell.findall(nodes.container) if node.get("nb_element") == name]
