"""Faults of the theme and its companions, corrected in the finished pages.

Each was found by a test of the book (tests/test_book.py): axe-core's findings, and errors on the
browser's console.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from fer_lib.sphinx_ext import html_tables

FIXES = [
    # arrows that open a part of the contents have no name for a screen reader
    (r'<summary(?=><span class="toctree-toggle")', '<summary aria-label="Open or close this part"'),
    # roles of the bibliography: one that ARIA has withdrawn, and the list that it leaves empty
    (r'( class="citation"[^>]*) role="doc-biblioentry"| role="list"(?= class="citation)', r"\1"),
    # the first cell above a frame's index is no header
    (r"<th></th>", "<td></td>"),
    # the sidebar is a landmark
    (r'(<div id="pst-primary-sidebar")', r'\1 role="region" aria-label="Book"'),
    # a number and its sign stay on one line
    (r"(?<=\d) (?=%[\s.,:;)<])", "\N{NO-BREAK SPACE}"),
]


def drop_assets(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Leave out what the page does not need.

    Thebe (live code from a server) is loaded twice and fails, and nobody asked for it. MathJax is
    two megabytes: it stays where there is a formula, and an exhibit's script where there is one.
    """
    body = context.get("body", "")
    signs = {"mathjax": 'class="math', "exhibit": "data-exhibit="}
    unwanted = "|".join(["thebe", *(name for name, sign in signs.items() if sign not in body)])
    for key in ("script_files", "css_files"):
        # a script that stands in the page has its text among the attributes
        names = {asset: f"{asset} {getattr(asset, 'attributes', '')}" for asset in context[key]}
        context[key] = [a for a, name in names.items() if not re.search(unwanted, name, re.I)]


def fix_pages(book: Path) -> None:
    """Rewrite each finished page with `FIXES`; leave out the maps that only debuggers read."""
    for path in (book / "_static").rglob("*.map"):
        path.unlink()
    for path in book.rglob("*.html"):
        old = path.read_text(encoding="utf-8")
        text = html_tables.fix_html(old)
        for pattern, replacement in FIXES:
            text = re.sub(pattern, replacement, text)
        if text != old:
            path.write_text(text, encoding="utf-8")
