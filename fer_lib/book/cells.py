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
    """Put the code of each cell into a box that the reader can close.

    Cells tagged `hide-input` come closed: that is myst-nb's part.
    """
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and not cell.get("hide_mode"):
            for part in list(cell.children):
                if isinstance(part, nodes.Element) and part.get("nb_element") == "cell_code_source":
                    before = '<details open class="fold"><summary>Code</summary>'
                    at = cell.index(part)
                    cell.insert(at, nodes.raw("", before, format="html"))
                    cell.insert(at + 2, nodes.raw("", "</details>", format="html"))
