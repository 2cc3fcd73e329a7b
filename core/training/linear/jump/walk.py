"""The way of one run through its steps: plain steps across events, jumps between them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.problems.operators import Array
from core.training.found import NOT_YET, Crossing
from core.training.linear.jump.lasso import Lasso
from core.training.linear.jump.segment import Segment
from core.training.linear.jump.stretch import Jump, Plain, Rest, Stretch

BLOCK = 16
"""Plain steps that are taken together, and the least that a jump has to bring."""
MOST_PATIENCE = 1024
"""Steps without an event after which a jump is tried at the latest, however little the last ones brought."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a walk stands; everything after follows from it.

    Attributes:
        step: steps taken.
        state: a. Shape (n,).
        quiet: steps without an event before it.
        patience: how many of them a jump waits for.
    """

    step: int
    state: Array
    quiet: int = 0
    patience: int = BLOCK


class Walk:
    """One run, going forward only.

    A jump costs as much as some dozens of steps, and events come in swarms, so one is tried after some steps
    without an event.

    Attributes:
        anchor: the beginning of the stretch that the walk is in.
        first: steps of t1, t2 and divergence found so far, also later in this stretch. Shape (3,).
    """

    # A run that diverges leaves the numbers; that is its result.
    @np.errstate(over="ignore", invalid="ignore")
    def __init__(self, lasso: Lasso, anchor: Anchor, first: NDArray[np.int64]) -> None:
        self._lasso, self.anchor = lasso, anchor
        self.first = np.where(first <= anchor.step, first, NOT_YET)
        self._look(anchor.state, lasso.residual(anchor.state), anchor.step)
        self._patience = anchor.patience
        self._stretch = self._begin()

    @np.errstate(over="ignore", invalid="ignore")
    def go(self, target: int, attend: Callable[[], None]) -> Array:
        """The state of step `target`, which is not before the anchor. Shape (n,)."""
        while target > self.anchor.step + self._stretch.length:
            attend()
            self._turn()
        return self._stretch.at(target - self.anchor.step)

    @property
    def bytes(self) -> int:
        """Of what is kept for the states of the stretch."""
        return self._stretch.bytes

    def release(self) -> None:
        """Gives back what can be computed anew."""
        if isinstance(self._stretch, Jump):
            self._stretch.segment = None

    def _turn(self) -> None:
        """Goes on to the next stretch."""
        before, stretch = self.anchor, self._stretch
        state = stretch.at(stretch.length)
        quiet = 0
        if isinstance(stretch, Plain) and np.array_equal(np.sign(before.state), np.sign(state)):
            quiet = before.quiet + stretch.length
        self.anchor = Anchor(before.step + stretch.length, state, quiet, self._patience)
        self._stretch = self._begin()

    def _begin(self) -> Stretch:
        anchor, self._patience = self.anchor, self.anchor.patience
        if anchor.quiet >= anchor.patience and (jump := self._jump()) is not None:
            return jump
        return self._plain()

    def _jump(self) -> Jump | None:
        """A jump, where one brings enough."""
        if not self.anchor.state.any():
            return None
        segment = Segment(self._lasso, self.anchor.state)
        length = segment.precise(segment.certified())
        crossings = {}
        for kind, goal in ((Crossing.TRAIN, self._lasso.train), (Crossing.TEST, self._lasso.test)):
            if goal is not None and self.first[kind] == NOT_YET and length >= BLOCK:
                reached, met = segment.crossing(goal, length)
                if met:
                    crossings[kind] = reached
                else:
                    length = reached
        if length < BLOCK:
            self._patience = min(2 * self.anchor.patience, MOST_PATIENCE)
            return None
        self._patience = max(BLOCK, self.anchor.patience // 4)
        for kind, taken in crossings.items():
            if taken <= length:
                self.first[kind] = self.anchor.step + taken
        return Jump(self._lasso, self.anchor.state, length, segment)

    def _plain(self) -> Stretch:
        lasso, state = self._lasso, self.anchor.state
        residual, states = lasso.residual(state), [state]
        for taken in range(1, BLOCK + 1):
            state = lasso.step(state, residual)
            residual = lasso.residual(state)
            states.append(state)
            self._look(state, residual, self.anchor.step + taken)
        if np.array_equal(states[0], states[1], equal_nan=True):
            return Rest(self.anchor.state)
        return Plain(states)

    def _look(self, state: Array, residual: Array, step: int) -> None:
        """Notes what is crossed at a step whose state is known."""
        first, lasso = self.first, self._lasso
        size = math.sqrt(residual @ residual)
        if first[Crossing.TRAIN] == NOT_YET and size / lasso.train.divisor <= lasso.train.level:
            first[Crossing.TRAIN] = step
        if first[Crossing.DIVERGENCE] == NOT_YET and not size < math.inf:
            first[Crossing.DIVERGENCE] = step
        if first[Crossing.TEST] == NOT_YET and lasso.test is not None:
            error = lasso.test.error(state)
            if error <= lasso.test.level:
                first[Crossing.TEST] = step
