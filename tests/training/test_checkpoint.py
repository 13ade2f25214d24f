"""What is written and read; each way of damage is in tests/faults/test_damage.py."""

import pytest
import torch
from safetensors.torch import save_file

from fer_lib.errors import UserError
from fer_lib.training import checkpoint

TENSORS = {"weight": torch.arange(6.0).view(2, 3), "step": torch.tensor(3.0)}


def facts(epoch=1, step=0, identity="ours"):
    return {"epoch": epoch, "step": step, "identity": identity, "history": [{"loss": 0.1 + 0.2}]}


def test_read_gives_what_was_written(tmp_path):
    checkpoint.write(tmp_path, TENSORS, facts())
    tensors, told = checkpoint.latest(tmp_path, "ours")
    assert told == facts()
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


def test_the_last_two_are_kept_and_the_last_is_read(tmp_path):
    for epoch, step in ((0, 900), (1, 0), (1, 20), (9, 0), (10, 0)):
        checkpoint.write(tmp_path, TENSORS, facts(epoch, step))
    assert len(checkpoint.listed(tmp_path)) == 2
    assert checkpoint.latest(tmp_path, "ours")[1]["epoch"] == 10


def test_nothing_is_none(tmp_path):
    assert checkpoint.latest(tmp_path, "ours") is None
    assert checkpoint.latest(tmp_path / "nowhere", "ours") is None


def test_another_run_s_is_refused(tmp_path):
    checkpoint.write(tmp_path, TENSORS, facts(identity="theirs"))
    with pytest.raises(UserError, match="another recipe or other faces; delete it"):
        checkpoint.latest(tmp_path, "ours")


class Trap:
    def __reduce__(self):
        return print, ("executed",)


def test_what_torch_saved_is_refused_and_never_executed(tmp_path, capsys):
    torch.save({"model": Trap()}, tmp_path / "checkpoint-00001-000000.safetensors")
    with pytest.raises(UserError, match="not a whole checkpoint"):
        checkpoint.latest(tmp_path, "ours")
    assert capsys.readouterr().out == ""


def test_a_safetensors_file_without_our_facts_is_refused(tmp_path):
    save_file(TENSORS, tmp_path / "checkpoint-00001-000000.safetensors")
    with pytest.raises(UserError, match="not a whole checkpoint"):
        checkpoint.latest(tmp_path, "ours")
