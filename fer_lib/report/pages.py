"""One page of the book: a notebook with parameters, executed by papermill whole or not at all."""

import json
import logging
import os
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
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbformat.validator import NotebookValidationError
from papermill.exceptions import PapermillExecutionError
from PIL import Image
from traitlets import default
from traitlets.config import Config

import fer_lib
from fer_lib.errors import ReportError
from fer_lib.files import atomic_write, digest, sha256

OURS = "fer"  # in a notebook's metadata: the models that it opens, its cells' own time_limit
TIME_LIMIT = 1800  # seconds a cell; the default grade of saliency maps needs about 180
SOCKET = 100  # bytes that a socket's path may have: the smallest limit of the systems is 103
LARGEST = 10 << 20  # bytes a cell may put out; a page of figures has one or two million
SEVEN = "seven"  # the tag of cells that need FER2013's seven expressions
LEFT_OUT = "*Left out here: it needs FER2013's expressions, and these faces have other classes.*"
LIBRARY = Path(fer_lib.__file__).parent
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")  # of an object in memory, another one in each run


class ThisPython(AsyncKernelManager):
    """Starts this Python's own kernel, whatever others a user has called python3."""

    @default("kernel_spec_manager")
    def _no_others(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])


def read(path: Path) -> NotebookNode:
    """A notebook from disk, without the cell that an earlier run injected."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [c for c in notebook.cells if "injected-parameters" not in tags(c)]
    return notebook


def chapters(book: Path) -> list[Path]:
    """The notebooks of the book in a folder, in the order of its table of contents."""
    names = re.findall(r"\bfile: ([\w./-]+)", (book / "_toc.yml").read_text(encoding="utf-8"))
    return [path for name in names if (path := book / f"{name}.ipynb").exists()]


def without_seven(notebook: NotebookNode) -> NotebookNode:
    """The notebook without its cells tagged `SEVEN`; a line says so in the place of several."""
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        if SEVEN not in tags(cell):
            cells.append(cell)
        # one line for a row of such cells
        elif not cells or cells[-1].source != LEFT_OUT:
            cells.append(new_markdown_cell(LEFT_OUT, id=cell.id))
    notebook.cells = cells
    return notebook


def models(notebook: NotebookNode) -> list[str]:
    """The networks whose runs the page opens, by its metadata: `"fer": {"models": ["deep"]}`."""
    return notebook.metadata.get(OURS, {}).get("models", [])


def library() -> str:
    """A hash of every file of fer_lib: an edited module is a reason to run a page again."""
    files = [path for path in LIBRARY.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return digest([sha256(path) for path in sorted(files)])


def fingerprint(notebook: NotebookNode, given: Mapping[str, Any], inputs: Iterable[str]) -> str:
    """Equal exactly when the page would come out the same.

    It covers the sources of the cells, the parameters given, and `inputs`: the hashes of the
    library, the data, the runs and the stored results.
    """
    # without ids and outputs: a page that was only executed again is the same page
    cells = [[cell.cell_type, cell.source, cell.metadata] for cell in notebook.cells]
    return digest([given, sorted(inputs), cells])


def execute(notebook: NotebookNode, target: Path, given: Mapping[str, Any], cwd: Path) -> None:
    """Run the notebook in the folder `cwd` and store it, with its outputs, as `target`.

    A cell that fails, says too much or takes too long, and a kernel that dies, raise `ReportError`
    and leave `target` as it was. What changes from run to run (times, addresses, the exact
    Python) is taken out.
    """
    for loud in ("papermill", "asyncio"):  # what they say of a failure, ReportError says better
        logging.getLogger(loud).setLevel(logging.CRITICAL)
    begun = ["none yet"]  # the ids of the cells
    limit = notebook.metadata.get(OURS, {}).get("time_limit", TIME_LIMIT)
    try:
        with TemporaryDirectory(prefix="fer-") as folder, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="IPython.paths")  # of a home it cannot write
            executed = papermill.execute_notebook(
                notebook,
                None,  # papermill would store it cell by cell: a page is stored whole or not at all
                parameters=dict(given),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                coalesce_streams=True,  # in how many pieces a text comes is chance
                execution_timeout=limit,
                extra_arguments=["--no-stderr", "--log-level=50", f"--ipython-dir={folder}"],
                cwd=str(cwd),
                config=_kernel(Path(folder)),
                kernel_manager_class=ThisPython,
                on_cell_start=lambda cell, cell_index: begun.append(cell.id),
                on_cell_executed=lambda cell, cell_index, execute_reply: _check(cell),
            )
        with atomic_write(target) as temporary:
            nbformat.write(strip_volatile(executed), temporary)
    except PapermillExecutionError as error:
        why = f"raised {error.ename}: {error.evalue}"
    except DeadKernelError:
        why = "killed its kernel (out of memory?)"
    except CellTimeoutError:
        why = f"ran past {limit} seconds; give the notebook's metadata a larger {OURS}.time_limit"
    except NotebookValidationError as error:
        why = f"put out what no notebook can hold ({error.message[:200]})"
    except (RuntimeError, ValueError) as error:  # no kernel begins; `_check`
        why = f"{error}"
    else:
        return
    raise ReportError(f"{target.name}: cell {begun[-1]!r} {why}")


def _kernel(folder: Path) -> Config:
    """Settings of a kernel that talks by sockets in `folder`.

    They need no network. Windows has none, and a long TMPDIR has no room for their names.
    """
    settings = {"connection_file": str(folder / "kernel.json")}
    if os.name == "posix" and len(os.fsencode(folder / "kernel-ipc-1")) < SOCKET:
        settings["transport"] = "ipc"
    return Config(KernelManager=settings)


def _check(cell: NotebookNode) -> None:
    """Raises ValueError for outputs that no page can show."""
    size = len(json.dumps(cell.outputs))
    if size > LARGEST:
        raise ValueError(f"put out {size >> 20} MB; at most {LARGEST >> 20} MB are allowed")
    pictures = [output.get("data", {}).get("image/png") for output in cell.outputs]
    try:
        for picture in filter(None, pictures):
            Image.open(BytesIO(b64decode(picture)), formats=("PNG",)).verify()
    except Exception as error:  # Pillow raises nearly anything
        raise ValueError("put out a picture that is no png") from error


def strip_volatile(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what differs between two runs of the same: times, addresses, Python."""
    notebook.metadata = NotebookNode(
        {key: value for key, value in notebook.metadata.items() if key == OURS},
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    for cell in notebook.cells:
        for key in ("papermill", "execution", "ExecuteTime"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in tags(cell):
            cell.id = "injected-parameters"
            cell.metadata.tags = ["injected-parameters", "remove-cell"]
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
            streams = [(output, "text") for output in cell.outputs]
            results = [(output.get("data", {}), "text/plain") for output in cell.outputs]
            for texts, kind in streams + results:
                if kind in texts:
                    texts[kind] = ADDRESS.sub("0x…", texts[kind])
    return notebook


def tags(cell: NotebookNode) -> list[str]:
    """The cell's tags."""
    return cell.metadata.get("tags", [])
