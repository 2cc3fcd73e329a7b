"""The recorded metrics of a batch, computed from one snapshot of its state."""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor

from core.models import LinearBatch
from core.training.data import BatchData
from core.training.methods import penalty_gradient

SMALL = 1e-4
"""Entries up to this size do not count in the l0 norm."""
MASKED = 1e-3
"""Entries below this size are left out of the masked gradient ratio, as in the published plots."""


class Snapshot:
    """What metrics have in common, computed once and only when one asks for it. Metrics have shape (G, R)."""

    def __init__(self, model: LinearBatch, data: BatchData) -> None:
        self.model, self.data = model, data

    @cached_property
    def error(self) -> Tensor:
        """a - a*. Shape (G, R, n)."""
        return self.model.parameters - self.data.truth

    @cached_property
    def gradient_norm(self) -> Tensor:
        return _over_factors(self.model.gradient())

    @cached_property
    def penalty(self) -> Tensor:
        """beta H. Shape (L, G, R, n)."""
        return penalty_gradient(self.model.factors, self.data)

    @cached_property
    def support(self) -> Tensor:
        return self.data.truth != 0  # (G, 1, n)


def measure(names: tuple[str, ...], model: LinearBatch, data: BatchData, out: Tensor) -> None:
    """Writes the named metrics of the current state into `out`, of shape (M, G, R)."""
    snapshot = Snapshot(model, data)
    for place, name in enumerate(names):
        out[place] = _METRICS[name](snapshot)


class ErrorMeter:
    """Train and test error of a batch into one buffer, without allocation: it is read at every check."""

    def __init__(self, model: LinearBatch, data: BatchData) -> None:
        self._model, self._truth = model, data.truth
        self._norms = torch.stack((data.target_norm, data.truth_norm))  # (2, G, 1)
        groups, runs, _ = model.parameters.shape
        self._gap = torch.empty_like(model.parameters)
        self._errors = model.parameters.new_empty(2, groups, runs)
        self._train, self._test = self._errors

    def read(self) -> Tensor:
        """||X a - y|| / ||y|| and ||a - a*|| / ||a*||, valid until the next call. Shape (2, G, R)."""
        torch.linalg.vector_norm(self._model.residual, dim=-1, out=self._train)
        torch.sub(self._model.parameters, self._truth, out=self._gap)
        torch.linalg.vector_norm(self._gap, dim=-1, out=self._test)
        return self._errors.div_(self._norms)


def _norm(x: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(x, dim=-1)
    return norm


def _over_factors(x: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(x, dim=(0, -1))
    return norm


def _masked_ratio(s: Snapshot) -> Tensor:
    kept = torch.where(s.model.factors.abs() < MASKED, 0.0, s.penalty)
    return _over_factors(kept) / s.gradient_norm


_METRICS: dict[str, Callable[[Snapshot], Tensor]] = {
    "train_error": lambda s: _norm(s.model.residual) / s.data.target_norm,
    "test_error": lambda s: _norm(s.error) / s.data.truth_norm,
    # NaN compares as small; the sum makes it show.
    "l0_norm": lambda s: (s.model.parameters.abs() > SMALL).sum(-1) + 0.0 * s.model.parameters.sum(-1),
    "l1_norm": lambda s: s.model.parameters.abs().sum(-1),
    "l2_norm": lambda s: _norm(s.model.parameters),
    "gradient_norm": lambda s: s.gradient_norm,
    "penalty_gradient_norm": lambda s: _over_factors(s.penalty),
    "gradient_ratio": lambda s: _over_factors(s.penalty) / s.gradient_norm,
    "gradient_ratio_masked": _masked_ratio,
    "support_norm": lambda s: _norm(s.model.parameters * s.support),
    "off_support_norm": lambda s: _norm(s.model.parameters * ~s.support),
    "l1_error_per_dimension": lambda s: s.error.abs().mean(-1),
}
