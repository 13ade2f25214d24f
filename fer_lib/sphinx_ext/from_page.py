"""A figure of a notebook shown on another page: `{from-page} trust.ipynb CELL-ID [CELL-ID]`.

myst-nb's own glue cannot: a figure from another page loses its alt text.
"""

import os
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from fer_lib.report.downloads import first_picture
from fer_lib.sphinx_ext.cells import caption


class FromPage(SphinxDirective):
    """The first picture that the named cells show, with its alt text, a caption and the content.

    The second cell speaks where the first shows nothing, as on faces whose truth is unknown.
    """

    required_arguments = 2
    optional_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Called by Sphinx for each `{from-page}` of a page."""
        page, *cells = self.arguments
        _, path = self.env.relfn2path(page, self.env.docname)
        self.env.note_dependency(path)
        pictures = [first_picture(Path(path), cell_id) for cell_id in cells]
        picture, alt = next((pair for pair in pictures if pair[0] is not None), (None, ""))
        if picture is None:
            message = f"{page} has no picture in {' or '.join(cells)}: has the page been run?"
            return [self.state.document.reporter.warning(message, line=self.lineno)]
        target = Path(self.env.doctreedir, "from_page", f"{Path(page).stem}-{cells[0]}.png")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(picture)
        folder = Path(self.env.doc2path(self.env.docname)).parent
        figure = nodes.figure("", nodes.image(uri=os.path.relpath(target, folder), alt=alt))
        text = " ".join([caption(alt), *self.content])
        words, messages = self.state.inline_text(text, self.lineno)
        # no caption, which Sphinx would number: the figure has its number on its own page
        figure += nodes.legend("", nodes.paragraph("", "", *words))
        return [figure, *messages]
