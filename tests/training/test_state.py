"""What a checkpoint's tensors become; whole runs that go on are in test_resume.py."""

import torch
from torch import nn

from fer_lib.training.state import State


def test_the_count_of_steps_goes_where_its_parameter_is():
    """On a card, torch asks for it there; `meta` stands for the card."""
    weight = nn.Parameter(torch.ones(2, 3))
    optimizer = torch.optim.AdamW([weight])
    weight.sum().backward()
    optimizer.step()
    totals = torch.zeros(3, dtype=torch.float64)
    stored = State(nn.Identity(), None, optimizer, totals, []).tensors()
    elsewhere = nn.Parameter(torch.empty(2, 3, device="meta"))
    state = State(nn.Identity(), None, torch.optim.AdamW([elsewhere]), totals.clone(), [])
    facts = {"epoch": 1, "step": 2, "seconds": 3.0, "history": [], "stretches": []}
    state.restore(stored, facts)
    assert {value.device.type for value in state.optimizer.state[elsewhere].values()} == {"meta"}
    assert (state.epoch, state.step, state.seconds) == (1, 2, 3.0)
