"""Steps as captured CUDA graphs, one for each shape of a minibatch."""

from collections.abc import Callable

import torch
from torch import Tensor

Body = Callable[[Tensor | None], None]
WARM_UP = 3
"""Runs of a step before its capture, in which libraries set themselves up."""


class Graphs:
    """Calls a body as it was captured; the state is left as a single call leaves it."""

    def __init__(self, state: Tensor, body: Body) -> None:
        self._state, self._body = state, body
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor | None]] = {}

    def __call__(self, places: Tensor | None) -> None:
        rows = 0 if places is None else places.shape[1]
        if rows not in self._graphs:
            self._graphs[rows] = self._capture(places)
        graph, slot = self._graphs[rows]
        if slot is not None and places is not None:
            slot.copy_(places)
        graph.replay()

    def _capture(self, places: Tensor | None) -> tuple[torch.cuda.CUDAGraph, Tensor | None]:
        slot = None if places is None else places.clone()
        before = self._state.clone()
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._body(slot)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._body(slot)
        self._state.copy_(before)
        return graph, slot
