import contextlib
import json
import time

import pytest
import tiny
import torch

from fer_lib.training.acceleration import precision

CPU = torch.device("cpu")


def stand_in(monkeypatch, seconds=(0.0, 0.0), scale=1.0):
    """Let bf16 take other seconds than fp32, and convolve with another scale."""
    convolve = torch.nn.Conv2d.forward

    @contextlib.contextmanager
    def casting(kind, device):
        bf16 = kind == "bf16"
        busy_until = time.thread_time() + seconds[bf16]  # waiting would cost no processor time
        while time.thread_time() < busy_until:
            pass
        if bf16:
            patch = lambda self, x: convolve(self, x) * scale  # noqa: E731
            monkeypatch.setattr(torch.nn.Conv2d, "forward", patch)
        yield
        monkeypatch.setattr(torch.nn.Conv2d, "forward", convolve)

    monkeypatch.setattr(precision, "casting", casting)


@pytest.mark.parametrize(
    ("seconds", "scale", "chosen"),
    [
        ((0.1, 0.0), 1.0, "bf16"),  # faster and right
        ((0.0, 0.1), 1.0, "fp32"),  # slower
        ((0.1, 0.0), 1.05, "fp32"),  # wrong
        ((0.1, 0.0), float("nan"), "fp32"),
    ],
)
def test_bf16_is_taken_where_it_is_right_and_faster(monkeypatch, seconds, scale, chosen):
    stand_in(monkeypatch, seconds, scale)
    assert precision.probe(tiny.network())["precision"] == chosen


def test_torch_s_own_bf16_is_right():
    x = torch.randn(8, 1, 48, 48)
    assert 0 < precision.worst_layer(tiny.network(), x) < precision.TOLERANCE


def test_the_answer_is_stored_by_machine_and_network(installed, tmp_path, monkeypatch):
    store = tmp_path / "precision.json"
    first = precision.choose(tiny.MODEL, CPU, store)
    ((key, answer),) = json.loads(store.read_text()).items()
    assert torch.__version__ in key
    assert f"{torch.get_num_threads()} threads, tiny" in key
    assert answer["precision"] == first
    monkeypatch.setattr(precision, "probe", lambda model: pytest.fail("probed again"))
    assert precision.choose(tiny.MODEL, CPU, store) == first


def test_a_damaged_store_is_written_anew(installed, tmp_path):
    store = tmp_path / "precision.json"
    store.write_text("{")
    assert precision.choose(tiny.MODEL, CPU, store) in ("fp32", "bf16")
    assert json.loads(store.read_text())
