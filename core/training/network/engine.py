"""Steps of networks, looked at where they are evaluated: crossings are bracketed, or refined to the step."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.spec import Cell
from core.training.found import NOT_YET, Crossing, nothing_found
from core.training.network.data import NetworkData
from core.training.network.keeper import Keeper
from core.training.network.measure import NetworkMeter, Snapshot
from core.training.network.stepper import Stepper


class NetworkEngine:
    """See core.training.engine.Engine.

    Attributes:
        previous: state at the last evaluation and its step, where crossings are refined.
    """

    gap = 1

    def __init__(
        self,
        cells: Sequence[Cell],
        stepper: Stepper,
        data: NetworkData,
        meter: NetworkMeter,
        keeper: Keeper,
        schedule: NDArray[np.int64],
        longest: int,
        attend: Callable[[], None],
    ) -> None:
        spec = cells[0].spec
        self._stepper, self._data, self._meter, self._keeper = stepper, data, meter, keeper
        self._schedule, self._longest, self._attend = schedule, longest, attend
        self._accuracy, self._above = spec.detect.metric == "accuracy", spec.detect.direction == "above"
        self.last = spec.steps
        self.first = nothing_found(1, len(cells))
        self.previous: tuple[int, Tensor] | None = None
        self._refine = spec.record.refine_crossings

    def advance(self, step: int, target: int) -> None:
        for taken in range(step + 1, target + 1):
            self._stepper.step(taken)

    def next_check(self, step: int) -> int:
        """The next evaluation, or sooner, so that the loop is never deaf for long."""
        place = int(np.searchsorted(self._schedule, step, side="right"))
        return min(int(self._schedule[place]), step + self._longest)

    def check(self, step: int) -> None:
        """Looks for crossings since the last evaluation, if the step is one."""
        if self._schedule[np.searchsorted(self._schedule, step)] != step:
            return
        new = self._look(self._meter.current) & (self.first[:, 0] == NOT_YET)
        if new.any():
            self._note(new, step)
        self._keeper.evaluated(step, self.first[:, 0])
        if self._refine:
            self.previous = step, self._stepper.state.clone()

    def resolve(self) -> None:
        """Nothing to do: what is found is known at once."""

    def go_on(self, first: NDArray[np.int64], step: int) -> None:
        self.first[...] = first

    def _look(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        """Which conditions hold. Shape (3, B)."""
        train, test = snapshot.scores
        parts = [train.accuracy if self._accuracy else train.loss]
        if test is not None:
            parts.append(test.accuracy if self._accuracy else test.loss)
        values = np.stack([part.cpu().numpy() for part in parts])
        levels = self._data.thresholds[: len(values)]
        found = np.zeros((len(Crossing), values.shape[1]), dtype=bool)
        found[: len(values)] = values >= levels if self._above else values <= levels
        found[Crossing.DIVERGENCE] = ~np.isfinite(train.loss.cpu().numpy())
        return found

    def _note(self, new: NDArray[np.bool_], step: int) -> None:
        if self.previous is not None and step - self.previous[0] > 1:
            new = self._replay(new, step)
        self.first[:, 0][new] = step
        self._keeper.crossed(new, step)

    def _replay(self, new: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
        """Steps again from the last evaluation to before `step`; what it does not find there remains."""
        assert self.previous is not None, "a replay begins at an evaluation"
        now, (begin, state) = self._stepper.state.clone(), self.previous
        self._stepper.state.copy_(state)
        for taken in range(begin + 1, step):
            self._attend()
            self._stepper.step(taken)
            met = new & self._look(self._meter.fresh())
            if met.any():
                self.first[:, 0][met] = taken
                self._keeper.crossed(met, taken)
                new = new & ~met
            if not new.any():
                break
        self._stepper.state.copy_(now)
        return new
