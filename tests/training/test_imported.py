import shutil

import pytest
import tiny
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from fer_lib.data.faceset import to_input
from fer_lib.errors import UserError
from fer_lib.training import run
from fer_lib.training.imported import import_run, read_weights


@pytest.fixture
def model():
    torch.manual_seed(7)
    return tiny.network().eval()


def stored(model, path, form):
    if form == "safetensors":
        save_file(model.state_dict(), path)
    elif form == "checkpoint":
        torch.save({"epoch": 3, "model_state_dict": model.state_dict()}, path)
    else:
        torch.save(model.state_dict(), path)
    return path


@pytest.mark.parametrize("form", ["safetensors", "checkpoint", "state_dict"])
def test_weights_become_a_run_that_says_what_the_model_says(installed, model, tmp_path, form):
    path = stored(model, tmp_path / f"w.{form}", form)
    made = import_run(path, tiny.recipe(), tiny.faces(), tmp_path / "runs")
    faces = tiny.faces().validation
    with torch.no_grad():
        logits = model(to_input(faces.images))
    again = run.load(made.path)
    assert again.imported
    assert made.path.name.startswith("tiny-tiny-imported-")
    assert again.predictions.probabilities == pytest.approx(logits.softmax(1).numpy(), abs=1e-5)
    row = again.history.iloc[-1]
    labels = torch.from_numpy(faces.labels)
    assert row.validation_loss == pytest.approx(float(F.cross_entropy(logits, labels)), abs=1e-5)
    assert import_run(path, tiny.recipe(), tiny.faces(), tmp_path / "runs").path == made.path


def test_a_damaged_one_is_kept_and_made_again(installed, model, tmp_path, capsys):
    path, runs = stored(model, tmp_path / "w.pt", ""), tmp_path / "runs"
    made = import_run(path, tiny.recipe(), tiny.faces(), runs)
    whole = tiny.files(runs)
    (made.path / "history.csv").write_text("mine")
    again = import_run(path, tiny.recipe(), tiny.faces(), runs)
    (kept,) = runs.glob("damaged-*")
    assert (kept / "history.csv").read_text() == "mine"
    assert "history.csv is not as it was written; made again" in capsys.readouterr().err
    shutil.rmtree(kept)
    assert (tiny.files(runs), again.path) == (whole, made.path)


def test_other_weights_are_another_run_and_a_training_is_none(installed, model, tmp_path):
    first = import_run(
        stored(model, tmp_path / "a.pt", ""), tiny.recipe(), tiny.faces(), tmp_path / "runs"
    )
    model.head[1].bias.data += 1
    second = import_run(
        stored(model, tmp_path / "b.pt", ""), tiny.recipe(), tiny.faces(), tmp_path / "runs"
    )
    assert first.path != second.path
    assert first.path.name != run.run_name(tiny.recipe(), tiny.faces())


def test_weights_that_do_not_fit_are_named(installed, model, tmp_path):
    tensors = model.state_dict()
    tensors["old.bias"] = tensors.pop("head.1.bias")
    tensors["head.4.weight"] = torch.zeros(8, 32)
    torch.save(tensors, tmp_path / "w.pt")
    for message in (
        r"does not fit tiny; .*size mismatch for head\.4\.weight: .*\[8, 32\].*\[7, 32\]",
        r"does not fit tiny; 1 missing: \['head\.1\.bias'\], and 1 unknown: \['old\.bias'\]$",
    ):
        with pytest.raises(UserError, match=message):
            import_run(tmp_path / "w.pt", tiny.recipe(), tiny.faces(), tmp_path / "runs")
        tensors["head.4.weight"] = torch.zeros(7, 32)
        torch.save(tensors, tmp_path / "w.pt")
    assert not (tmp_path / "runs").exists()


def test_a_whole_model_or_rubbish_is_refused_and_never_run(model, tmp_path):
    torch.save(model, tmp_path / "whole.pt")  # a pickle that would run code
    torch.save([1, 2], tmp_path / "list.pt")
    for name in ("rubbish.pt", "rubbish.safetensors", "empty.pt"):
        (tmp_path / name).write_bytes(b"rubbish" * (name != "empty.pt"))
    for name in ("whole.pt", "list.pt", "rubbish.pt", "rubbish.safetensors", "empty.pt", "gone"):
        with pytest.raises(UserError, match=r"store|torch\.save"):
            read_weights(tmp_path / name)


def test_weights_from_elsewhere_are_no_teacher(installed, model, tmp_path):
    """What they were fitted on is not known: perhaps the very faces that are scored."""
    path = stored(model, tmp_path / "w.pt", "state_dict")
    made = import_run(path, tiny.recipe(), tiny.faces(), tmp_path / "runs")
    with pytest.raises(UserError, match="was fitted on faces not known here"):
        run.teaching_runs(tiny.recipe(teachers=(str(made.path),)), tiny.faces())
