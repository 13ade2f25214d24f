"""Layers of two processes, each with half a batch, are torch's own over the whole batch."""

import multiprocessing

import pytest
import tiny
import torch
from torch import nn

from fer_lib.training.acceleration.synchronised import gathers


def halves(*arguments, run):
    """What `run` put out for each half of the batch, by rank."""
    results = multiprocessing.get_context("forkserver").Queue()
    port = tiny.free_port()
    children = [tiny.process(rank, port, results, *arguments, run=run) for rank in range(2)]
    by_rank = dict(results.get(timeout=60) for _ in children)
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    return [[torch.from_numpy(value) for value in by_rank[rank]] for rank in range(2)]


@pytest.mark.parametrize(("kind", "rounding"), [(torch.float32, 1), (torch.bfloat16, 500)])
def test_batch_norm(kind, rounding):
    first, second = halves(kind, run=tiny.normalised)

    torch.manual_seed(0)
    x = torch.randn(8, 3, 4, 4).to(kind).float().requires_grad_()
    norm = nn.BatchNorm2d(3)
    nn.init.normal_(norm.weight)
    norm(x).pow(3).sum().backward()
    ours = [torch.cat([first[0], second[0]]), first[1] + second[1], first[2] + second[2]]
    oracle = [x.grad, norm.weight.grad, norm.bias.grad]
    for mine, torchs in zip(ours, oracle, strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-4 * rounding, atol=1e-4 * rounding)
    for mine, theirs, torchs in zip(first[3:], second[3:], norm.buffers(), strict=True):
        torch.testing.assert_close(mine, torchs.float(), rtol=1e-5, atol=1e-6)
        assert mine.equal(theirs)  # they are not sent


@pytest.mark.parametrize(("kind", "rounding"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
def test_dense_layer(kind, rounding):
    first, second = halves(kind, run=tiny.dense)

    torch.manual_seed(0)
    x = torch.randn(4, 40).requires_grad_()
    layer = nn.Linear(40, 20)
    with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
        y = layer(x)
    y.float().pow(2).sum().backward()
    ours = [torch.cat([first[i], second[i]]) for i in range(2)]
    for mine, torchs in zip(ours, [y.detach().float(), x.grad], strict=True):
        torch.testing.assert_close(mine, torchs, rtol=rounding, atol=rounding)
    torch.testing.assert_close(first[2], layer.weight.grad / 2, rtol=rounding, atol=rounding)
    assert first[2].equal(second[2])


def test_a_dense_layer_gathers_where_that_is_less_than_its_gradient():
    layer = nn.Linear(18432, 512)
    assert gathers(layer, 128)
    assert not gathers(layer, 512)
    assert not gathers(nn.Linear(512, 7), 128)
