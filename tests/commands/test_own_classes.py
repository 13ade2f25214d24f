"""As a new user: a folder of pictures in three classes of one's own, command by command."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from PIL import Image
from safetensors.torch import load_file
from small import call

from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.drawn.faces import face, full, render
from fer_lib.report import build, pages
from fer_lib.training.run import load

DRAWN = {"wide grin": "happy", "frown": "angry", "gasp": "surprise"}  # class folder → what it shows
CLASSES = sorted(DRAWN)
NET = """
from torch import nn
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 12, 3, 2), nn.ReLU(),
                         nn.Flatten(), nn.Linear(1200, OUTPUTS))
"""


def pictures(folder, count, seed=0):
    for name, expression in DRAWN.items():
        (folder / name).mkdir(parents=True)
        faces = [full(face(seed, i, expression)) for i in range(count)]
        for i, image in enumerate(render(faces)):
            Image.fromarray(image).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("three") / "faces", 40)


@pytest.fixture
def net(tmp_path):
    def written(outputs):
        path = tmp_path / f"net{outputs}.py"
        path.write_text(NET.replace("OUTPUTS", str(outputs)))
        return ["--model", f"{path}:Net"]

    return written


def test_three_classes_from_training_to_prediction(monkeypatch, capsys, tmp_path, three):
    options = ["--model", "coarse", "--epochs", 15, "--runs", tmp_path / "runs"]
    code, run, err = call(monkeypatch, capsys, "train", "--data", three, *options)
    assert code == 0
    assert "classes: frown, gasp, wide grin, from the folder names; not FER2013's" in err
    run = Path(run.strip())
    weights = load_file(run / "weights.safetensors")
    assert weights["head.3.weight"].shape == (3, 256)
    assert json.loads((run / "manifest.json").read_text())["classes"] == CLASSES
    assert load(run).classes == tuple(CLASSES)

    new = pictures(tmp_path / "new", 20, seed=1)
    code, out, _ = call(monkeypatch, capsys, "evaluate", run, "--data", new, "--json")
    scores = json.loads(out)
    assert (code, list(scores["recall"]), scores["n"]) == (0, CLASSES, 60)
    assert scores["accuracy"] > 0.6  # a third by chance; a label read as another's is wrong
    assert call(monkeypatch, capsys, "evaluate", run)[1].count("wide grin") in (1, 2)

    bare = tmp_path / "bare"
    (new / "gasp").rename(bare)
    predict = ["predict", run, "--data", bare, "--out", tmp_path / "p.csv", "--probabilities"]
    assert call(monkeypatch, capsys, *predict)[0] == 0
    table = pd.read_csv(tmp_path / "p.csv")
    assert table.columns.tolist() == ["id", "label", "expression", *CLASSES]
    assert (table["expression"] == np.array(CLASSES)[table["label"]]).all()
    assert (table["expression"] == "gasp").mean() > 0.5
    explain = ["explain", run, "--image", bare / "1.png", "--out", tmp_path / "why.png"]
    assert call(monkeypatch, capsys, *explain, "--expression", "Frown")[0] == 0
    code, _, err = call(monkeypatch, capsys, *explain, "--expression", "happy")
    assert (code, err) == (2, "error: no expression 'happy'; there are frown, gasp, wide grin\n")

    seven = ", ".join(EXPRESSIONS)
    for arguments, has in ((["compact", "--data", three], CLASSES), ([run, "--data", "embedded"],
                                                                     EXPRESSIONS)):  # fmt: skip
        code, out, err = call(monkeypatch, capsys, "evaluate", *arguments)
        assert (code, out) == (2, "")
        assert f"has the classes {', '.join(has)}, and the run" in err
        assert seven in err
        assert "frown, gasp, wide grin" in err
    csv = small.csv(tmp_path / "fer2013.csv", 14)
    code, _, err = call(monkeypatch, capsys, "evaluate", run, "--data", csv)
    assert "unknown labels '3', '4', '5' and '6'; the classes are frown, gasp, wide grin" in err
    code, _, err = call(monkeypatch, capsys, "export", run, "--out", tmp_path / "results")
    assert (code, "has the classes frown, gasp" in err) == (2, True)
    release = ["release", run, "--out", tmp_path / "mine"]
    assert call(monkeypatch, capsys, *release)[0] == 0
    assert "into frown, gasp and wide grin." in (tmp_path / "mine/README.md").read_text()
    assert load(tmp_path / "mine").classes == tuple(CLASSES)


def test_a_network_of_one_s_own_has_an_output_a_class(monkeypatch, capsys, tmp_path, three, net):
    options = ["--data", three, "--epochs", 1, "--runs", tmp_path / "runs"]
    for outputs, data in ((7, three), (3, "embedded")):
        given = ["--data", data, *options[2:], *net(outputs)]
        code, out, err = call(monkeypatch, capsys, "train", *given)
        classes = {7: 3, 3: 7}[outputs]
        assert (code, out) == (2, "")
        assert f"gives (2, {outputs}) for faces (2, 1, 48, 48); it must be (2, {classes})" in err
    assert not (tmp_path / "runs").exists()
    code, run, _ = call(monkeypatch, capsys, "train", *options, *net(3))
    assert code == 0
    weights = Path(run.strip()) / "weights.safetensors"
    arguments = [weights, *net(3), "--data", three, "--runs", tmp_path / "runs"]
    code, again, err = call(monkeypatch, capsys, "import", *arguments)
    assert (code, "outputs read as frown, gasp, wide grin" in err) == (0, True)
    one, two = (load(r.strip(), net(3)[1]).predictions for r in (run, again))
    np.testing.assert_array_equal(one.probabilities, two.probabilities)


def test_eight_classes_by_a_list(monkeypatch, capsys, tmp_path, net):
    table = pd.read_csv(small.csv(tmp_path / "seven.csv", 64))
    table["emotion"] = np.arange(128) % 8
    table["Usage"] = table["Usage"].replace("PublicTest", "val")  # so that it is no FER2013
    data = tmp_path / "eight.csv"
    table.to_csv(data, index=False)
    names = "neutral,happy,sad,surprise,fear,disgust,anger,contempt"
    options = ["--data", data, *net(8), "--epochs", 1, "--runs", tmp_path / "runs"]
    code, _, err = call(monkeypatch, capsys, "train", *options)
    assert (code, "unknown label '7'" in err) == (2, True)
    code, run, err = call(monkeypatch, capsys, "train", *options, "--classes", names)
    assert (code, "7 is read as contempt" in err) == (0, True)
    code, out, _ = call(monkeypatch, capsys, "evaluate", run.strip(), *net(8), "--json")
    scores = json.loads(out)
    assert np.array(scores["confusion_matrix"]).sum(1).tolist() == [8] * 8
    assert list(scores["recall"]) == names.split(",")
    code, out, _ = call(monkeypatch, capsys, "data", data, "--classes", names)
    assert (code, "contempt" in out) == (0, True)


@pytest.mark.parametrize("whole", [True, False], ids=["in JupyterLab", "in a report"])
def test_page_3_is_about_these_classes(tmp_path, three, net, whole):
    given = {"data": str(three), "model": net(3)[1], "epochs": 1, "runs": str(tmp_path)}
    text = executed(tmp_path, "3_confusion", given, whole)
    assert "wide grin" in text
    assert (pages.LEFT_OUT in text) == (not whole)
    assert ("The homework's claim, tested" in text) == whole


@pytest.mark.slow
def test_the_other_pages_are_about_these_classes(tmp_path, three, net):
    given = {"data": str(three), "model": net(3)[1], "epochs": 1, "runs": str(tmp_path)}
    for whole in (True, False):
        text = executed(tmp_path, "4_saliency", given, whole)
        assert (pages.LEFT_OUT in text) == (not whole)
    executed(tmp_path, "5_filters", given, False)
    assert "Guessing all 3 classes alike costs ln 3" in executed(
        tmp_path, "2_history", given, False
    )


def test_the_front_page_tells_of_this_network_and_not_of_an_exercise_s(tmp_path, net):
    executed(tmp_path, "1_architecture", {"model": net(3)[1], "classes": 3}, False)
    told = pages.read(tmp_path / "1_architecture.ipynb").cells[-1].outputs[0]
    assert "It has 4,687 parameters" in str(told.data)


def executed(folder, name, given, whole):
    """What a page says, run as it is or as a report has it."""
    page = pages.read(build.SOURCE / f"{name}.ipynb")
    made = folder / f"{name}.ipynb"
    pages.execute(page if whole else pages.without_seven(page), made, given, build.SOURCE)
    cells = pages.read(made).cells
    shown = [
        o.get("data", {}).get("text/markdown", "") for c in cells for o in c.get("outputs", [])
    ]
    return "\n".join([*(c.source for c in cells if c.cell_type == "markdown"), *map(str, shown)])
