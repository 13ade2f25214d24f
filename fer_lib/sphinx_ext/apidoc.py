"""The API pages: every public name of a package, from its docstring, read without importing it.

Reading the source keeps torch out of the book's build (autodoc's mocked torch cannot be part of
`Tensor | None`), and lets docstrings be plain text: paragraphs, `code`, and indented or ">>>"
blocks.
"""

import ast
import inspect
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

import fer_lib

ROOT = Path(fer_lib.__file__).parent
Definition = ast.FunctionDef | ast.ClassDef


class Api(SphinxDirective):
    """`{api} data`: the modules of that package, one section each."""

    required_arguments = 1
    final_argument_whitespace = True  # `{api} . report` names two

    def run(self) -> list[nodes.Node]:
        """Called by Sphinx for each `{api}` of a page."""
        paths = [path for package in self.arguments[0].split() for path in modules(package)]
        for path in paths:
            # a page is written anew when the text of a module has changed
            self.env.note_dependency(str(path))
        return [section(path) for path in paths]


def modules(package: str) -> list[Path]:
    """The files of a package ("data"), in order of name."""
    return sorted((ROOT / package).glob("[!_]*.py"))


def section(path: Path) -> nodes.section:
    """A module: its name, its docstring and its public names."""
    name = ".".join(("fer_lib", *path.relative_to(ROOT).with_suffix("").parts))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    title = nodes.title(name, "", nodes.literal("", name))
    docstring = paragraphs(ast.get_docstring(tree) or "")
    return nodes.section("", title, *docstring, *entries(name, tree), ids=[name])


def entries(parent: str, tree: ast.Module | ast.ClassDef) -> list[addnodes.desc]:
    """The public functions and classes of a module, or methods of a class, with signatures."""
    described = []
    for definition in public(tree):
        name, kind = f"{parent}.{definition.name}", "function"
        signature = addnodes.desc_signature("", "", ids=[name], classes=["sig"])
        content = addnodes.desc_content("", *paragraphs(ast.get_docstring(definition) or ""))
        if isinstance(definition, ast.ClassDef):
            kind = "class"
            signature += addnodes.desc_annotation("", "class ")
            content += entries(name, definition)
        signature += addnodes.desc_name("", definition.name)
        signature += addnodes.desc_addname("", arguments(definition))
        attributes = {"domain": "py", "objtype": kind, "desctype": kind, "classes": ["py", kind]}
        described.append(addnodes.desc("", signature, content, **attributes))
    return described


def public(tree: ast.Module | ast.ClassDef) -> list[Definition]:
    """The functions and classes without underscore that a module, or a class, defines."""
    return [n for n in tree.body if isinstance(n, Definition) and not n.name.startswith("_")]


def arguments(definition: Definition) -> str:
    """`(x: Tensor, n: int = 50) → Tensor`; for a class, its fields with their types."""
    if isinstance(definition, ast.FunctionDef):
        returns = f" → {ast.unparse(definition.returns)}" if definition.returns else ""
        return f"({ast.unparse(definition.args)}){returns}"
    fields = [ast.unparse(node) for node in definition.body if isinstance(node, ast.AnnAssign)]
    fields = [field for field in fields if not field.startswith("_")]
    return f"({', '.join(fields)})" if fields else ""


def paragraphs(docstring: str) -> list[nodes.Element]:
    """A docstring as paragraphs and blocks of code; nothing in it can be ill-formed."""
    made: list[nodes.Element] = []
    for block in re.split(r"\n\s*\n", inspect.cleandoc(docstring)):
        if block.startswith(("    ", ">>>")):
            # cleandoc measures the margin from the second line on
            text = inspect.cleandoc("\n" + block)
            language = "pycon" if ">>>" in text else "text"
            made.append(nodes.literal_block(text, text, language=language))
        elif block.strip():
            made.append(_paragraph(" ".join(block.split())))
    return made


def _paragraph(text: str) -> nodes.paragraph:
    """Text with `code` and addresses marked as such."""
    paragraph = nodes.paragraph()
    # `code`, or an address without the full stop that ends its sentence
    for part in re.split(r"(`+[^`]+`+|https?://[^\s)>,;]*[^\s)>,;.])", text):
        if part.startswith("`") and part.strip("`"):
            paragraph += nodes.literal("", part.strip("`"))
        elif part.startswith("http"):
            paragraph += nodes.reference("", part, refuri=part)
        else:
            paragraph += nodes.Text(part)
    return paragraph
