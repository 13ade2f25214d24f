"""What is installed is what the requirements say, and nothing is imported that they do not name."""

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ALWAYS = {"pip", "setuptools", "wheel", "fer-report"}  # of every virtual environment, and we


def pinned(name):
    """Package → version of a requirements file, each pinned by ==, of what this machine needs."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    lines = [line.split("#")[0].strip() for line in lines]
    versions = {}
    for requirement in (Requirement(line) for line in lines if line and not line.startswith("-")):
        if requirement.marker is None or requirement.marker.evaluate():
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            versions[canonicalize_name(requirement.name)] = specifier.version
    return versions


DIRECT, TREE = pinned("requirements.txt"), pinned("constraints.txt")
NEEDED = [
    canonicalize_name(Requirement(text).name)
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
]


def public(version):
    """A version without the build: torch's differs between machines."""
    return version.split("+")[0]


def test_each_direct_dependency_stands_in_the_tree_with_one_version():
    assert {name: TREE.get(name) for name in DIRECT} == DIRECT


def installed(name):
    """The distribution of that name, or None: torch's CPU build brings no CUDA."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def test_what_is_installed_is_what_is_stated():
    found = {name: public(known.version) for name in TREE if (known := installed(name))}
    assert found.keys() >= DIRECT.keys()
    assert found == {name: public(version) for name, version in TREE.items() if name in found}


def test_the_tree_is_whole():
    """Whatever a stated package needs on this machine is stated too."""
    waiting, seen = list(DIRECT), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for text in (installed(name).requires if installed(name) else None) or ():
            requirement = Requirement(text)
            needed = canonicalize_name(requirement.name)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(needed)
    assert seen - TREE.keys() - ALWAYS == set()


def imported(path):
    """The packages that a Python file imports from outside of Python and of this project."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    ours = {"fer_lib", *(file.stem for file in path.parent.glob("*.py"))}
    return {name for name in found if name not in sys.stdlib_module_names} - ours


def named(modules, allowed):
    """The modules that no allowed package brings."""
    packages = packages_distributions()
    return {
        module
        for module in modules
        if not {canonicalize_name(name) for name in packages.get(module, ())} & set(allowed)
    }


def of(folder):
    return set().union(*(imported(path) for path in (ROOT / folder).rglob("*.py")))


def test_the_library_imports_what_pyproject_names():
    assert named(of("fer_lib"), NEEDED) == set()


# what fer_lib needs without an `import`
OTHERWISE = {
    "ipykernel": "runs the pages: report/pages.py",
    "jupyter-book": "renders them, in a process of its own: report/render.py",
    "myst-nb": "the notebooks import its glue",
    "sphinx-mathjax-offline": "its file is copied: sphinx_ext/extension.py",
    "sphinxcontrib-bibtex": "makes the references: _config.yml",
}


def test_the_library_uses_what_pyproject_names():
    packages = packages_distributions()
    brought = {canonicalize_name(n) for module in of("fer_lib") for n in packages.get(module, ())}
    assert set(NEEDED) - brought == set(OTHERWISE)


@pytest.mark.parametrize("folder", ["fer_lib", "tests", "benchmarks", "experiments"])
def test_nothing_is_imported_that_requirements_do_not_name(folder):
    local = {path.stem for path in (ROOT / "tests").rglob("*.py")}
    # by one script each, quantus_agreement.py and installed.py, which say so
    asked_for = {"benchmarks": {"quantus"}, "experiments": {"ai_edge_litert"}}.get(folder, set())
    assert named(of(folder) - local - asked_for, DIRECT) == set()


def test_what_pyproject_names_is_pinned():
    assert set(NEEDED) - DIRECT.keys() == set()


FORBIDDEN = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.load", "pickle.loads",
    "torch.load", "yaml.load", "yaml.unsafe_load", "marshal.loads", "shelve.open",
    "pd.read_pickle", "pandas.read_pickle", "subprocess.getoutput", "joblib.load",
}  # fmt: skip


def dangers(path):
    """Calls that could run what was read: `name(...)`, `shell=True`, `allow_pickle=True`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            said = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            safe = name == "torch.load" and said.get("weights_only") == "True"
            if (name in FORBIDDEN and not safe) or said.get("shell", "False") != "False":
                yield f"{path.name}:{node.lineno} {name}"
            if said.get("allow_pickle", "False") != "False":
                yield f"{path.name}:{node.lineno} {name}"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            if {"pickle", "marshal", "shelve", "dill", "joblib"} & {n.split(".")[0] for n in names}:
                yield f"{path.name}:{node.lineno} {names}"


def test_no_input_comes_to_eval_exec_pickle_or_a_shell():
    files = sorted((ROOT / "fer_lib").rglob("*.py"))
    assert len(files) > 40
    found = [danger for path in files for danger in dangers(path)]
    # the one file that a user names to have it run
    named = [danger for danger in found if danger.startswith("own.py:")]
    assert sorted(danger.split()[1] for danger in named) == ["compile", "exec"]
    assert [danger for danger in found if danger not in named] == []


@pytest.mark.parametrize(
    "code",
    [
        "eval(x)",
        "import pickle",
        "torch.load(p)",
        "torch.load(p, weights_only=False)",
        "run(c, shell=True)",
        "np.load(p, allow_pickle=1)",
    ],
)
def test_the_search_finds_dangers(tmp_path, code):
    (tmp_path / "bad.py").write_text(code)
    assert list(dangers(tmp_path / "bad.py"))


def test_every_requirement_is_pinned():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert all(re.fullmatch(r"|#.*|[\w.-]+==[\w.]+|-e \.", line) for line in lines)
