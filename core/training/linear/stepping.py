"""The engines of the linear problems that take steps: a gradient method, and the exact minimiser in one."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.models import LinearBatch
from core.spec import Cell
from core.training.layout import Layout
from core.training.linear.data import BatchData
from core.training.linear.detector import Detector, next_check
from core.training.linear.methods import Step


class Stepping:
    """One step after the other, watched by a detector."""

    def __init__(self, model: LinearBatch, data: BatchData, take_step: Step, last: int, gap: int) -> None:
        self._take_step = take_step
        self._detector = Detector(model, data, take_step)
        self.first = self._detector.first
        self.last, self.gap = last, gap

    def advance(self, step: int, target: int) -> None:
        for _ in range(target - step):
            self._take_step()

    def next_check(self, step: int) -> int:
        return min(next_check(step, self.gap), self.last)

    def check(self, step: int) -> None:
        self._detector.check(step)

    def resolve(self) -> None:
        self._detector.resolve()

    def go_on(self, first: NDArray[np.int64], step: int) -> None:
        self._detector.set_first(first, step)


def solution_step(
    model: LinearBatch,
    data: BatchData,
    cells: Sequence[Cell],
    layout: Layout,
    attend: Callable[[], None],
) -> Step:
    """The one step of the method `convex`: every run to the exact minimiser.

    A run whose minimiser cannot be found diverges; the others of its batch keep theirs.
    """

    # SciPy is loaded by the runs that need it alone.
    from core.convex import NotConverged, reference

    def step() -> None:
        for member in layout.active:
            attend()
            g, r = int(layout.group[member]), int(layout.run[member])
            instance, strengths = data.facts[g].instance, cells[member].spec.regularization
            penalties = strengths.l1, strengths.l2_squared, strengths.nuclear
            try:
                found = reference(instance.operator, instance.targets, *penalties, attend=attend)
            except NotConverged:
                model.state[g, r] = math.nan
            else:
                model.state[g, r] = model.state.new_tensor(found.ravel())
        model.refresh()

    return step
