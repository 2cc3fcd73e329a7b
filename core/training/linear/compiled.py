"""The loop in compiled code where numba is installed, on a CPU: each step is looked at."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.kernels import AVAILABLE
from core.models import LinearBatch
from core.spec import ExperimentSpec, compilable
from core.training.layout import Layout

LARGEST_SIDE = 128
"""Of a matrix that compiled code decomposes in every step: LAPACK is faster beyond, and a step of a set of
lanes takes seconds."""
YOUNG = 16
"""Steps between two checks of a run that has just begun: what it has recorded shows soon."""

_wanted = ContextVar("compiled code", default=True)


@contextmanager
def disabled() -> Iterator[None]:
    """Within it batches are built of tensor operations alone, as where numba is not installed."""
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)


def serves(spec: ExperimentSpec, device: torch.device) -> bool:
    """Whether the steps of batches of such runs are compiled here."""
    decomposed = spec.regularization.nuclear > 0
    fits = not decomposed or min(spec.linear_problem.shape) <= LARGEST_SIDE
    return AVAILABLE and _wanted.get() and device.type == "cpu" and compilable(spec) and fits


class Runs(Protocol):
    """Runs laid out for compiled code; `found` are steps of t1, t2, divergence, shape (3, G, R)."""

    found: NDArray[np.int64]

    def go_on(self, first: NDArray[np.int64]) -> None: ...

    def anchor(self, g: int, r: int) -> dict[str, NDArray[np.float64]]: ...

    def restore(self, g: int, r: int, kept: Mapping[str, NDArray[np.float64]]) -> None: ...

    def advance(self, state: NDArray[np.float64], step: int, target: int) -> None: ...


class Compiled:
    """Steps in compiled code, which looks at each of them: t1, t2 and divergence need no search."""

    def __init__(self, model: LinearBatch, runs: Runs, layout: Layout, last: int, gap: int) -> None:
        self._model, self._runs, self._state = model, runs, model.state.numpy()
        self._layout = layout
        self.first: NDArray[np.int64] = runs.found
        self.last, self.gap = last, gap

    def advance(self, step: int, target: int) -> None:
        self._runs.advance(self._state, step, target)
        self._model.refresh()

    def next_check(self, step: int) -> int:
        return min(step + min(self.gap, max(YOUNG, step // 8)), self.last)

    def check(self, step: int) -> None:
        """Nothing to look for: the steps themselves have."""

    def resolve(self) -> None:
        """Nothing to do: what is found is exact."""

    def go_on(self, first: NDArray[np.int64], step: int) -> None:
        self._runs.go_on(first)

    def anchor(self, member: int, step: int) -> dict[str, NDArray[np.float64]]:
        """What a member at `step` has to be restored from, beside its state, to go on bit for bit."""
        return self._runs.anchor(*self._slot(member))

    def restore(self, member: int, first: NDArray[np.int64], kept: Mapping[str, NDArray[Any]]) -> None:
        """Puts a member where `anchor` found it."""
        self._runs.restore(*self._slot(member), kept)

    def _slot(self, member: int) -> tuple[int, int]:
        return int(self._layout.group[member]), int(self._layout.run[member])
