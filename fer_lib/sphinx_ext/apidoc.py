"""The API pages: every public name of a room, from its docstring, read without importing it.

Reading the source (not running it) keeps torch out of the book's build, and lets docstrings be
plain text: paragraphs, `code`, and indented or ">>>" blocks kept as they stand.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.domains.python import PythonDomain
from sphinx.util.docutils import SphinxDirective

import fer_lib

ROOT = Path(fer_lib.__file__).parent
Definition = ast.FunctionDef | ast.ClassDef


class Api(SphinxDirective):
    """`{api} data`: the modules of that room, one section each."""

    required_arguments = 1
    final_argument_whitespace = True  # `{api} . book` names two

    def run(self) -> list[nodes.Node]:
        return [self._section(path) for name in self.arguments[0].split() for path in modules(name)]

    def _section(self, path: Path) -> nodes.section:
        name = module_name(path)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        short = name.removeprefix("fer_lib.")
        section = nodes.section("", nodes.title(short, "", nodes.literal("", short)), ids=[name])
        section += prose(ast.get_docstring(tree) or "")
        for definition in public(tree):
            section += self._entry(name, definition)
        self.env.note_dependency(str(path))
        return section

    def _entry(self, module: str, definition: Definition, kind: str = "function") -> addnodes.desc:
        full = f"{module}.{definition.name}"
        kind = "class" if isinstance(definition, ast.ClassDef) else kind
        signature = addnodes.desc_signature(full, "", ids=[full], module=module, fullname=full)
        signature["classes"].append("sig")
        if kind == "class":
            signature += addnodes.desc_annotation("", "class ")
        signature += addnodes.desc_name("", definition.name)
        signature += addnodes.desc_addname("", arguments(definition))
        content = addnodes.desc_content("", *prose(ast.get_docstring(definition) or ""))
        if isinstance(definition, ast.ClassDef):
            content += [self._entry(full, method, "method") for method in public(definition)]
        domain = self.env.get_domain("py")
        assert isinstance(domain, PythonDomain)
        domain.note_object(full, kind, full, location=signature)
        entry = addnodes.desc("", signature, content, domain="py", objtype=kind, desctype=kind)
        entry["classes"] += ["py", kind]
        return entry


def modules(name: str) -> list[Path]:
    """The files of a room ("data"), in order of name."""
    return sorted((ROOT / name).glob("[!_]*.py"))


def module_name(path: Path) -> str:
    """The name by which a file of fer_lib is imported."""
    return ".".join(("fer_lib", *path.relative_to(ROOT).with_suffix("").parts))


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    """The functions and classes of a module, or the methods of a class, without underscore."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def arguments(definition: Definition) -> str:
    """`(x: Tensor, n: int = 50) → Tensor`; for a class, its fields with their types."""
    if isinstance(definition, ast.FunctionDef):
        returns = f" → {ast.unparse(definition.returns)}" if definition.returns else ""
        return f"({ast.unparse(definition.args)}){returns}"
    fields = [
        ast.unparse(node).replace("\n", " ")
        for node in definition.body
        if isinstance(node, ast.AnnAssign) and not ast.unparse(node.target).startswith("_")
    ]
    return f"({', '.join(fields)})" if fields else ""


def prose(docstring: str) -> list[nodes.Element]:
    """A docstring as paragraphs and blocks of code; nothing in it can be ill-formed."""
    blocks = [b for b in re.split(r"\n\s*\n", inspect.cleandoc(docstring)) if b.strip()]
    return [_code(b) if b.startswith(("    ", ">>>")) else _paragraph(b) for b in blocks]


def _code(block: str) -> nodes.literal_block:
    text = inspect.cleandoc("\n" + block)
    return nodes.literal_block(text, text, language="pycon" if ">>>" in text else "text")


def _paragraph(text: str) -> nodes.paragraph:
    """Text with `code` and addresses marked as such."""
    paragraph = nodes.paragraph()
    for part in re.split(r"(`+[^`]+`+|https?://[^\s)>,;]+)", " ".join(text.split())):
        if part.startswith("`") and len(part) > 2:
            paragraph += nodes.literal("", part.strip("`"))
        elif part.startswith("http"):
            url = part.rstrip(".")
            paragraph += nodes.reference("", url, refuri=url)
            paragraph += nodes.Text(part[len(url) :])
        else:
            paragraph += nodes.Text(part)
    return paragraph
