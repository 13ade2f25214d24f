"""What a forward pass calls: every layer in order, what it takes, what it gives and what it costs.

By hooks, so that any feed-forward module can be read, branches too. What its code computes without
a layer (`F.relu`, a sum, a weight of its own) belongs to the module in whose forward it stands.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from fer_lib.data.faceset import SIZE
from fer_lib.errors import UserError
from fer_lib.networks.models import inference_copy

Shape = tuple[int, ...]  # of one face, without the batch
FACE: Shape = (1, SIZE, SIZE)
INPUT = "input"


@dataclass(frozen=True)
class Call:
    """One call of a module; the model's own name is "".

    `takes` names the layers whose outputs reach it, `direct` says that it takes the very output of
    the layer before. Parameters and multiply-adds are those that no call inside it has counted, so
    that they add up; a layer that is called again counts its parameters once.
    """

    name: str
    layer: nn.Module
    takes: tuple[str, ...]
    direct: bool
    given: Shape
    shape: Shape
    parameters: int
    multiply_adds: int

    @property
    def is_layer(self) -> bool:
        """Whether it has a row of its own: it holds no other module, or computes beside them."""
        return not list(self.layer.children()) or self.parameters + self.multiply_adds > 0


def trace(model: nn.Module, shape: Shape = FACE) -> list[Call]:
    """Every call of a module as one face passes, in the order in which they end."""
    copy = inference_copy(model)  # the model itself gets no hook and keeps its modes
    device = next((p.device for p in copy.parameters()), torch.device("cpu"))
    # autograd's graph tells which output reaches which layer, so one is needed
    with torch.enable_grad(), FlopCounterMode(display=False) as flops:
        # not a leaf of the graph: the first layer may work in place
        face = torch.zeros(1, *shape, device=device).requires_grad_() + 0
        tracer = _Tracer(face, flops)
        for name, layer in copy.named_modules():
            layer.register_forward_pre_hook(tracer.enter)
            layer.register_forward_hook(partial(tracer.leave, name))
        copy(face)
    return tracer.calls


class _Tracer:
    """The hooks' memory: which operation of autograd's graph is whose output."""

    def __init__(self, face: Tensor, flops: FlopCounterMode) -> None:
        self.flops, self.calls = flops, []
        self.owners, self.given = {face.grad_fn: INPUT}, []
        self.latest, self.previous = face, INPUT
        self.counted, self.known = 0, set()

    def enter(self, layer: nn.Module, arguments: tuple) -> None:
        tensors = [t for t in arguments if isinstance(t, Tensor)]
        # Before the layer runs: in place, it makes its input its output. Where the graph is cut
        # (detach, numpy), the layer before is taken for the source.
        takes = self.sources([t.grad_fn for t in tensors]) or (self.previous,)
        direct = len(tensors) == 1 and tensors[0] is self.latest
        shape = tuple(tensors[0].shape[1:]) if tensors else ()
        # torch counts a multiplication and an addition as two operations
        work = self.flops.get_total_flops() // 2 - self.counted
        self.given.append((takes, direct, shape, work))

    def leave(self, name: str, layer: nn.Module, arguments: tuple, output: Any) -> None:
        takes, direct, given, before = self.given.pop()
        if (output := first_tensor(output)) is None:
            return
        # called again, a layer has no new weights
        new = [p for p in layer.parameters() if p not in self.known]
        work = self.flops.get_total_flops() // 2 - self.counted - before
        size, shape = sum(p.numel() for p in new), tuple(output.shape[1:])
        call = Call(name, layer, takes, direct, given, shape, size, work)
        self.calls.append(call)
        self.counted += work
        self.known |= set(new)
        if call.is_layer:
            # a block that only holds layers must not come between them
            self.latest, self.previous = output, name
            if output.grad_fn is not None:  # no operation made it: nothing is found upstream
                self.owners[output.grad_fn] = name

    def sources(self, nodes: list) -> tuple[str, ...]:
        """The layers next upstream of operations, in the order of their calls."""
        layers, visited = set(), set()
        while nodes:
            node = nodes.pop()
            if node in self.owners:
                layers.add(self.owners[node])
            elif node is not None and node not in visited:
                visited.add(node)
                nodes += [upstream for upstream, _ in node.next_functions]
        return tuple(name for name in dict.fromkeys(self.owners.values()) if name in layers)


def first_tensor(output: Any) -> Tensor | None:
    """What a module gives: a tensor, or the first of a tuple, a list or a dictionary."""
    parts = output.values() if isinstance(output, dict) else output
    parts = parts if isinstance(output, dict | tuple | list) else [output]
    return next((part for part in parts if isinstance(part, Tensor)), None)


@torch.no_grad()
def visible(model: nn.Module, shape: Shape = FACE, axis: int = 0) -> list[np.ndarray]:
    """For each call of `trace`, which rows of the face each row of its output depends on.

    Axis 1: columns. Each (units, pixels) bool, without units where the output is no map. A pixel
    that is no number makes no number of all that depends on it, whatever the weights are.
    """
    copy, pixels, depends = inference_copy(model), shape[1 + axis], []

    def note(_layer: nn.Module, _arguments: tuple, output: Any) -> None:
        if (output := first_tensor(output)) is None:
            return
        is_map = output.ndim == 4
        # (pixels, C, h, w), over channels and the other axis → (units, pixels)
        rows = output.isnan().any(1).any(2 - axis).T if is_map else torch.zeros(0, pixels)
        depends.append(rows.cpu().numpy())

    for layer in copy.modules():
        layer.register_forward_hook(note)
    device = next((p.device for p in copy.parameters()), torch.device("cpu"))
    # as many faces as rows, and in face i row i is no number: one pass tells all
    faces = torch.zeros(pixels, *shape, device=device)
    faces.diagonal(dim1=0, dim2=2 + axis).fill_(torch.nan)
    copy(faces)
    return depends


def extents(visible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first pixel that each unit sees, and how many from there to the last: (units, pixels)."""
    # of booleans argmax is the first that is true
    first = visible.argmax(1)
    return first, visible.shape[1] - first - visible[:, ::-1].argmax(1)


def last_convolution(calls: list[Call], layer: str | None = None) -> int:
    """The place in `calls` of the last convolution that gives a map, or of the one called `layer`.

    The last is the one with most layers before it: a shortcut's may be called later. Raises
    UserError where there is none.
    """
    places = {c.name: i for i, c in enumerate(calls) if isinstance(c.layer, nn.Conv2d)}
    if not places:
        network = type(calls[-1].layer).__name__
        raise UserError(f"{network} has no convolution (nn.Conv2d) to look at")
    if layer is not None and layer not in places:
        raise UserError(f"no convolution {layer!r}; there are {', '.join(places)}")
    depth, reached = [], {INPUT: 0}
    for call in calls:
        depth.append(1 + max(reached.get(name, 0) for name in call.takes))
        if call.is_layer:
            reached[call.name] = depth[-1]
    maps = [i for i in places.values() if gives_map(calls[i])]
    return places[layer] if layer else max(maps or places.values(), key=lambda i: (depth[i], i))


def gives_map(call: Call) -> bool:
    """Whether a call is a convolution's that gives a map."""
    # one place alone is no map: squeeze-and-excitation has such convolutions
    return isinstance(call.layer, nn.Conv2d) and max(call.shape[1:]) > 1


def same_map(calls: list[Call], at: int) -> list[int]:
    """The places in `calls` of a convolution and of what it feeds that still has its places.

    After it come its activation, a norm, the end of its block, until another convolution takes it.
    """
    convolution, places = calls[at], [at]
    reached = {convolution.name}
    for i, call in enumerate(calls[at + 1 :], at + 1):
        fed = bool(reached & {*call.takes})
        if fed and gives_map(call):
            break
        # what holds the convolution ends after it, and is part of its map too
        if fed or not call.name or convolution.name.startswith(f"{call.name}."):
            reached.add(call.name)
            places += [i] * (call.shape[1:] == convolution.shape[1:])
    return places


def last_map(calls: list[Call], layer: str | None = None) -> Call:
    """The last of `same_map` of the last convolution, or the module called `layer`."""
    if layer is None:
        return calls[same_map(calls, last_convolution(calls))[-1]]
    maps = {c.name: c for c in calls if len(c.shape) == 3}
    if layer not in maps:
        raise UserError(f"no layer {layer!r} with a map; there are {', '.join(maps)}")
    return maps[layer]
