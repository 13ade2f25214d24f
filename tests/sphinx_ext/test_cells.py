"""What becomes of a notebook's cells, on doctrees as myst-nb hands them over."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from docutils import nodes
from docutils.utils import new_document

from fer_lib.sphinx_ext import cells


def cell(*kinds: str, classes=(), **attributes) -> nodes.container:
    """A code cell as myst-nb makes it, with one output bundle for each kind."""
    bundles = [
        nodes.container("", nodes.container(mime_type=kind), nb_element="mime_bundle")
        for kind in kinds
    ]
    source = nodes.container(nb_element="cell_code_source")
    output = nodes.container("", *bundles, nb_element="cell_code_output")
    return nodes.container(
        "", source, output, nb_element="cell_code", classes=list(classes), **attributes
    )


@pytest.mark.parametrize(
    ("given", "box"),
    [
        (cell("image/png"), '<details class="fold" open><summary>Code'),
        (cell("text/markdown"), '<details class="fold"><summary>Code'),
        (cell("text/markdown", "image/png"), '<details class="fold" open><summary>Code'),
        (cell(), '<details class="fold" open><summary>Code'),
        (cell("image/png", hide_mode="input"), '<details class="fold"><summary>Code'),
        (cell(classes=["tag_parameters"]), '<details class="fold"><summary>Parameters'),
    ],
)
def test_code_is_folded_where_the_output_speaks_for_itself(given, box):
    document = new_document("page")
    document += given
    cells.fold_code(None, document)
    before, source, after, _ = given.children
    assert before.astext().startswith(box)
    assert source["nb_element"] == "cell_code_source"
    assert after.astext() == "</details>"
    assert "hide_mode" not in given


def test_a_cell_hidden_otherwise_is_left_to_myst_nb():
    document = new_document("page")
    document += (given := cell("image/png", hide_mode="all"))
    cells.fold_code(None, document)
    assert len(given.children) == 2


def test_a_hidden_output_is_a_table_in_a_closed_box_of_its_own():
    document = new_document("page")
    document += (given := cell("text/html", hide_mode="output"))
    cells.fold_code(None, document)
    code, _, _, box, output, end = given.children
    assert code.astext() == '<details class="fold"><summary>Code</summary>'
    assert box.astext() == '<details class="fold output"><summary>Table</summary>'
    assert output["nb_element"] == "cell_code_output"
    assert end.astext() == "</details>"


def test_a_picture_is_shown_at_half_of_its_pixels(tmp_path):
    plt.imsave(tmp_path / "a.png", np.zeros((30, 200)))
    (tmp_path / "b.svg").write_text("<svg/>")
    document = new_document("page")
    given = [{"uri": "a.png"}, {"uri": "a.png", "width": "50%"}, {"uri": "b.svg"}, {"uri": "?"}]
    document += [nodes.image(**attributes) for attributes in given]
    cells.size_figures(SimpleNamespace(srcdir=tmp_path), document)
    assert [image.get("width") for image in document] == ["100px", "50%", None, None]


def test_a_picture_with_alt_text_becomes_a_figure_once():
    document = new_document("page")
    document += [
        nodes.image(uri="a.png", alt="Two curves. The lower one falls."),
        nodes.image(uri="b.png"),
        nodes.figure("", nodes.image(uri="c.png", alt="C."), nodes.caption("", "own")),
    ]
    cells.number_figures(None, document)
    made, bare, own = document.children
    assert made[1].astext() == "Figure 1 Two curves."
    assert made[0]["alt"] == "Two curves. The lower one falls."
    assert isinstance(bare, nodes.image)
    assert [caption.astext() for caption in own.findall(nodes.caption)] == ["own"]
