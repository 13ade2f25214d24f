import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small
from PIL import Image
from small import call

from fer_lib import __main__ as cli
from fer_lib.data.faceset import EXPRESSIONS
from fer_lib.data.votes import FERPLUS
from fer_lib.loading import load_faces
from fer_lib.training.recipes import named


def test_train_begins_with_a_named_recipe_and_takes_choices():
    given = ["--recipe", "fast", "--data", "x.zip", "--seed", "2"]
    assert cli.parse(["train", *given]).choices == named("fast", data="x.zip", seed=2)


def test_train_prints_the_run_and_evaluate_scores_it(monkeypatch, capsys, tmp_path):
    data = small.csv(tmp_path / "fer2013.csv", 70)
    options = ["--data", data, "--model", "shallow", "--epochs", 1, "--runs", tmp_path / "runs"]
    code, out, _ = call(monkeypatch, capsys, "train", *options)
    assert code == 0
    run = out.splitlines()[-1]
    assert {path.name for path in tmp_path.glob("runs/*/*")} >= {
        "recipe.json",
        "history.csv",
        "weights.safetensors",
        "predictions.npz",
        "manifest.json",
    }
    code, out, _ = call(monkeypatch, capsys, "evaluate", run, "--data", data, "--json")
    assert code == 0
    scores = json.loads(out)
    assert scores["n"] == 70
    assert 0 <= scores["accuracy"] <= 1
    assert np.array(scores["confusion_matrix"]).sum() == 70
    assert set(scores["recall"]) == set(EXPRESSIONS)
    new = scores.pop("without_near_duplicates")
    assert new == scores
    lines = data.read_text().splitlines()
    lines[71:78] = [line.replace("Training", "PublicTest") for line in lines[1:8]]
    copies = tmp_path / "copies.csv"
    copies.write_text("\n".join(lines) + "\n")
    code, out, _ = call(monkeypatch, capsys, "evaluate", run, "--data", copies, "--json")
    assert json.loads(out)["without_near_duplicates"]["n"] == 63
    code, _, err = call(monkeypatch, capsys, "evaluate", run, "--data", data, "--split", "test")
    assert code == 2
    assert "test" in err
    release = ["release", run, "--out", tmp_path / "mine"]
    assert call(monkeypatch, capsys, *release)[:2] == (0, f"{tmp_path / 'mine'}\n")
    assert call(monkeypatch, capsys, *release)[0] == 2  # it is there already
    code, out, _ = call(monkeypatch, capsys, "evaluate", run, "--data", copies)
    assert (code, "accuracy" in out) == (0, True)
    assert "7 faces (10.0 %) have a near-duplicate in train" in out
    code, out, err = call(monkeypatch, capsys, "evaluate", tmp_path / "mine", "--data", copies)
    assert (code, "not looked for: what it was trained on is not here" in out) == (0, True)
    assert "near-duplicates" not in err
    again = ["evaluate", tmp_path / "mine", "--data", copies, "--json"]
    code, out, err = call(monkeypatch, capsys, *again)
    assert (code, "without_near_duplicates" in json.loads(out)) == (0, False)
    assert "not looked for: what the run was trained on is not here\n" in err


def test_faces_without_a_split_are_scored_whole_and_predicted(monkeypatch, capsys, tmp_path):
    """A run that was not fitted on them need not set a tenth aside."""
    data = small.csv(tmp_path / "fer2013.csv", 28)
    options = ["--data", data, "--model", "shallow", "--epochs", 1, "--runs", tmp_path / "runs"]
    _, run, err = call(monkeypatch, capsys, "train", *options)
    assert "train: 28 faces from Usage Training\nvalidation: 28 faces from Usage Pub" in err
    for name in EXPRESSIONS:
        for i in range(2):
            (tmp_path / "mine" / name).mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(i).integers(0, 256, (48, 48), np.uint8)
            Image.fromarray(noise).save(tmp_path / "mine" / name / f"{i}.png")
    mine = ["--data", tmp_path / "mine"]
    code, out, err = call(monkeypatch, capsys, "evaluate", run.strip(), *mine, "--json")
    assert (code, json.loads(out)["n"]) == (0, 14)
    assert "14 of 14 faces are scored: those that the run was not trained on" in err
    assert "12 faces exactly like another" in err
    code, _, err = call(monkeypatch, capsys, "evaluate", run.strip(), *mine, "--split", "test")
    assert (code, "no test faces; give a data set that has them" in err) == (2, True)
    _, own, _ = call(monkeypatch, capsys, "train", *mine, *options[2:])
    _, _, err = call(monkeypatch, capsys, "evaluate", own.strip(), *mine, "--drop", "disgust")
    assert "6 of 12 faces are scored: those that the run was not trained on" in err
    learned = load_faces(str(tmp_path / "mine")).train.images[0]
    for name in EXPRESSIONS[:2]:
        (tmp_path / "learned" / name).mkdir(parents=True)
        for i in range(2):
            Image.fromarray(learned).save(tmp_path / "learned" / name / f"{i}.png")
    again = ["evaluate", own.strip(), "--data", tmp_path / "learned"]
    code, out, err = call(monkeypatch, capsys, *again)
    assert (code, out) == (2, "")
    assert "0 of 4 faces are scored: those that the run was not trained on" in err
    code, out, _ = call(monkeypatch, capsys, "evaluate", run.strip(), *mine)
    assert "No face scored has a near-duplicate in train" in out
    assert "precision" in out
    (tmp_path / "mine" / "happy").rename(tmp_path / "faces")
    predict = ["--data", tmp_path / "faces", "--out", tmp_path / "p.csv", "--probabilities"]
    assert call(monkeypatch, capsys, "predict", run.strip(), *predict)[0] == 0
    table = pd.read_csv(tmp_path / "p.csv")
    assert table.columns.tolist() == ["id", "label", "expression", *EXPRESSIONS]
    names = np.array(EXPRESSIONS)
    assert table["expression"].tolist() == names[table["label"]].tolist()
    np.testing.assert_allclose(table[names].sum(axis=1), 1, atol=1e-3)
    predict[3] = tmp_path / "missing" / "p.csv"
    code, _, err = call(monkeypatch, capsys, "predict", run.strip(), *predict)
    assert (code, err) == (
        2,
        f"error: {predict[3]}: No such file or directory; give another path\n",
    )


def test_a_class_is_left_out_in_training_and_wherever_the_run_is_used(
    monkeypatch, capsys, tmp_path
):
    data = small.csv(tmp_path / "eight.csv", 28)
    first = data.read_text().splitlines()[1]
    with data.open("a") as file:
        file.write(f"contempt{first[1:]}\n")
    options = ["--data", data, "--model", "shallow", "--epochs", 1, "--runs", tmp_path / "runs"]
    code, _, err = call(monkeypatch, capsys, "train", *options)
    assert code == 2
    assert "unknown label 'contempt'; allowed are angry" in err
    code, run, err = call(monkeypatch, capsys, "train", *options, "--drop", "contempt")
    assert code == 0
    assert "1 face of contempt left out" in err
    recipe = json.loads((Path(run.strip()) / "recipe.json").read_text())
    assert recipe["data"] == f"{data} without contempt"
    for again in ([], ["--data", data], ["--data", data, "--drop", "Contempt"]):
        code, out, err = call(monkeypatch, capsys, "evaluate", run.strip(), *again, "--json")
        assert (code, json.loads(out)["n"]) == (0, 28)
        assert "scored on eight.csv without contempt" in err
    code, _, err = call(monkeypatch, capsys, "evaluate", run.strip(), "--drop", "contempt")
    assert (code, "--drop without --data" in err) == (2, True)
    code, _, err = call(monkeypatch, capsys, "evaluate", run.strip(), "--data", "embedded")
    assert (code, err.splitlines()[0]) == (0, "scored on embedded")
    code, out, _ = call(
        monkeypatch, capsys, "data", data, "--drop", "contempt", "--drop", "disgust"
    )
    assert code == 0
    assert "9 faces of contempt and disgust left out" in out
    report = ["report", "--data", data, "--drop", "contempt"]
    monkeypatch.setattr("fer_lib.report.build.build", lambda out, data, **_: f"{out.name}, {data}")
    for command in (report, ["report", "--run", run.strip()], [*report[:3], "--run", run.strip()]):
        said = call(monkeypatch, capsys, *command)[1]
        assert said.startswith("eight")
        assert said.endswith(f", {data} without contempt\n")
    code, _, err = call(monkeypatch, capsys, "report", "--run", run.strip(), "--drop", "contempt")
    assert (code, "--drop without --data" in err) == (2, True)
    code, _, err = call(monkeypatch, capsys, "train", "--drop", "contempt")
    assert (code, "the drawn faces have no other" in err) == (2, True)


def test_faces_of_the_run_s_own_tenth_are_scored_on_that_alone(monkeypatch, capsys, tmp_path):
    data = tmp_path / "fer2013.csv"
    data.write_text(small.csv(data, 70).read_text().replace("PublicTest", "Training"))
    options = ["--data", data, "--model", "shallow", "--epochs", 1, "--runs", tmp_path / "runs"]
    _, run, _ = call(monkeypatch, capsys, "train", *options)
    for again in ([], ["--data", data]):
        _, out, _ = call(monkeypatch, capsys, "evaluate", run.strip(), *again, "--json")
        assert json.loads(out)["n"] == 14


def test_a_picture_is_explained(monkeypatch, capsys, tmp_path):
    data, out = small.csv(tmp_path / "fer2013.csv", 28), tmp_path / "maps.png"
    options = ["--data", data, "--model", "shallow", "--epochs", 1, "--runs", tmp_path / "runs"]
    _, run, _ = call(monkeypatch, capsys, "train", *options)
    picture = tmp_path / "me.png"
    Image.fromarray(np.full((90, 60, 3), 99, np.uint8)).save(picture)
    explain = ["explain", run.strip(), "--image", picture, "--out", out]
    code, said, err = call(monkeypatch, capsys, *explain)
    assert code == 0
    assert said.strip() == str(out)
    with Image.open(out) as drawn:
        assert drawn.width > 500
    assert "resized to 48 × 48\nwarning: the square is nearly of one grey" in err
    noise = np.random.default_rng(0).integers(0, 256, (90, 60), np.uint8)
    Image.fromarray(noise).save(picture)
    for options in ([], ["--expression", "Surprised"], ["--crop", "6,30,48"]):
        code, _, err = call(monkeypatch, capsys, *explain, *options)
        assert code == 0
        assert ("nothing here looks for the face" in err) == (options[:1] != ["--crop"])
    assert err == "cropped to the square 6,30,48\n"
    for option, value, said in [
        ("--expression", "bored", "'bored'; there are angry,"),
        ("--crop", "20,30,48", "me.png: the square 20,30,48 goes beyond the picture, which has 60"),
        ("--crop", "20,30", "crop '20,30'; give x,y,side"),
        ("--out", tmp_path / "missing" / "maps.png", "missing/maps.png: No such file"),
        ("--image", tmp_path, f"{tmp_path}: a folder; give one picture of a face"),
    ]:
        code, _, err = call(monkeypatch, capsys, *explain, option, value)
        assert (code, err.splitlines()[-1].startswith("error: ")) == (2, True)
        assert said in err


def test_votes_are_counted_and_judge_a_run(monkeypatch, capsys, tmp_path):
    data = small.csv(tmp_path / "fer2013.csv", 28)
    table = pd.DataFrame({"Usage": np.repeat(["Training", "PublicTest"], 28)})
    table["Image name"] = [f"fer{i:07d}.png" for i in range(56)]
    table[list(FERPLUS)] = 0
    table["fear"] = 10  # a seventh of the faces are labelled so
    table.to_csv(tmp_path / "votes.csv", index=False)
    given = ["--votes", tmp_path / "votes.csv"]
    assert "votes for 56 of 56 faces" in call(monkeypatch, capsys, "data", data, *given)[1]
    evaluate = ["evaluate", "compact", "--data", data]
    code, out, _ = call(monkeypatch, capsys, *evaluate, *given)
    assert code == 0
    assert "A single rater gives the label on **14 %** of 28 faces with votes" in out
    scores = json.loads(call(monkeypatch, capsys, *evaluate, *given, "--json")[1])
    assert scores["people"]["label_by_people"] == pytest.approx(1 / 7)
    assert "people" not in json.loads(call(monkeypatch, capsys, *evaluate, "--json")[1])
    table.assign(fear=-1).to_csv(tmp_path / "votes.csv", index=False)
    for command in (["data", data], evaluate, ["report", "--data", data, "--out", tmp_path / "r"]):
        code, _, err = call(monkeypatch, capsys, *command, *given)
        assert (code, len(err.splitlines())) == (2, 1)
        assert "fear has -1 votes" in err


def test_a_network_of_one_s_own_is_trained_and_named_again(monkeypatch, capsys, tmp_path):
    data, net = small.csv(tmp_path / "fer2013.csv", 28), tmp_path / "net.py"
    net.write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n        "
        "super().__init__(nn.Conv2d(1, 4, 3, stride=4), nn.Flatten(), nn.Linear(576, 7))\n"
    )
    model = ["--model", f"{net}:Net"]
    options = ["--data", data, *model, "--epochs", 1, "--runs", tmp_path / "runs"]
    code, run, _ = call(monkeypatch, capsys, "train", *options)
    assert code == 0
    code, _, err = call(monkeypatch, capsys, "evaluate", run.strip())
    assert (code, err.strip().splitlines()[-1][-len(str(net)) - 4 :]) == (2, f"{net}:Net")
    assert call(monkeypatch, capsys, "evaluate", run.strip(), *model)[0] == 0
    weights = ["import", f"{run.strip()}/weights.safetensors", *model, *options[:2], *options[-2:]]
    code, again, err = call(monkeypatch, capsys, *weights)
    assert (code, again != run, "outputs read as angry, disgust" in err) == (0, True, True)
    scores = [
        json.loads(call(monkeypatch, capsys, "evaluate", r.strip(), *model, "--json")[1])
        for r in (run, again)
    ]
    assert scores[0] == scores[1]
    net.write_text("1 / 0")
    code, out, err = call(monkeypatch, capsys, "train", *options)
    assert (code, out) == (2, "")
    assert err.strip().endswith("(ZeroDivisionError, line 1: division by zero)")
