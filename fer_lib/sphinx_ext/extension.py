"""The book's Sphinx extension: all that Jupyter Book leaves undone for a book on a USB stick.

It takes MathJax along (only the one file that is used, from the installed package) and the weights
of the network that runs in a page, writes the downloads of each page, and drops launch buttons that
would lead nowhere. Beside it: `cells` (figures and code of the notebooks), `apidoc`, `from_page`,
and `theme_fixes` (the theme's faults).
"""

import html
import shutil
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from fer_lib import training
from fer_lib.report import downloads
from fer_lib.sphinx_ext import apidoc, cells, theme_fixes
from fer_lib.sphinx_ext.from_page import FromPage

WEIGHTS = Path(training.__file__).parent / "pretrained/compact/weights.safetensors"
MATHJAX = "tex-svg.js"  # draws outlines: a browser refuses web fonts from disk, so no fonts


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx once, when it loads its extensions."""
    app.add_directive("api", apidoc.Api)
    app.add_directive("from-page", FromPage)
    app.connect("config-inited", _configure, priority=900)  # after those that set numfig
    app.connect("doctree-read", cells.number_figures)
    app.connect("doctree-read", cells.size_figures)
    app.connect("doctree-read", cells.fold_code)
    app.connect("html-page-context", _add_downloads)
    app.connect("html-page-context", theme_fixes.drop_assets, priority=900)
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _configure(app: Sphinx, config: Config) -> None:
    config.mathjax_path = f"mathjax/{MATHJAX}"
    # the menu and its reader's tools would be fetched file by file: leave them out
    config.mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "local"}}
    config.numfig = False  # each page numbers its own figures: `cells.number_figures`
    config.html_context["default_mode"] = "auto"  # light or dark, as the reader's system is
    # without a public address the buttons to Binder and Colab would lead nowhere
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def _finish(app: Sphinx, failure: Exception | None) -> None:
    """Add MathJax and a network's weights to a finished book, and correct its pages."""
    if failure is None and app.builder.format == "html":
        spec = find_spec("sphinx-mathjax-offline")
        assert spec is not None, "requirements.txt names sphinx-mathjax-offline"
        # hyphens in its name: it can be found, but not imported
        (package,) = spec.submodule_search_locations or []
        target = Path(app.outdir, "_static", "mathjax")
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(package, "static", "mathjax", MATHJAX), target / MATHJAX)
        if "try" in app.env.found_docs:
            # as a script, for from disk a browser reads no other files
            weights = b64encode(WEIGHTS.read_bytes()).decode()
            script = f'trying.loaded("{weights}")'
            Path(app.outdir, "_static", "compact.js").write_text(script, encoding="ascii")
        # what no page reads: the theme's translations of its own words, and icons that every
        # browser of today takes from the smaller woff2 beside them
        shutil.rmtree(Path(app.outdir, "_static", "locales"), ignore_errors=True)
        for font in Path(app.outdir, "_static", "vendor").rglob("*.ttf"):
            font.unlink()
        theme_fixes.fix_pages(Path(app.outdir))


def _add_downloads(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Below a notebook's page: the notebook, and the tables behind its figures."""
    source = Path(app.srcdir, f"{page}.ipynb")
    if not source.exists() or app.builder.name != "html":
        return
    # the way from this page to the book's root, also from disk
    root = context["pathto"]("", 1)
    links = [(f"{root}_sources/{page}.ipynb", "this notebook")]
    for name, table in downloads.tables(source).items():
        target = Path(app.outdir, "_downloads", page, f"{name}.csv")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(table, encoding="utf-8")
        links.append((f"{root}_downloads/{page}/{name}.csv", f"{name}.csv"))
    link = '<li><a href="{}" download>{}</a></li>'
    items = "".join(link.format(html.escape(url), html.escape(text)) for url, text in links)
    context["body"] += f'<nav class="downloads" aria-label="Downloads"><ul>{items}</ul></nav>'
