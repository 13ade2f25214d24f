import contextlib
import json
import time

import pytest
import tiny
import torch
from torch import nn

from fer_lib.training.acceleration import precision

CPU = torch.device("cpu")


def stand_in(monkeypatch, seconds=(0.0, 0.0), scale=1.0):
    """Let bf16 take other seconds than fp32, and convolve with another scale."""
    convolve = torch.nn.Conv2d.forward

    @contextlib.contextmanager
    def autocast(kind, device):
        bf16 = kind == "bf16"
        busy_until = time.thread_time() + seconds[bf16]  # waiting would cost no processor time
        while time.thread_time() < busy_until:
            pass
        if bf16:
            patch = lambda self, x: convolve(self, x) * scale  # noqa: E731
            monkeypatch.setattr(torch.nn.Conv2d, "forward", patch)
        yield
        monkeypatch.setattr(torch.nn.Conv2d, "forward", convolve)

    monkeypatch.setattr(precision, "autocast", autocast)


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
    assert precision.probe(tiny.network(), 7) == chosen


def test_torch_s_own_bf16_is_right():
    x = torch.randn(8, 1, 48, 48)
    assert 0 < precision.worst_layer(tiny.network(), x) < precision.TOLERANCE


@pytest.fixture
def store(installed, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(precision, "has_bf16", lambda: True)
    return tmp_path / "fer-report" / "precision.json"


def test_the_answer_is_stored_by_machine_and_network(store, monkeypatch):
    first = precision.choose(tiny.MODEL, CPU, 7)
    ((key, answer),) = json.loads(store.read_text()).items()
    assert torch.__version__ in key
    assert f"{torch.get_num_threads()} threads, tiny" in key
    assert answer == first
    monkeypatch.setattr(precision, "probe", lambda *_: pytest.fail("probed again"))
    assert precision.choose(tiny.MODEL, CPU, 7) == first


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "3", json.dumps({"a": 1}), json.dumps({"a": {"precision": "bf16"}})]
)
def test_a_damaged_store_is_written_anew(store, text):
    store.parent.mkdir()
    store.write_text(text)
    assert precision.choose(tiny.MODEL, CPU, 7) in ("fp32", "bf16")
    assert json.loads(store.read_text())


def test_without_instructions_for_bf16_nothing_is_probed(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": False})
    monkeypatch.setattr(precision, "probe", lambda *_: pytest.fail("probed"))
    assert precision.choose(tiny.MODEL, CPU, 7) == "fp32"


def test_a_frozen_layer_is_compared_by_its_output_and_its_input():
    frozen = nn.Conv2d(1, 2, 3).requires_grad_(False)
    error = precision.worst_layer(nn.Sequential(frozen), torch.randn(2, 1, 8, 8))
    assert 0 < error <= precision.TOLERANCE


@pytest.mark.parametrize("error", [RuntimeError, TypeError])
def test_code_that_bf16_cannot_do_is_trained_in_fp32(error):
    class Stubborn(nn.Linear):
        def forward(self, x):
            if torch.is_autocast_enabled("cpu"):
                raise error("no bf16 here")
            return super().forward(x)

    threads = torch.get_num_threads()
    stubborn = nn.Sequential(nn.Flatten(), Stubborn(48 * 48, 7))
    assert precision.probe(stubborn, 7) == "fp32"
    assert torch.get_num_threads() == threads
