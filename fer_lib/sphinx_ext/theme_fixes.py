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
    (
        r"<summary>(?=<span class=\"toctree-toggle\")",
        '<summary aria-label="Open or close this part">',
    ),
    # roles of the bibliography that ARIA has withdrawn
    (r' role="(?:doc-biblioentry|list)"(?= class="citation)', ""),
    (r'(<div[^>]* class="citation"[^>]*) role="doc-biblioentry"', r"\1"),
    # the first cell above a frame's index is no header
    (r"<th></th>", "<td></td>"),
    # the sidebar is a landmark
    (
        r'<div id="pst-primary-sidebar"',
        '<div id="pst-primary-sidebar" role="region" aria-label="Book"',
    ),
    # a number and its sign stay on one line
    (r"(?<=\d) (?=%[\s.,:;)<])", "\N{NO-BREAK SPACE}"),
]

# What scrolls must be reachable by keyboard, and only then (tables, formulas on a narrow screen).
REACHABLE = """
function fer_reach() {
  for (const box of document.querySelectorAll(
      ".cell_output, .output.text_html, .pst-scrollable-table-container, div.math, mjx-container"))
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1)
      box.tabIndex = 0;
    else box.removeAttribute("tabindex");
}
addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve())
  .then(fer_reach));
addEventListener("resize", fer_reach);
"""


def drop_assets(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Leave out what the page does not need.

    Thebe (live code from a server) is loaded twice and fails, and nobody asked for it. MathJax is
    two megabytes: it stays where there is a formula.
    """
    unwanted = ["thebe"] if 'class="math' in context.get("body", "") else ["thebe", "mathjax"]
    for key in ("script_files", "css_files"):
        context[key] = [
            asset
            for asset in context.get(key, [])
            if not any(name in _address(asset) for name in unwanted)
        ]


def fix_pages(app: Sphinx, failure: Exception | None) -> None:
    """Rewrite each finished page with `FIXES`; leave out the maps that only debuggers read."""
    if failure is None and app.builder.format == "html":
        for path in Path(app.outdir, "_static").rglob("*.map"):
            path.unlink()
        for path in Path(app.outdir).rglob("*.html"):
            old = path.read_text(encoding="utf-8")
            text = html_tables.fix_html(old)
            for pattern, replacement in FIXES:
                text = re.sub(pattern, replacement, text)
            if text != old:
                path.write_text(text, encoding="utf-8")


def _address(asset: Any) -> str:
    return f"{asset} {getattr(asset, 'attributes', '')}".lower()
