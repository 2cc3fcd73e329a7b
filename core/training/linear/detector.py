"""Exact t1, t2 and step of divergence: crossings are bracketed cheaply and replayed to their first step."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models import LinearBatch
from core.training.found import NOT_YET, Crossing, nothing_found
from core.training.linear.data import BatchData
from core.training.linear.measure import ErrorMeter

DENSE_STEPS = 1000
"""Below this every step is checked."""
MAX_GAP = 128
"""Longest stretch without a check; with it a replay is short and the ring never overflows."""


def next_check(step: int, max_gap: int = MAX_GAP) -> int:
    """The check after the one at `step`: the next step below 1,000, then within 0.1 % of it."""
    return step + max(1, min(step // DENSE_STEPS, max_gap))


class Detector:
    """First steps at which the runs of a batch cross their thresholds.

    At a check the state is compared and kept. A run that crossed since the last check has its kept state put
    aside; `resolve` steps all such runs again from there, in a batch of the same shape and so with the same
    rounding, and finds the first step of each.

    Attributes:
        first: steps found so far, NOT_YET where there is none. Shape (3, G, R).
    """

    def __init__(self, model: LinearBatch, data: BatchData, step: Callable[[], None]) -> None:
        self._model, self._data, self._step = model, data, step
        self.first = nothing_found(*model.state.shape[:2])
        self._low = np.zeros_like(self.first)
        self._pending = np.zeros(self.first.shape, dtype=bool)
        self._open = torch.ones(self.first.shape, dtype=torch.bool, device=model.state.device)
        self._kept = model.state.new_zeros(len(Crossing), *model.state.shape)
        self._previous = model.state.clone()
        self._previous_step = 0
        self._errors = ErrorMeter(model, data)
        self._levels = torch.empty_like(self._open)
        self._met, self._diverged = self._levels[: Crossing.DIVERGENCE], self._levels[Crossing.DIVERGENCE]
        self._new = torch.empty_like(self._open)

    def set_first(self, first: NDArray[np.int64], step: int) -> None:
        """Takes up again at `step`, a check whose crossings are all resolved."""
        self.first[...] = first
        self._open.copy_(torch.from_numpy(first == NOT_YET))
        self._previous.copy_(self._model.state)
        self._previous_step = step

    def check(self, step: int) -> None:
        """Looks for crossings between the last check and the current state, which is that of `step`."""
        torch.logical_and(self._look(), self._open, out=self._new)
        if bool(self._new.any()):
            self._note(self._new, step)
        self._previous.copy_(self._model.state)
        self._previous_step = step

    def resolve(self) -> None:
        """Finds the first step of every crossing that is only bracketed; the model is left as it was."""
        if not self._pending.any():
            return
        now = self._model.state.clone()
        for kind in Crossing:
            if self._pending[kind].any():
                self._replay(kind)
        self._model.state.copy_(now)
        self._model.refresh()

    def _look(self) -> Tensor:
        """Which conditions hold now. Shape (3, G, R)."""
        errors = self._errors.read()
        torch.le(errors, self._data.thresholds, out=self._met)
        # NaN is not below infinity either.
        torch.lt(errors[Crossing.TRAIN], math.inf, out=self._diverged).logical_not_()
        return self._levels

    def _note(self, new: Tensor, step: int) -> None:
        self._open &= ~new
        where = new.cpu().numpy()
        if step - self._previous_step <= 1:
            self.first[where] = step
            return
        self._low[where] = self._previous_step
        self._pending |= where
        for kind in Crossing:
            torch.where(new[kind].unsqueeze(-1), self._previous, self._kept[kind], out=self._kept[kind])

    def _replay(self, kind: Crossing) -> None:
        pending, low, first = self._pending[kind], self._low[kind], self.first[kind]
        self._model.state.copy_(self._kept[kind])
        self._model.refresh()
        taken = 0
        while pending.any():
            if taken > MAX_GAP:
                raise AssertionError(f"a replay of {kind.name} did not meet its crossing again")
            self._step()
            taken += 1
            crossed = pending & self._look()[kind].cpu().numpy()
            first[crossed] = low[crossed] + taken
            pending &= ~crossed
