import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load_file

from fer_lib import loading
from fer_lib.data.faceset import EXPRESSIONS, FaceSet, to_input
from fer_lib.errors import UserError
from fer_lib.training import run

COLUMNS = [
    "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    "learning_rate", "seconds",
]  # fmt: skip


def test_the_folder_holds_the_run_and_nothing_else(trained):
    names = {"recipe.json", "history.csv", "weights.safetensors", "predictions.npz"}
    assert {path.name for path in trained.path.iterdir()} == names | {"manifest.json"}
    assert list(trained.history.columns) == COLUMNS
    assert trained.history["epoch"].tolist() == [1, 2, 3]


def test_what_is_saved_belongs_together(trained):
    """The stored predictions and the last row are those of the stored weights, in fp32."""
    images, labels = tiny.faces().validation.images, tiny.faces().validation.labels
    model = tiny.network()
    model.load_state_dict(load_file(trained.path / "weights.safetensors"))
    with torch.no_grad():
        oracle = model.eval()(to_input(images)).softmax(1).numpy()
    assert trained.predictions.probabilities == pytest.approx(oracle, abs=1e-5)
    assert (trained.predictions.labels == labels).all()
    right = np.mean(trained.predictions.probabilities.argmax(1) == labels)
    assert trained.history["validation_accuracy"].iloc[-1] == right


def test_ten_views_are_five_places_both_ways(installed, trained):
    images = tiny.faces().validation.images
    rows, columns = (np.r_[2, 1, 0, 0:48, 47, 46, 45] for _ in range(2))  # mirrored at the edges
    wide = images[:, rows][:, :, columns]
    five = [wide[:, d : d + 48, a : a + 48] for d, a in [(3, 3), (0, 3), (6, 3), (3, 0), (3, 6)]]
    said = [trained.predict(v.copy()) for f in five for v in (f, f[:, :, ::-1])]
    ten = trained.predict(images, ten_views=True)
    assert ten == pytest.approx(np.mean(said, axis=0), abs=1e-6)
    assert np.abs(ten - trained.predict(images)).max() > 1e-3


def test_the_manifest_tells_where_a_run_comes_from(trained):
    told = trained.manifest
    assert told["data"] == tiny.faces().fingerprint
    assert (told["precision"], told["processes"]) == ("fp32", 1)
    assert told["versions"]["torch"] == torch.__version__
    assert told["threads"] == (0 if torch.cuda.is_available() else torch.get_num_threads())
    assert told["seconds"] == pytest.approx(trained.history["seconds"].sum(), abs=0.01)


@pytest.mark.parametrize("change", ["engine", "faces", "recipe"])
def test_identity(installed, monkeypatch, change):
    before = run.run_name(tiny.recipe(), tiny.faces())
    if change == "engine":
        monkeypatch.setattr(run, "ENGINE", run.ENGINE + 1)
    faces = tiny.faces(95 if change == "faces" else 96)
    recipe = tiny.recipe(erase=0.1 if change == "recipe" else 0.0)
    assert run.run_name(recipe, faces) != before
    assert before.startswith("tiny-tiny-3-")


def test_load(installed, trained, tmp_path):
    assert run.load(trained.path).recipe.seed == trained.recipe.seed
    with pytest.raises(UserError, match="no finished run"):
        run.load(tmp_path)


def test_a_run_of_the_old_layout_is_refused_and_kept(trained, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(trained.path, old)
    (old / "manifest.json").rename(old / "provenance.json")
    with pytest.raises(UserError, match=r"or one of an older fer_lib; .*, or train again$"):
        run.load(old)
    assert len(list(old.iterdir())) == 5


def test_a_relative_path_to_the_faces_is_stored_whole(installed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = loading.load_or_train(tiny.recipe(epochs=1), tmp_path).path
    assert json.loads((path / "recipe.json").read_text())["data"] == str(tmp_path / "tiny")


def test_faces_that_changed_since_are_refused(installed, trained, monkeypatch):
    assert len(loading.fitted_faces(run.load(trained.path)).train) == 96
    monkeypatch.setattr(loading, "load_faces", lambda *_: tiny.faces(95))
    with pytest.raises(UserError, match="has changed since"):
        loading.fitted_faces(run.load(trained.path))


OWN = """
from torch import nn
class Own(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(576, 7))
"""


@pytest.fixture
def own(installed, tmp_path):
    """A finished run of a network of the user's own, and its file."""
    (tmp_path / "own.py").write_text(OWN)
    recipe = tiny.recipe(epochs=1, model=f"{tmp_path / 'own.py'}:Own")
    return loading.load_or_train(recipe, tmp_path / "runs"), tmp_path / "own.py"


def test_a_run_of_an_own_network_keeps_its_text(own):
    made, path = own
    assert made.path.name.startswith("tiny-Own-1-")
    kept = made.manifest["network"]
    assert (kept["text"], kept["file"], kept["class"]) == (OWN, str(path), "Own")
    assert kept["sha256"] == hashlib.sha256(OWN.encode()).hexdigest()
    again = run.load(made.path, model=f"{path}:Own")
    images = tiny.faces().validation.images
    assert again.predict(images) == pytest.approx(made.predictions.probabilities, abs=1e-6)


def test_another_text_is_another_run(own):
    made, path = own
    path.write_text(OWN.replace("nn.ReLU()", "nn.Tanh()"))
    assert run.run_name(made.recipe, tiny.faces()) != made.path.name
    path.rename(path.with_name("moved.py"))
    moved = tiny.recipe(epochs=1, model=f"{path.with_name('moved.py')}:Own")
    path.with_name("moved.py").write_text(OWN)
    assert run.run_name(moved, tiny.faces()) == made.path.name


def test_its_code_is_run_only_where_it_is_named(own, monkeypatch):
    made, path = own
    monkeypatch.setattr(run, "build", lambda name: pytest.fail("ran it"))
    with pytest.raises(UserError, match=f"whose code runs only where you name it.*{path}:Own"):
        run.load(made.path)
    with pytest.raises(UserError, match="not of deep"):
        run.load(made.path, model="deep")
    taught = tiny.recipe(teachers=(str(made.path),))
    with pytest.raises(UserError, match="of your own network; give runs of the library's"):
        run.teaching_runs(taught, tiny.faces())


def test_a_file_that_is_gone_or_changed_is_said(own):
    made, path = own
    path.write_text(OWN + "#")
    for look in (lambda: made.model, lambda: run.load(made.path, f"{path}:Own")):
        with pytest.raises(UserError, match=r"is not the network of .*the text .*manifest\.json"):
            look()
    path.unlink()
    with pytest.raises(UserError, match=r"there is no file .*own\.py; the text .*manifest\.json"):
        run.load(made.path, f"{path}:Own")


def test_a_run_is_found_from_the_home_folder(installed, trained, monkeypatch):
    monkeypatch.setenv("HOME", str(trained.path.parent))
    monkeypatch.setenv("USERPROFILE", str(trained.path.parent))  # the same on Windows
    assert run.load(f"~/{trained.path.name}").path == trained.path


def test_a_name_is_of_no_use_to_a_run_of_the_library_s_own(installed, trained):
    with pytest.raises(UserError, match=r"is a run of tiny, not of net\.py:Net"):
        run.load(trained.path, "net.py:Net")


def test_a_run_from_before_there_were_other_classes_has_fer2013_s(trained):
    again = run.Run(trained.path, trained.recipe)
    assert again.manifest["classes"] == list(EXPRESSIONS)
    del again.manifest["classes"]
    assert again.classes == EXPRESSIONS
    other = replace(tiny.faces().train, classes=("a", "b"))
    with pytest.raises(UserError, match=r"^tiny has the classes a, b, and the run .* has angry, "):
        again.check_classes(FaceSet("tiny", other, other))
