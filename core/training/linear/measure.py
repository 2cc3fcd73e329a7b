"""The recorded metrics of a batch, computed from one snapshot of its state."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models import LinearBatch
from core.spec.catalogue import COMPLEX_PARTS
from core.training.linear.data import BatchData
from core.training.linear.methods import penalty_gradient
from core.training.norms import effective_rank, l0_norm, norm, norm_into
from core.training.spectral import singular_values

MASKED = 1e-3
"""Entries below this size are left out of the masked gradient ratio, as in the published plots."""
ZERO = 1e-9
"""Singular values up to this size do not count in the rank."""


class Snapshot:
    """What metrics have in common, computed once and only when one asks for it. Metrics have shape (G, R)."""

    def __init__(self, model: LinearBatch, data: BatchData) -> None:
        self.model, self.data = model, data

    @cached_property
    def truth(self) -> Tensor:
        """a*. Shape (G, 1, n)."""
        assert self.data.truth is not None, "metrics that need the truth are not chosen without one"
        return self.data.truth

    @cached_property
    def error(self) -> Tensor:
        """a - a*. Shape (G, R, n)."""
        return self.model.parameters - self.truth

    @cached_property
    def gradient_norm(self) -> Tensor:
        return norm(self.model.gradient())

    @cached_property
    def penalty(self) -> Tensor:
        """beta H. Shape (G, R, P)."""
        return penalty_gradient(self.model, self.data)

    @cached_property
    def support(self) -> Tensor:
        return self.truth != 0  # (G, 1, n)

    @cached_property
    def singular(self) -> Tensor:
        """Shape (G, R, min(n1, n2))."""
        return singular_values(self.model.matrices)


class LinearMeter:
    """See core.training.records.Meter."""

    def __init__(self, model: LinearBatch, data: BatchData) -> None:
        self._model, self._data = model, data
        self._snapshot = Snapshot(model, data)

    def snapshot(self, step: int) -> None:
        self._snapshot = Snapshot(self._model, self._data)

    def measure(self, names: tuple[str, ...], out: Tensor) -> None:
        for place, name in enumerate(names):
            out[place] = _METRICS[name](self._snapshot)

    def measure_vector(self, name: str, out: Tensor) -> None:
        """Real and imaginary parts of complex vectors stand side by side."""
        parameters = self._model.parameters
        if name == "singular_values":
            out.copy_(self._snapshot.singular)
        elif parameters.is_complex():
            out.view(*out.shape[:-1], 2, -1).copy_(torch.view_as_real(parameters).transpose(-1, -2))
        else:
            out.copy_(parameters)

    def split(
        self, name: str, rows: NDArray[np.float64]
    ) -> list[tuple[str, tuple[int, ...], NDArray[np.float64]]]:
        if name == "singular_values":
            return [(name, rows.shape[2:], rows)]
        if not self._model.parameters.is_complex():
            return [(name, self._model.shape, rows)]
        halves = np.split(rows, 2, axis=2)
        return [
            (name + part, self._model.shape, np.ascontiguousarray(half))
            for part, half in zip(COMPLEX_PARTS, halves, strict=True)
        ]


class ErrorMeter:
    """Train and test error of a batch into one buffer, without allocation: it is read at every check."""

    def __init__(self, model: LinearBatch, data: BatchData) -> None:
        self._model, self._truth, self._held_out = model, data.truth, data.held_out
        self._norms = torch.stack((data.target_norm, data.test_norm))  # (2, G, 1)
        groups, runs, _ = model.parameters.shape
        # Without anything to test on, the test error never meets its threshold.
        self._errors = self._norms.new_full((2, groups, runs), torch.inf)
        self._train, self._test = self._errors
        self._gap = torch.empty_like(model.parameters)
        self._test_residual = None
        if self._held_out is not None:
            self._test_residual = model.parameters.new_empty(groups, runs, self._held_out.residuals)

    def read(self) -> Tensor:
        """||X a - y|| / ||y|| and the test error, valid until the next call. Shape (2, G, R)."""
        norm_into(self._train, self._model.residual)
        if self._truth is not None:
            torch.sub(self._model.parameters, self._truth, out=self._gap)
            norm_into(self._test, self._gap)
        elif self._held_out is not None and self._test_residual is not None:
            self._held_out.residual(self._model.parameters, self._test_residual)
            norm_into(self._test, self._test_residual)
        return self._errors.div_(self._norms)


def _test_error(s: Snapshot) -> Tensor:
    if s.data.truth is not None:
        return norm(s.error) / s.data.test_norm
    held_out = s.data.held_out
    assert held_out is not None, "a test error is not chosen without anything to test on"
    residual = s.model.parameters.new_empty(*s.model.parameters.shape[:2], held_out.residuals)
    held_out.residual(s.model.parameters, residual)
    return norm(residual) / s.data.test_norm


def _masked_ratio(s: Snapshot) -> Tensor:
    kept = torch.where(s.model.state.abs() < MASKED, 0.0, s.penalty)
    return norm(kept) / s.gradient_norm


def _rank(s: Snapshot) -> Tensor:
    return (s.singular > ZERO).sum(-1) + 0.0 * s.singular.sum(-1)


_METRICS: dict[str, Callable[[Snapshot], Tensor]] = {
    "train_error": lambda s: norm(s.model.residual) / s.data.target_norm,
    "test_error": _test_error,
    "l0_norm": lambda s: l0_norm(s.model.parameters),
    "l1_norm": lambda s: s.model.parameters.abs().sum(-1),
    "l2_norm": lambda s: norm(s.model.parameters),
    "nuclear_norm": lambda s: s.singular.sum(-1),
    "rank": _rank,
    "effective_rank": lambda s: effective_rank(s.singular),
    "gradient_norm": lambda s: s.gradient_norm,
    "penalty_gradient_norm": lambda s: norm(s.penalty),
    "gradient_ratio": lambda s: norm(s.penalty) / s.gradient_norm,
    "gradient_ratio_masked": _masked_ratio,
    "support_norm": lambda s: norm(s.model.parameters * s.support),
    "off_support_norm": lambda s: norm(s.model.parameters * ~s.support),
    "l1_error_per_dimension": lambda s: s.error.abs().mean(-1),
}
