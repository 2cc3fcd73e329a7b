"""Gradient descent with at most an l2 penalty, any step at once, in the eigenbasis of X'X."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models import LinearBatch
from core.problems import Entries, Facts, Operator
from core.problems.operators import Array, Numbers
from core.spec import Cell, GradientMethod
from core.training.found import NOT_YET, Crossing, nothing_found
from core.training.layout import Layout
from core.training.linear.crossing import Curve, first_at_or_below, first_not_finite, powers
from core.training.linear.data import BatchData


class Modes:
    """One run: a(t) = X^+ U (fixed + moving (1 - losses)^t) + (1 - null_loss)^t null.

    With X = U S V' and a = V c + n, n in the null space: each coordinate c_i goes to the ridge solution
    s_i^2 c_LS / (s_i^2 + beta_2) at the rate 1 - alpha (s_i^2 + beta_2), and n decays at 1 - alpha beta_2.

    Attributes:
        losses: alpha (s_i^2 + beta_2). Shape (k,).
        null_loss: alpha beta_2.
        fixed, moving: coordinates c over singular values, at the end and on the way there. Shape (k,).
        null: n at step 0. Shape `operator.shape`.
    """

    def __init__(self, facts: Facts, start: Numbers, rate: float, l2_squared: float) -> None:
        operator, known = facts.instance.operator, facts.instance.operator.decomposition
        squares = known.singular**2
        begin = known.coordinates(operator.apply(start)) / known.singular
        solution = known.coordinates(facts.instance.targets) / known.singular
        end = squares * solution / (squares + l2_squared)
        self.losses: Array = rate * (squares + l2_squared)
        self.null_loss = rate * l2_squared
        self.fixed, self.moving = end / known.singular, (begin - end) / known.singular
        self.null = start - operator.adjoint(known.combine(begin / known.singular))
        self._facts, self._begin, self._end, self._solution = facts, begin, end, solution

    def train_curve(self) -> Curve:
        """||X a(t) - y||."""
        instance, known = self._facts.instance, self._facts.instance.operator.decomposition
        singular = known.singular
        # A difference of squared norms would leave 1e-8 ||y|| of rounding where nothing lies outside.
        outside = np.linalg.norm(instance.targets - known.combine(known.coordinates(instance.targets)))
        moving = singular * (self._begin - self._end)
        return Curve(singular * (self._end - self._solution), moving, self.losses, float(outside) ** 2)

    def test_curve(self) -> Curve | None:
        """||a(t) - a*||, or ||X' a(t) - y'|| on test data; None without anything to test on."""
        instance = self._facts.instance
        if instance.true_parameters is not None:
            return self._distance(instance.operator, instance.true_parameters)
        return self._on_test_data() if instance.held_out is not None else None

    def _distance(self, operator: Operator, truth: Numbers) -> Curve:
        known = operator.decomposition
        inside = known.coordinates(operator.apply(truth)) / known.singular
        hidden = truth - operator.adjoint(known.combine(inside / known.singular))
        # Along the hidden part of the truth, and across it.
        size = float(np.linalg.norm(hidden))
        direction = hidden / size if size > 0 else hidden
        along = np.vdot(direction, self.null)
        across = float(np.linalg.norm(self.null - along * direction))
        return Curve(
            np.concatenate([self._end - inside, [-size, 0.0]]),
            np.concatenate([self._begin - self._end, [along, across]]),
            np.concatenate([self.losses, [self.null_loss, self.null_loss]]),
        )

    def _on_test_data(self) -> Curve:
        instance = self._facts.instance
        assert instance.held_out is not None
        operator, known = instance.operator, instance.operator.decomposition
        right = operator.adjoint(known.combine(np.diag(1.0 / known.singular)))  # (k, n), rows of V'
        tested = instance.held_out.operator.apply(right)  # (k, N')
        hidden = instance.held_out.operator.apply(self.null)  # (N',)
        return Curve(
            self._end @ tested - instance.held_out.targets,
            np.concatenate([(self._begin - self._end)[:, None] * tested, hidden[None, :]]).T,
            np.append(self.losses, self.null_loss),
        )


class ClosedForm:
    """Any recorded step at once; t1, t2 and divergence are found before the first, and told when passed."""

    gap = 1

    def __init__(
        self,
        model: LinearBatch,
        data: BatchData,
        cells: Sequence[Cell],
        layout: Layout,
        events: NDArray[np.int64],
        attend: Callable[[], None],
    ) -> None:
        self._model, self._data, self._events = model, data, events
        self._padded = _Padded(model, data)
        self.last = cells[0].spec.steps
        self.first = nothing_found(*model.state.shape[:2])
        self._found = nothing_found(*model.state.shape[:2])
        for member in layout.active:
            attend()
            g, r = int(layout.group[member]), int(layout.run[member])
            modes = _modes(data, cells[member], g, r)
            self._padded.put(g, r, modes, data.facts[g].instance.operator)
            self._found[:, g, r] = _search(modes, data, self.last, g, r)

    def advance(self, step: int, target: int) -> None:
        """Sets the state of `target`, which follows from the start alone."""
        self._padded.write(target, self._model)

    def next_check(self, step: int) -> int:
        """The next recorded step."""
        return next_recorded(self._events, step, self.last)

    def check(self, step: int) -> None:
        """Tells what was crossed up to `step`."""
        passed = (self._found != NOT_YET) & (self._found <= step)
        self.first[passed] = self._found[passed]

    def resolve(self) -> None:
        """Nothing to do: all is exact from the beginning."""

    def go_on(self, first: NDArray[np.int64], step: int) -> None:
        """Takes up again; the search of the beginning has found what `first` says."""
        self.check(step)


def next_recorded(events: NDArray[np.int64], step: int, last: int) -> int:
    """The recorded step after `step`, `last` after all of them."""
    place = int(np.searchsorted(events, step, side="right"))
    return int(events[place]) if place < len(events) else last


class _Padded:
    """The modes of all runs side by side, padded with modes that stay zero."""

    def __init__(self, model: LinearBatch, data: BatchData) -> None:
        groups, runs, _ = model.state.shape
        self._map, self._device = data.map, model.state.device
        dtype = np.complex128 if model.state.is_complex() else np.float64
        # Observed entries mix no modes: their coordinates stand where the mask has them.
        entries = any(isinstance(f.instance.operator, Entries) for f in data.facts.values())
        counts = [len(f.instance.operator.decomposition.singular) for f in data.facts.values()]
        width = data.map.residuals if entries else max(counts, default=0)
        self._mixing = None if entries else np.zeros((groups, width, data.map.residuals), dtype)
        self._losses, self._null_loss = np.zeros((groups, runs, width)), np.zeros((groups, runs, 1))
        self._fixed, self._moving = (np.zeros((groups, runs, width), dtype) for _ in range(2))
        self._null = np.zeros(model.state.shape, dtype)

    def put(self, g: int, r: int, modes: Modes, operator: Operator) -> None:
        """The modes of one run."""
        at = operator.places if isinstance(operator, Entries) else np.arange(len(modes.losses))
        self._losses[g, r, at], self._null_loss[g, r] = modes.losses, modes.null_loss
        self._fixed[g, r, at], self._moving[g, r, at] = modes.fixed, modes.moving
        self._null[g, r] = modes.null.ravel()
        left = operator.decomposition.left
        if self._mixing is not None and left is not None:
            self._mixing[g, : left.shape[1], : len(left)] = left.T

    def write(self, step: int, model: LinearBatch) -> None:
        """Sets the state of all runs to that of a step."""
        # A run that diverges leaves the numbers; the detector says when.
        with np.errstate(over="ignore", invalid="ignore"):
            weights = self._fixed + self._moving * powers(self._losses, step)  # (G, R, k)
            if self._mixing is not None:
                weights = weights @ self._mixing  # (G, R, N)
            unseen = self._null * powers(self._null_loss, step)
        self._map.adjoint(self._tensor(weights), model.state)
        model.state.add_(self._tensor(unseen))
        model.refresh()

    def _tensor(self, array: Numbers) -> Tensor:
        return torch.from_numpy(array).to(device=self._device)


def _modes(data: BatchData, cell: Cell, g: int, r: int) -> Modes:
    optimizer = cell.spec.optimizer
    if not isinstance(optimizer, GradientMethod):
        raise TypeError(f"{optimizer.kind} has no closed form")
    facts = data.facts[g]
    start = data.state[g, r].cpu().numpy().reshape(facts.instance.operator.shape)
    return Modes(facts, start, optimizer.learning_rate, cell.spec.regularization.l2_squared)


def _search(modes: Modes, data: BatchData, last: int, g: int, r: int) -> list[int]:
    """t1, t2 and the step of divergence, NOT_YET where there is none."""
    train, test = modes.train_curve(), modes.test_curve()
    diverged = first_not_finite(train, last)
    # Beyond that the curves are no numbers.
    end = last if diverged == NOT_YET else diverged - 1
    levels = [float(level) for level in data.thresholds[:, g, r]]
    norms = float(data.target_norm[g, 0]), float(data.test_norm[g, 0])
    found = {
        Crossing.TRAIN: first_at_or_below(train, levels[0] * norms[0], end),
        Crossing.TEST: NOT_YET if test is None else first_at_or_below(test, levels[1] * norms[1], end),
        Crossing.DIVERGENCE: diverged,
    }
    return [found[kind] for kind in Crossing]
