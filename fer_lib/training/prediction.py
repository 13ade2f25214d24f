"""What a network says of any faces: `predict`."""

import numpy as np
import torch
from torch import Tensor, nn

from fer_lib.data.faceset import to_input
from fer_lib.training.hooks import Hooks

BATCH = 256


@torch.no_grad()
def predict(
    model: nn.Module, images: np.ndarray, classes: int, hooks: Hooks | None = None
) -> Tensor:
    """Logits of all faces: (N, 48, 48) uint8 → (N, classes) float32 on the CPU.

    With `hooks` in their precision, each process computing its share; else in fp32.
    """
    hooks, device = hooks or Hooks(), next(model.parameters()).device
    # batch norm by its running numbers: a face's logits hang on no other face
    model.eval()
    logits = torch.zeros(len(images), classes, device=device)
    # each process fills its rows and leaves the others 0, so that the sum is the whole
    for part in torch.arange(len(images)).split(BATCH)[hooks.rank :: hooks.size]:
        x = to_input(torch.from_numpy(images)[part].to(device))
        with hooks.autocast():
            logits[part] = model(x.contiguous(memory_format=torch.channels_last)).float()
    return hooks.all_reduce(logits).cpu()
