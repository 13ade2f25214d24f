"""What a page offers: the frame that went in comes out of the notebook, and shows nothing."""

import base64
import io
import json

import nbformat
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat.v4 import new_code_cell, new_notebook, output_from_msg
from pandas.testing import assert_frame_equal

from fer_lib.report import downloads


def stored(path, **frames):
    """A notebook in which a cell offered the frames."""
    InteractiveShell.instance()
    with capture_output() as captured:
        downloads.attach_csv(**frames)
    outputs = [
        output_from_msg(
            {
                "header": {"msg_type": "display_data"},
                "content": {"data": rich.data, "metadata": rich.metadata},
            }
        )
        for rich in captured.outputs
    ]
    nbformat.write(new_notebook(cells=[new_code_cell("attach_csv()", outputs=outputs)]), path)
    return outputs


def test_a_frame_comes_back_as_it_was(tmp_path):
    named = pd.DataFrame({"recall": [0.5, 1 / 3]}, index=pd.Index(["sad", "é,"], name="label"))
    plain = pd.DataFrame({"epoch": [1, 2], "loss": [1.5, float("nan")]})
    stored(tmp_path / "page.ipynb", recall=named, history=plain)
    tables = downloads.tables(tmp_path / "page.ipynb")
    assert list(tables) == ["recall", "history"]
    back = pd.read_csv(io.StringIO(tables["recall"]), index_col="label")
    assert_frame_equal(back, named, rtol=1e-5)
    assert_frame_equal(pd.read_csv(io.StringIO(tables["history"])), plain)


def test_an_offer_shows_nothing(tmp_path):
    (output,) = stored(tmp_path / "page.ipynb", a=pd.DataFrame({"x": [1]}))
    assert all(kind.startswith(downloads.PREFIX) for kind in output["data"])


def test_a_page_without_offers_has_no_tables(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("1 + 1"), nbformat.v4.new_markdown_cell("x")])
    nbformat.write(notebook, tmp_path / "page.ipynb")
    assert downloads.tables(tmp_path / "page.ipynb") == {}


def test_first_picture_finds_the_cell_and_its_alt_text(tmp_path):
    png = base64.b64encode(b"\x89PNG").decode()
    shown = [{"data": {"text/plain": "x"}}, {"data": {"image/png": png}}]
    alt = {"mystnb": {"image": {"alt": "A face."}}}
    page = {"cells": [{"id": "maps", "outputs": shown, "metadata": alt}, {"id": "text"}]}
    (tmp_path / "page.ipynb").write_text(json.dumps(page))
    assert downloads.first_picture(tmp_path / "page.ipynb", "maps") == (b"\x89PNG", "A face.")
    assert downloads.first_picture(tmp_path / "page.ipynb", "text") == (None, "")
    assert downloads.first_picture(tmp_path / "page.ipynb", "nowhere") == (None, "")
