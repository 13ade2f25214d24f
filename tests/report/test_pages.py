import json
import os
import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output
from small import notebook

from fer_lib.errors import ReportError
from fer_lib.report import pages

BOOK = Path(__file__).parents[2] / "book"


def outputs(path: Path) -> list:
    cells = nbformat.read(path, as_version=4).cells
    return [o for c in cells if c.cell_type == "code" for o in c.outputs]


def test_models_are_those_that_the_metadata_name():
    assert pages.models(notebook(models=["deep", "shallow"])) == ["deep", "shallow"]
    assert pages.models(notebook()) == pages.models(nbformat.v4.new_notebook()) == []


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_page_s_metadata_name_the_models_that_its_code_opens(path):
    page = pages.read(path)
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    default = re.findall(r"^model = \"(\w+)\"", code, re.M) if "load_or_train" in code else []
    assert default == pages.models(page)


def test_a_fingerprint_moves_with_source_parameters_and_inputs():
    base = pages.fingerprint(notebook("1"), {"seed": 0}, ["a"])
    assert base == pages.fingerprint(notebook("1"), {"seed": 0}, ["a"])
    assert base != pages.fingerprint(notebook("2"), {"seed": 0}, ["a"])
    assert base != pages.fingerprint(notebook("1"), {"seed": 1}, ["a"])
    assert base != pages.fingerprint(notebook("1"), {"seed": 0}, ["b"])


def test_the_library_s_hash_moves_with_each_file(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "LIBRARY", tmp_path)
    (tmp_path / "recipes").mkdir()
    hashes = [pages.library()]
    for name in ("a.py", "recipes/fast.toml", "a.py"):
        with (tmp_path / name).open("a") as file:
            file.write("x = 1\n")
        hashes.append(pages.library())
    assert len(set(hashes)) == len(hashes)
    (tmp_path / "a.pyc").touch()
    assert pages.library() == hashes[-1]


def test_a_page_runs_where_the_temporary_folder_has_a_long_name(tmp_path, monkeypatch):
    folder = tmp_path / ("x" * 150)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    pages.execute(notebook("print(6 * 7)"), tmp_path / "page.ipynb", {}, tmp_path)
    assert outputs(tmp_path / "page.ipynb")[-1].text == "42\n"


def test_what_a_cell_prints_in_pieces_is_one_text(tmp_path):
    code = "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"
    pages.execute(notebook(code), tmp_path / "page.ipynb", {}, tmp_path)
    assert [output.text for output in outputs(tmp_path / "page.ipynb")] == ["0\n1\n2\n"]


@pytest.mark.skipif(os.name != "posix", reason="this system has no sockets in folders")
def test_a_kernel_needs_no_network_where_a_folder_can_do():
    assert pages._kernel(Path("/tmp/fer-1")).KernelManager["transport"] == "ipc"
    assert "transport" not in pages._kernel(Path("/tmp") / ("x" * 90)).KernelManager


def test_a_page_runs_with_what_is_given_in_the_folder_named(tmp_path):
    (tmp_path / "here.txt").write_text("found")
    given = 'data = "embedded"\nepochs = None'
    page = notebook("print(open('here.txt').read(), data, epochs)", parameters=given)
    target = tmp_path / "page.ipynb"
    pages.execute(page, target, {"epochs": 2}, tmp_path)
    assert outputs(target)[0].text == "found embedded 2\n"
    cells = nbformat.read(target, as_version=4).cells
    injected = [c for c in cells if c.id == "injected-parameters"]
    assert injected[0].metadata.tags == ["injected-parameters", "remove-cell"]
    again = pages.read(target)  # a second run must not inherit the first one's parameters
    assert [c.id for c in again.cells] == ["title", "parameters", "cell-0"]


def test_two_runs_store_the_same_bytes(tmp_path):
    page = notebook("object()", "import sys; print('noise', file=sys.stderr)", "1 + 1")
    first, second = tmp_path / "first.ipynb", tmp_path / "second.ipynb"
    pages.execute(page, first, {}, tmp_path)
    pages.execute(pages.read(first), second, {}, tmp_path)
    assert first.read_bytes() == second.read_bytes()
    assert "papermill" not in first.read_text()
    assert "noise" not in "".join(o.get("text", "") for o in outputs(first))


@pytest.mark.parametrize(
    ("code", "told"),
    [("1 / 0", "ZeroDivisionError"), ("import os; os._exit(1)", "killed its kernel")],
)
def test_a_failing_page_leaves_the_last_good_one(tmp_path, code, told):
    target = tmp_path / "page.ipynb"
    target.write_text(json.dumps("the last good page"))
    with pytest.raises(ReportError, match=told) as caught:
        pages.execute(notebook(code), target, {"seed": 1}, tmp_path)
    assert "page.ipynb" in str(caught.value)
    assert json.loads(target.read_text()) == "the last good page"
    assert [path.name for path in tmp_path.iterdir()] == ["page.ipynb"]


def test_the_failing_cell_is_named(tmp_path):
    page = notebook("1", "undefined", "2")
    with pytest.raises(ReportError, match="cell 'cell-1' raised NameError"):
        pages.execute(page, tmp_path / "page.ipynb", {"seed": 1}, tmp_path)


def test_a_hanging_cell_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "TIME_LIMIT", 1)
    with pytest.raises(ReportError, match="cell 'cell-0' ran past 1 seconds"):
        pages.execute(notebook("import time; time.sleep(60)"), tmp_path / "p.ipynb", {}, tmp_path)


def test_an_address_is_masked():
    output = new_output("execute_result", {"text/plain": "<object at 0x7f00deadbeef>"})
    page = notebook("object()")
    page.cells[-1].outputs = [output]
    (masked,) = pages.strip_volatile(page).cells[-1].outputs
    assert masked.data["text/plain"] == "<object at 0x…>"


def test_a_cell_says_no_more_than_a_page_can_hold(monkeypatch):
    monkeypatch.setattr(pages, "LARGEST", 3 << 20)
    wordy = new_code_cell(outputs=[new_output("stream", text="x" * (4 << 20))])
    with pytest.raises(ValueError, match="put out 4 MB; at most 3 MB are allowed"):
        pages._check(wordy)


def test_what_needs_fer2013_s_expressions_is_left_out_with_a_line():
    page = notebook("1", "2", "3", "4")
    for cell in page.cells[3:5]:
        cell.metadata["tags"] = ["hand-in", pages.SEVEN]
    left = [cell.source for cell in pages.without_seven(page).cells]
    assert left == ["# A page", "seed = 0", "1", pages.LEFT_OUT, "4"]
