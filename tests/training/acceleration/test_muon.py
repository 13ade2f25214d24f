import pytest
import torch

from fer_lib.training.acceleration.muon import MOMENTUM, STEPS, A, B, C, Muon, orthogonal


@pytest.mark.parametrize("shape", [(32, 9), (16, 144), (64, 200)])
def test_the_iteration_leaves_the_directions_and_levels_the_lengths(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    turned = u.T @ orthogonal(1e3 * matrix) @ v.T  # diagonal, if the directions are the same
    torch.testing.assert_close(turned, turned.diagonal().diag(), rtol=0, atol=1e-4)
    assert 0.6 < turned.diagonal().min() <= turned.diagonal().max() < 1.25


@pytest.mark.parametrize("shape", [(32, 9), (16, 144)])
def test_it_is_the_published_iteration_though_on_the_small_matrix(shape):
    torch.manual_seed(0)
    matrix = torch.randn(shape)
    x = matrix / matrix.norm()
    for _ in range(STEPS):
        square = x @ x.T
        x = A * x + B * square @ x + C * square @ square @ x
    torch.testing.assert_close(orthogonal(matrix), x, rtol=1e-4, atol=1e-5)


def test_no_gradient_is_no_step():
    assert not orthogonal(torch.zeros(4, 9)).any()


def test_two_steps_by_hand():
    torch.manual_seed(0)
    kernel = torch.randn(8, 4, 3, 3).to(memory_format=torch.channels_last).requires_grad_()
    bias = torch.randn(8, requires_grad=True)
    optimizer = Muon([{"params": [kernel]}, {"params": [bias], "weight_decay": 0.1}], lr=0.05)
    k, b, k_moment, b_moment = kernel.detach().clone(), bias.detach().clone(), 0.0, 0.0
    for _ in range(2):
        kernel.grad, bias.grad = torch.randn_like(kernel), torch.randn_like(bias)
        optimizer.step()
        b_gradient = bias.grad + 0.1 * b
        k_moment = MOMENTUM * k_moment + kernel.grad
        b_moment = MOMENTUM * b_moment + b_gradient
        turn = orthogonal((kernel.grad + MOMENTUM * k_moment).flatten(1)).view(k.shape)
        k = k * 8**0.5 / k.norm() - 0.05 * turn
        b = b - 0.05 * (b_gradient + MOMENTUM * b_moment)
        torch.testing.assert_close(kernel, k, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(bias, b, rtol=1e-4, atol=1e-5)
    assert kernel.is_contiguous(memory_format=torch.channels_last)


def test_it_computes_in_the_precision_of_the_run():
    matrix = torch.randn(16, 144)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = orthogonal(matrix)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), orthogonal(matrix), rtol=0, atol=0.02)
