import pytest
import tiny
import torch

from fer_lib.training import train
from fer_lib.training.acceleration import engine
from fer_lib.training.state import first_state

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA card, in sight")


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_replayed_steps_are_those_taken_one_by_one(installed, monkeypatch, optimizer):
    def weights():
        hooks = engine.Accelerated(0, 1, torch.device("cuda"))
        choices = {"optimizer": optimizer, "learning_rate": 1e-3, "mixup": 0.4, "ema": 0.9}
        recipe = tiny.recipe(**choices)
        training = train.Training(recipe, tiny.faces(), first_state(recipe, 7, hooks), hooks)
        training.fit(lambda: None)
        losses = [row["train_loss"] for row in training.state.history]
        return losses, training.state.tensors()

    losses, replayed = weights()
    monkeypatch.setattr(engine, "Replayed", lambda step: step)
    expected, one_by_one = weights()
    assert losses == pytest.approx(expected, rel=1e-3)
    for name, tensor in one_by_one.items():
        torch.testing.assert_close(replayed[name], tensor, rtol=1e-2, atol=1e-3)
