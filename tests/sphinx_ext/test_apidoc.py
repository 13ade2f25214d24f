"""The API pages: held against what Python itself finds in the modules."""

import ast
import importlib
import inspect

import pytest
from docutils import nodes

from fer_lib.sphinx_ext import apidoc

PACKAGES = [
    "data", "drawn", "networks", "training", "training/acceleration", "questions", "studies",
    "plots", "words", ".", "commands", "report", "sphinx_ext",
]  # fmt: skip
MODULES = [path for package in PACKAGES for path in apidoc.modules(package)]


def test_every_module_is_on_some_page():
    every = {p for p in apidoc.ROOT.rglob("*.py") if not p.name.startswith("_")}
    assert set(MODULES) == every


def test_the_pages_ask_for_these_packages():
    pages = sorted((apidoc.ROOT.parent / "book" / "api").glob("*.md"))
    asked = [
        package
        for page in pages
        for line in page.read_text().splitlines()
        if line.startswith("```{api} ")
        for package in line.removeprefix("```{api} ").split()
    ]
    assert sorted(asked) == sorted(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_public_name_is_documented(path):
    tree = ast.parse(path.read_text())
    bare = [d.name for d in apidoc.public(tree) if not ast.get_docstring(d)]
    assert (bare, bool(ast.get_docstring(tree))) == ([], True)


@pytest.mark.parametrize("name", ["fer_lib.networks.shapes", "fer_lib.sphinx_ext.apidoc"])
def test_public_names_are_python_s_own(name):
    module = importlib.import_module(name)
    own = {
        member
        for member, value in vars(module).items()
        if getattr(value, "__module__", None) == name and not member.startswith("_")
        if inspect.isfunction(value) or inspect.isclass(value)
    }
    tree = ast.parse(inspect.getsource(module))
    assert {definition.name for definition in apidoc.public(tree)} == own


def test_a_signature_reads_as_it_was_written():
    (function,) = ast.parse("def f(x: int, *, n: float = 0.5) -> list[int]: ...").body
    assert apidoc.arguments(function) == "(x: int, *, n: float=0.5) → list[int]"
    (record,) = ast.parse("class R:\n    a: int\n    b: str = 'x'\n    _c: int = 0").body
    assert apidoc.arguments(record) == "(a: int, b: str = 'x')"


def test_a_docstring_becomes_paragraphs_and_blocks():
    text = """One sentence with `code` and ``more``.

    Another, over
    two lines.

    >>> f(1)
    2

    See https://example.org/a_b.
    """
    found = apidoc.paragraphs(text)
    kinds = [type(node) for node in found]
    assert kinds == [nodes.paragraph] * 2 + [nodes.literal_block, nodes.paragraph]
    assert [node.astext() for node in found[0].findall(nodes.literal)] == ["code", "more"]
    assert found[1].astext() == "Another, over two lines."
    assert found[2].astext() == ">>> f(1)\n2"
    (link,) = found[3].findall(nodes.reference)
    assert link["refuri"] == "https://example.org/a_b"


@pytest.mark.parametrize("text", ["*a |b| `c", "[x]: <y> &", "a::", "    in", "- a\n-", ""])
def test_no_docstring_is_ill_formed_and_none_loses_a_word(text):
    shown = " ".join(node.astext() for node in apidoc.paragraphs(text))
    assert [c for c in shown if c.isalnum()] == [c for c in text if c.isalnum()]
