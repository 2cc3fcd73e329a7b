"""A training that is killed again and again at random steps, on ports that behave as the store does."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.spec import Cell
from core.training import Frame, Signal, Vectors
from core.training.state import unpack
from tests.core.training.memory import NAGGING, Memory, lasts, run


class Killed(Exception):
    """What no process survives."""


class Fragile(Memory):
    """Is killed at each of these steps once; only some of the states are kept before.

    As the store does, it drops what lies after the kept states when a training goes on from them, but nothing
    of the runs that have ended.
    """

    def __init__(self, kills: Sequence[int], seed: int) -> None:
        super().__init__(signal=self._live)
        self._kills, self._random = sorted(kills), random.Random(seed)
        self.resumed: list[int] = []

    def save(self, step: int, states: Mapping[int, bytes]) -> None:
        if self._random.random() < 0.5:
            super().save(step, states)

    def load(self) -> Mapping[int, bytes]:
        kept = {member: state for member, state in self.states.items() if member not in self.results}
        step = max((unpack(state).step for state in kept.values()), default=-1)
        self.resumed.append(step)
        self.frames = [self._cut(frame, step) for frame in self.frames]
        for member in self.crossings.keys() - self.results.keys():
            found = self.crossings[member]
            self.crossings[member] = {name: at for name, at in found.items() if at <= step}
        return kept

    def _cut(self, frame: Frame, step: int) -> Frame:
        """The frame without what the members that go on have recorded after a step."""
        goes_on = [member not in self.results for member in frame.members]

        def lengths(part: Frame | Vectors) -> np.ndarray:
            kept = np.searchsorted(part.steps, step, side="right")
            return np.where(goes_on, np.minimum(part.lengths, kept), part.lengths)

        vectors = tuple(replace(part, lengths=lengths(part)) for part in frame.vectors)
        return replace(frame, lengths=lengths(frame), vectors=vectors)

    def _live(self, step: int) -> Signal:
        if self._kills and step >= self._kills[0]:
            self._kills.pop(0)
            raise Killed
        return Signal()


def broken(cells: Sequence[Cell], kills: Sequence[int], seed: int) -> Fragile:
    """A training of all cells to its end, killed at these steps and each time taken up again."""
    memory = Fragile(kills, seed)
    while True:
        left = [member for member in range(len(cells)) if member not in memory.results]
        try:
            run(cells, memory, left, NAGGING, ended=lasts(memory))
        except Killed:
            continue
        return memory


def assert_same(a: Memory, b: Memory, member: int, steps: int) -> None:
    """Bit for bit: series, vector series, t1, t2, results, and the files of a run that took all steps."""
    assert np.array_equal(a.steps(member), b.steps(member))
    for metric in b.frames[0].names:
        assert np.array_equal(a.series(metric, member), b.series(metric, member), equal_nan=True), metric
    for name in {part.name for frame in b.frames for part in frame.vectors}:
        ours, theirs = a.vectors(name, member), b.vectors(name, member)
        assert np.array_equal(ours[0], theirs[0])
        assert np.array_equal(ours[1], theirs[1], equal_nan=True), name
    assert (a.crossings.get(member) or {}) == (b.crossings.get(member) or {})
    one, other = a.results[member], b.results[member]
    # NaN is NaN. Of a linear run that ended before its batch there may be no file.
    assert repr(replace(one, artifacts={})) == repr(replace(other, artifacts={}))
    if other.last_step == steps:
        assert other.artifacts
        assert one.artifacts == other.artifacts
