"""One page of the book: a notebook with parameters, executed by papermill whole or not at all."""

import ast
import hashlib
import json
import logging
import re
import warnings
from base64 import b64decode
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.validator import NotebookValidationError
from papermill.exceptions import PapermillExecutionError
from PIL import Image
from traitlets.config import Config

import fer_lib
from fer_lib.errors import ReportError
from fer_lib.files import atomic_write

TIME_LIMIT = 1800  # seconds a cell may take; the default grade of saliency maps needs about 180
LIMIT = "time_limit"  # in a notebook's metadata: seconds for its cells, in place of that
LARGEST = 10 << 20  # bytes a cell may put out; a page of figures has one or two million
LIBRARY = Path(fer_lib.__file__).parent
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")  # of an object in memory, another one in each run


def read(path: Path) -> NotebookNode:
    """A notebook from disk, without the cell that an earlier run injected."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [c for c in notebook.cells if "injected-parameters" not in _tags(c)]
    return notebook


def parameters(notebook: NotebookNode) -> dict[str, Any]:
    """What the `parameters` cell sets: its names and their plain values."""
    cells = [c for c in notebook.cells if "parameters" in _tags(c)]
    tree = ast.parse("\n".join(c.source for c in cells))
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def models(notebook: NotebookNode) -> set[str]:
    """The networks whose runs the page opens: each `Recipe(..., model=NAME)` in its code."""
    return {
        str(keyword.value.value)
        for node in ast.walk(_code(notebook))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Recipe"
        for keyword in node.keywords
        if keyword.arg == "model" and isinstance(keyword.value, ast.Constant)
    }


def modules(notebook: NotebookNode) -> set[Path]:
    """The files of fer_lib that the page imports, those that they import, and what these read."""
    found: set[Path] = set()
    waiting = _imports(_code(notebook))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            if path.suffix == ".py":
                waiting |= _imports(ast.parse(path.read_text(encoding="utf-8")))
    return found


def fingerprint(notebook: NotebookNode, given: Mapping[str, Any], inputs: Iterable[str]) -> str:
    """Equal exactly when the page would come out the same.

    It covers the sources of the cells, the parameters given, the modules that the page imports,
    and `inputs`: the hashes of the data, the runs and the stored results that it reads.
    """
    digest = hashlib.sha256(json.dumps([given, sorted(inputs)], sort_keys=True).encode())
    for cell in notebook.cells:
        digest.update(json.dumps([cell.cell_type, cell.source, cell.metadata]).encode())
    for path in sorted(modules(notebook)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def execute(notebook: NotebookNode, target: Path, given: Mapping[str, Any], cwd: Path) -> None:
    """Run the notebook in the folder `cwd` and store it, with its outputs, as `target`.

    A cell that fails, says too much or takes too long, and a kernel that dies, raise `ReportError`
    and leave `target` as it was. What changes from run to run (times, addresses, the exact
    Python) is taken out.
    """
    for loud in ("papermill", "asyncio"):  # what they say of a failure, ReportError says better
        logging.getLogger(loud).setLevel(logging.CRITICAL)
    at = ["none yet"]  # the cells that were begun
    limit = notebook.metadata.get(LIMIT, TIME_LIMIT)
    try:
        with TemporaryDirectory(prefix="fer-") as folder, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="IPython.paths")  # of a home it cannot write
            # sockets in a folder: a kernel needs no network and no home
            private = {"transport": "ipc", "connection_file": f"{folder}/kernel.json"}
            done = papermill.execute_notebook(
                notebook,
                None,
                parameters=dict(given),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                execution_timeout=limit,
                extra_arguments=["--no-stderr", "--log-level=50", f"--ipython-dir={folder}"],
                cwd=str(cwd),
                config=Config(KernelManager=private),
                on_cell_start=lambda cell, cell_index: at.append(cell.id),
                on_cell_executed=lambda cell, cell_index, execute_reply: _check(cell),
            )
        with atomic_write(target) as temporary:
            nbformat.write(_settled(done), temporary)
    except PapermillExecutionError as error:
        why = f"raised {error.ename}: {error.evalue}"
    except DeadKernelError:
        why = "killed its kernel (out of memory?)"
    except CellTimeoutError:
        why = f"ran past {limit} seconds; give the notebook's metadata a larger {LIMIT!r}"
    except NotebookValidationError as error:
        why = f"put out what no notebook can hold ({error.message[:200]})"
    except (RuntimeError, ValueError) as error:  # no kernel begins; `_check`
        why = f"{error}"
    else:
        return
    raise ReportError(f"{target.name}: cell {at[-1]!r} {why}")


def _check(cell: NotebookNode) -> None:
    """Raises ValueError for outputs that no page can show."""
    size = len(json.dumps(cell.outputs))
    if size > LARGEST:
        raise ValueError(f"put out {size >> 20} MB; at most {LARGEST >> 20} MB are allowed")
    for output in cell.outputs:
        if picture := output.get("data", {}).get("image/png"):
            try:
                Image.open(BytesIO(b64decode(picture)), formats=("PNG",)).verify()
            except Exception as error:  # Pillow raises nearly anything
                raise ValueError("put out a picture that is no png") from error


def _settled(notebook: NotebookNode) -> NotebookNode:
    """Without what differs between two runs that found the same."""
    notebook.metadata = NotebookNode(
        {key: value for key, value in notebook.metadata.items() if key == LIMIT},
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in _tags(cell):
            cell.id = "injected-parameters"
            cell.metadata.tags = ["injected-parameters", "remove-cell"]
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
            for output in cell.outputs:
                for texts, kind in ((output, "text"), (output.get("data", {}), "text/plain")):
                    if kind in texts:
                        texts[kind] = ADDRESS.sub("0x…", texts[kind])
    return notebook


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _code(notebook: NotebookNode) -> ast.Module:
    return ast.parse("\n".join(c.source for c in notebook.cells if c.cell_type == "code"))


def _imports(tree: ast.Module) -> set[Path]:
    """The files of fer_lib that a module imports, by `import a.b` or `from a import b`.

    A package's are its `__init__.py`, the recipes beside that and the seals of trained networks.
    """
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    places = {LIBRARY.parent.joinpath(*name.split(".")) for name in names}
    files = {place.with_suffix(".py") for place in places}
    beside = ("__init__.py", "*.toml", "*/manifest.json")
    files |= {path for place in places for kind in beside for path in place.glob(kind)}
    return {path for path in files if path.is_relative_to(LIBRARY) and path.is_file()}
