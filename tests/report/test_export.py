import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from fer_lib.data.faceset import FaceSet, Split, to_input
from fer_lib.errors import UserError
from fer_lib.networks.models import Network, convolution
from fer_lib.questions import history
from fer_lib.report import export
from fer_lib.store import read_results, read_view, write_result, write_view
from fer_lib.studies import calibration
from fer_lib.training.recipe import Recipe
from fer_lib.training.run import Predictions, Run

RESULTS = Path(__file__).parents[2] / "book" / "results"
WINDOW = 18  # pixels that a filter of the last convolution sees: a part of a face


@pytest.fixture
def run():
    """A run without a folder, on noise: 49 angry faces, 50 of each other; half are train's."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7), [49, *[50] * 6])
    images = rng.integers(0, 256, (len(labels), 48, 48), np.uint8)
    torch.manual_seed(0)
    features = nn.Sequential(*convolution(1, 40, 3), nn.MaxPool2d(8))
    model = Network(features, nn.Sequential(nn.Flatten(), nn.Linear(40 * 36, 7))).eval()
    made = Run(Path("nowhere"), Recipe(data="/home/me/noise.zip", model="shallow", epochs=1))
    made.__dict__.update(
        model=model,
        faces=FaceSet("noise", Split(images[::2], labels[::2]), Split(images, labels)),
        history=pd.DataFrame(
            {"epoch": [1], **dict.fromkeys(history.CURVES, 0.5), "seconds": [1.0]}
        ),
        manifest={
            "data": "a hash",
            "seconds": 1.0,
            "machine": {"processor": "a processor"},
            "threads": 1,
            "processes": 2,
            "versions": {"torch": "2"},
            "precision": "fp32",
        },
    )
    made.__dict__["predictions"] = Predictions(labels, made.predict(images))
    return made


def grids(value, key=""):
    """Every table of numbers in a JSON value as large as a face or larger, by its key."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from grids(inner, name)
    elif isinstance(value, list):
        if np.size(np.array(value, dtype=object)) and all(isinstance(v, list) for v in value):
            if all(isinstance(x, int | float) for row in value for x in row):
                yield key, np.array(value, float)
                return
        elif len(value) >= 48 * 48 and all(isinstance(x, int | float) for x in value):
            yield key, np.array(value, float)  # a face laid out flat would be caught too
        for inner in value:
            yield from grids(inner, key)


def check(path):
    """No array of the file can hold a face: what is as large is a mean, and counted as one."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            # a number a face, or one a face and class
            assert {name: array.ndim for name, array in arrays.items()} == {
                "labels": 1, "probabilities": 2,
            }  # fmt: skip
            assert arrays["probabilities"].shape == (len(arrays["labels"]), 7)
    else:
        check_json(path.read_text())


def check_json(text):
    values = json.loads(text)
    for key, grid in grids(values):
        assert grid.ndim == 2
        if max(grid.shape) > WINDOW:
            assert key in ("faces", "heat")
    if "counts" in values:
        for key in ("faces", "heat"):
            for n, picture in zip(values["counts"], values[key], strict=True):
                assert picture is None or n >= 50


def test_no_stored_array_can_hold_a_face(run, tmp_path):
    written = export.export(run, run.faces, tmp_path)
    assert [path.name.rsplit("-", 1)[0] for path in written] == [
        "run-noise-shallow-1-1-0",
        "view-noise-shallow-1-1-0",
        "predictions-noise-shallow-1-1-0",
    ]
    for path in written:
        check(path)
    np.savez(tmp_path / "bad.npz", labels=[0], probabilities=run.faces.validation.images[0])
    with pytest.raises(AssertionError):
        check(tmp_path / "bad.npz")
    with pytest.raises(AssertionError):
        check_json(json.dumps({"pictures": run.faces.validation.images[:1].tolist()}))
    with pytest.raises(AssertionError):
        check_json(json.dumps({"counts": [1], "faces": run.faces.validation.images[:1].tolist()}))
    with pytest.raises(AssertionError):
        check_json(json.dumps({"x": run.faces.validation.images[0].ravel().tolist()}))


@pytest.mark.parametrize(
    "path", sorted([*RESULTS.glob("*.json"), *RESULTS.glob("*.npz")]), ids=lambda path: path.name
)
def test_no_file_of_the_book_holds_a_face(path):
    check(path)


def test_a_mean_needs_fifty_faces_and_is_their_mean(run):
    found, split = export.view(run, run.faces), run.faces.validation
    assert found.counts.tolist() == [0, *[50] * 6]
    assert np.isnan(found.faces[0]).all()
    assert np.isnan(found.heat[0]).all()
    np.testing.assert_allclose(found.faces[3], split.images[split.labels == 3].mean(0))
    x = to_input(split.images[split.labels == 3]).requires_grad_()
    (slope,) = torch.autograd.grad(run.model(x)[:, 3].sum(), x)
    np.testing.assert_allclose(found.heat[3], slope.abs().mean(0)[0], atol=1e-6)


def test_a_view_comes_back_as_it_was_written(run, tmp_path):
    found = export.view(run, run.faces)
    result = export.result_of(run, run.faces)
    write_view(found, result, tmp_path)
    again = read_view(result, tmp_path)
    assert again.names == found.names
    assert len(again.names) == export.PATTERNS == len(again.patterns)
    np.testing.assert_allclose(again.faces, found.faces, atol=0.5)
    np.testing.assert_allclose(again.heat, found.heat, atol=1e-5)
    np.testing.assert_allclose(again.patterns, found.patterns, atol=0.005)


def test_the_result_has_all_confusions_and_no_path(run, tmp_path):
    text = write_result(export.full_result(run, run.faces), tmp_path).read_text()
    assert "/home" not in text
    (stored,) = read_results(tmp_path)
    labels, images = run.faces.validation.labels, run.faces.validation.images
    ten = run.predict(images, ten_views=True)
    assert stored.ten_views.diagonal().sum() == (ten.argmax(1) == labels).sum()
    said = run.predictions.probabilities.argmax(1)
    counts = np.zeros((7, 7), int)
    np.add.at(counts, (labels[1::2], said[1::2]), 1)
    assert stored.new_faces.tolist() == counts.tolist()
    assert stored.facts["threads"] == 2  # of both processes
    assert stored.facts["parameters"] == sum(p.numel() for p in run.model.parameters())
    assert stored.facts["calibration_tempered"] <= stored.facts["calibration"] + 0.02
    error = calibration.reliability(labels, ten).error
    assert stored.facts["ten_views"]["calibration"] == pytest.approx(error, abs=1e-4)


def test_what_was_trained_elsewhere_is_not_exported(run, tmp_path):
    run.manifest["imported"] = {"file": "w.pt"}
    with pytest.raises(UserError, match="trained elsewhere, so that its recipe is not known"):
        export.export(run, run.faces, tmp_path)
    assert not list(tmp_path.iterdir())
