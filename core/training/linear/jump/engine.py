"""The event-driven engine of a batch: its runs walk on one after the other, and records look in on them."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.models import LinearBatch
from core.problems import Dense, Instance
from core.problems.operators import Array, Operator
from core.spec import Cell, GradientMethod
from core.training.found import NOT_YET, nothing_found
from core.training.layout import Layout
from core.training.linear.closed_form import next_recorded
from core.training.linear.data import BatchData
from core.training.linear.jump.lasso import Goal, Lasso
from core.training.linear.jump.walk import Anchor, Walk

ATTEND_SECONDS = 0.25
"""How long a walk may go on without a sign of life."""
SEGMENT_BYTES = 64 << 20
"""Of closed forms that a batch keeps between two recorded steps; more are computed anew when asked for."""
_ANCHOR, _COUNTS = "anchor", "anchor_counts"


class ExactJump:
    """Each run is walked as far as its next event lies, and its recorded states are read off on the way.

    Where the stretches of a walk begin and end does not depend on what is recorded, so a run that is taken up
    again from the anchor of its walk computes the same bits.
    """

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
        self._model, self._events, self._layout = model, events, layout
        self._attend = _Pulse(attend)
        self.last = cells[0].spec.steps
        self.first = nothing_found(*model.state.shape[:2])
        self._states = model.state.cpu().numpy().copy()
        designs = {g: dense(facts.instance.operator) for g, facts in data.facts.items()}
        self._lassos = {
            member: _lasso(data, cells[member], designs, self._slot(member)) for member in layout.active
        }
        self._walks: dict[int, Walk] = {}

    def advance(self, step: int, target: int) -> None:
        """Takes every run to `target`."""
        kept = 0
        for member in self._layout.active:
            self._attend()
            walk = self._walk(member, step)
            self._states[self._slot(member)] = walk.go(target, self._attend)
            if kept > SEGMENT_BYTES:
                walk.release()
            kept += walk.bytes
        self._model.state.copy_(torch.from_numpy(self._states))
        self._model.refresh()

    def next_check(self, step: int) -> int:
        """The next recorded step."""
        return next_recorded(self._events, step, self.last)

    def check(self, step: int) -> None:
        """Tells what was crossed up to `step`."""
        for member in self._layout.active:
            found = self._walk(member, step).first
            self.first[(slice(None), *self._slot(member))] = np.where(found <= step, found, NOT_YET)

    def resolve(self) -> None:
        """Nothing to do: all is exact from the beginning."""

    def go_on(self, first: NDArray[np.int64], step: int) -> None:
        """Takes up again, from the anchors where they were restored, else from the state of the model."""
        self.first[...] = first
        self._states[...] = self._model.state.cpu().numpy()
        for member in self._layout.active:
            self._walk(member, step)

    def anchor(self, member: int, step: int) -> dict[str, NDArray[Any]]:
        """What a member at `step` has to be restored from to go on bit for bit."""
        anchor = self._walk(member, step).anchor
        counts = np.array([anchor.step, anchor.quiet, anchor.patience], dtype=np.int64)
        return {_ANCHOR: anchor.state, _COUNTS: counts}

    def restore(self, member: int, first: NDArray[np.int64], kept: Mapping[str, NDArray[Any]]) -> None:
        """Puts a member where `anchor` found it; one that was trained by another engine has no anchor."""
        self._walks.pop(member, None)
        if _ANCHOR in kept:
            step, quiet, patience = map(int, kept[_COUNTS])
            self._walks[member] = Walk(
                self._lassos[member], Anchor(step, kept[_ANCHOR], quiet, patience), first
            )

    def _walk(self, member: int, step: int) -> Walk:
        """The walk of a member, which begins at `step` unless it has begun already."""
        if member not in self._walks:
            slot = self._slot(member)
            anchor = Anchor(step, self._states[slot].copy())
            self._walks[member] = Walk(self._lassos[member], anchor, self.first[(slice(None), *slot)])
        return self._walks[member]

    def _slot(self, member: int) -> tuple[int, int]:
        return int(self._layout.group[member]), int(self._layout.run[member])


class _Pulse:
    """Calls `attend` when some time has passed since the last call."""

    def __init__(self, attend: Callable[[], None]) -> None:
        self._attend_now, self._latest = attend, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._latest > ATTEND_SECONDS:
            self._attend_now()
            self._latest = time.monotonic()


def dense(operator: Operator) -> Array:
    """X as a matrix over flat parameters. Shape (N, n)."""
    if isinstance(operator, Dense):
        return np.ascontiguousarray(operator.design)
    rows: Array = operator.adjoint(np.eye(operator.rows)).reshape(operator.rows, -1)
    return rows


def _lasso(data: BatchData, cell: Cell, designs: Mapping[int, Array], slot: tuple[int, int]) -> Lasso:
    optimizer, strengths = cell.spec.optimizer, cell.spec.regularization
    if not isinstance(optimizer, GradientMethod):
        raise TypeError(f"{optimizer.kind} has no plain step")
    g, r = slot
    instance, design = data.facts[g].instance, designs[g]
    levels = [float(level) for level in data.thresholds[:, g, r]]
    return Lasso(
        design=design,
        targets=instance.targets,
        rate=optimizer.learning_rate,
        l1=strengths.l1,
        l2_squared=strengths.l2_squared,
        train=Goal(design, instance.targets, float(data.target_norm[g, 0]), levels[0]),
        test=_test_goal(instance, float(data.test_norm[g, 0]), levels[1]),
    )


def _test_goal(instance: Instance, divisor: float, level: float) -> Goal | None:
    if instance.true_parameters is not None:
        return Goal(None, instance.true_parameters.ravel(), divisor, level)
    if instance.held_out is not None:
        return Goal(instance.held_out.operator.design, instance.held_out.targets, divisor, level)
    return None
