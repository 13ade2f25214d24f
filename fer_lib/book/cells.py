"""What the book does to the cells of a notebook: it numbers the figures and folds the code."""

import re

from docutils import nodes
from sphinx.application import Sphinx


def number_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Give each image of a notebook a caption, so that Sphinx counts it: Figure 1, 2, …

    The caption is the first sentence of the alt text; the whole alt text stays on the image.
    """
    for image in list(doctree.findall(nodes.image)):
        if image.get("alt") and not isinstance(image.parent, nodes.figure):
            figure = nodes.figure()
            sentence = re.split(r"(?<=[.!?])\s", image["alt"], maxsplit=1)[0]
            image.replace_self(figure)
            figure += [image, nodes.caption("", sentence)]
            doctree.note_implicit_target(figure)


def fold_code(app: Sphinx, doctree: nodes.document) -> None:
    """Put the code of each cell into a box that the reader can open and close.

    It is closed for parameters, for cells tagged `hide-input`, and where the output is only text:
    a reading says by itself what it computes.
    """
    for cell in list(doctree.findall(nodes.container)):
        if cell.get("nb_element") != "cell_code" or cell.get("hide_mode") not in (None, "input"):
            continue
        parameters = "tag_parameters" in cell["classes"]
        closed = parameters or bool(cell.attributes.pop("hide_mode", None)) or _is_reading(cell)
        for part in _elements(cell, "cell_code_source"):
            at = cell.index(part)
            box = f'<details class="fold"{"" if closed else " open"}>'
            name = "Parameters" if parameters else "Code"
            cell.insert(at, nodes.raw("", f"{box}<summary>{name}</summary>", format="html"))
            cell.insert(at + 2, nodes.raw("", "</details>", format="html"))


def _is_reading(cell: nodes.container) -> bool:
    """Whether all that the cell shows is Markdown."""
    bundles = _elements(cell, "mime_bundle")
    kinds = [node["mime_type"] for node in cell.findall(nodes.container) if "mime_type" in node]
    return bool(bundles) and kinds.count("text/markdown") == len(bundles)


def _elements(cell: nodes.container, name: str) -> list[nodes.container]:
    """The parts of a cell that myst-nb marked with that name."""
    return [node for node in cell.findall(nodes.container) if node.get("nb_element") == name]
