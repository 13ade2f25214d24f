"""Muon: gradient descent that moves every direction of a kernel by the same length.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. PyTorch's own takes matrices alone
and computes in bf16 on every machine; this one takes kernels, in the precision of the run.
"""

from typing import Any

import torch
from torch import Tensor

MOMENTUM = 0.9
STEPS = 4  # of the iteration; five, as published, learned no faster
A, B, C = 3.4445, -4.7750, 2.0315  # its published coefficients: steepest at 0


class Muon(torch.optim.Optimizer):
    """Nesterov's momentum, made orthogonal for kernels (4 axes) and taken as it is for the rest.

    A kernel keeps one length, √out: what follows it is normalised, so that its length says
    nothing, and `lr` is the share of a kernel that a step replaces. It has no use for decay.
    """

    def __init__(self, groups: list[dict[str, Any]], lr: float | Tensor) -> None:
        super().__init__(groups, {"lr": lr, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # ty: ignore[incompatible-method-override]
        """Update each weight that has a gradient."""
        for group in self.param_groups:
            for weight in (p for p in group["params"] if p.grad is not None):
                gradient = weight.grad
                # a kernel keeps its length below, so decay would change nothing but its rate
                if weight.ndim != 4:
                    gradient = gradient.add(weight, alpha=group["weight_decay"])
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].mul_(MOMENTUM).add_(gradient)
                # Nesterov's momentum, as torch's SGD has it
                update = gradient.add(momentum, alpha=MOMENTUM)
                if weight.ndim == 4:
                    # one length for all kernels, so that `lr` means a share of each
                    weight.mul_(len(weight) ** 0.5 / weight.norm())
                    rows = update.permute(0, 2, 3, 1)  # as it lies in memory: nothing is copied
                    update = orthogonal(rows.flatten(1)).view_as(rows).permute(0, 3, 1, 2)
                weight.sub_(update * group["lr"])  # on a card the rate is a tensor


def orthogonal(matrix: Tensor) -> Tensor:
    """About U Vᵀ of the matrix's U S Vᵀ, by Newton and Schulz: singular values near 1.

    All steps are polynomials of the small M Mᵀ, so that the large M is multiplied but twice.
    """
    # the Gram matrix is as small as the shorter side
    if len(matrix) > matrix.shape[1]:
        return orthogonal(matrix.T).T
    # the iteration is made for singular values up to 1, and the Frobenius norm bounds them
    matrix = matrix / (matrix.norm() + 1e-7)
    gram = matrix @ matrix.T
    product = factor = _factor(gram)
    for _ in range(STEPS - 1):
        gram = factor @ gram @ factor
        factor = _factor(gram)
        product = product @ factor
    return product @ matrix


def _factor(gram: Tensor) -> Tensor:
    """What a step multiplies M by: A + B·G + C·G²."""
    # B·G + C·G·G in one call; A belongs to the identity, so to the diagonal
    factor = torch.addmm(gram, gram, gram, beta=B, alpha=C)
    factor.diagonal().add_(A)
    return factor
