"""A step on a CUDA card as one graph: recorded once, then launched by a single call.

A step is some hundreds of short operations, and the card computes them faster than Python can
name them (https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs).
"""

from collections.abc import Callable

import torch
from torch import Tensor

WARM_UP = 3  # steps before the recording, in which libraries choose and the optimizer allocates


class Replayed:
    """`step`, a function of tensors of unchanging shapes, from the fourth call on from its graph.

    Whatever else it reads or changes has to stay where it is in memory.
    """

    def __init__(self, step: Callable[..., Tensor]) -> None:
        self.step = step
        self.graph: torch.cuda.CUDAGraph | None = None
        self.calls = 0

    def __call__(self, *given: Tensor) -> Tensor:
        """What `step` returns; the next call may write over it."""
        self.calls += 1
        # libraries choose their algorithms in the first steps, which no recording may hold
        if self.calls <= WARM_UP:
            return self._aside(*given)
        graph = self.graph = self.graph or self._recorded(*given)
        # the graph reads its inputs where they lay when it was recorded
        for recorded, new in zip(self.given, given, strict=True):
            recorded.copy_(new)
        graph.replay()
        return self.result

    def _aside(self, *given: Tensor) -> Tensor:
        """The step in a stream of its own: gradients bound to the usual one can't be recorded."""
        aside, usual = torch.cuda.Stream(), torch.cuda.current_stream()
        # streams keep no order between them: each waits for what the other has begun
        aside.wait_stream(usual)
        with torch.cuda.stream(aside):
            result = self.step(*given)
        usual.wait_stream(aside)
        return result

    def _recorded(self, *given: Tensor) -> torch.cuda.CUDAGraph:
        graph, self.given = torch.cuda.CUDAGraph(), [tensor.clone() for tensor in given]
        # recording computes nothing: the result is there after the first replay
        with torch.cuda.graph(graph):
            self.result = self.step(*self.given)
        return graph
