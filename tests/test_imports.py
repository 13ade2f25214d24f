"""Imports go one way, as the map in `fer_lib`'s docstring says."""

import ast
import re
from pathlib import Path

import fer_lib

LIBRARY = Path(fer_lib.__file__).parent
MAP = re.findall(r"^(\w+) {2,}\w", fer_lib.__doc__ or "", re.M)


def uses(path: Path) -> set[str]:
    """The packages of fer_lib that a file imports from, at its top or in a function."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "fer_lib":
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""}
        elif isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
    return {name.removeprefix("fer_lib.").split(".")[0] for name in names} & set(MAP)


def test_every_package_is_on_the_map():
    at_top = {path.stem for path in LIBRARY.iterdir() if path.suffix in ("", ".py")}
    assert set(MAP) == {name for name in at_top if not name.startswith("_")}


def test_a_package_imports_only_from_those_above_it():
    wrong = []
    for path in LIBRARY.rglob("*.py"):
        home = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
        if home in MAP:  # the two others, `__init__` and `__main__`, stand above them all
            later = uses(path) & set(MAP[MAP.index(home) + 1 :])
            wrong += [f"{path.relative_to(LIBRARY)} imports {name}" for name in later]
    assert wrong == []
