"""Decides which members have ended, where their series stop, and what their results are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.spec import Cell, classify, end_of
from core.training.found import NOT_YET, Crossing
from core.training.ports import Result
from core.training.state import MemberState

_LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Settled:
    """What a check has shown.

    Attributes:
        ends: the last step of each member as far as is known, -1 for one that is not open. Shape (b,).
        crossings: t1, t2 and divergence that became known, by member.
        results: members that have ended.
    """

    ends: NDArray[np.int64]
    crossings: dict[int, dict[str, int]] = field(default_factory=dict)
    results: dict[int, Result] = field(default_factory=dict)


class Endings:
    """Which members are still open, and how the others end."""

    def __init__(
        self,
        cells: Sequence[Cell],
        active: Collection[int],
        schedule: NDArray[np.int64],
        theory: Mapping[int, Mapping[str, Any]],
    ) -> None:
        self._cells, self._schedule, self._theory = cells, schedule, theory
        self._known = np.full((len(Crossing), len(cells)), NOT_YET, dtype=np.int64)
        self._latest: dict[int, NDArray[np.float64]] = {}
        self.open: list[int] = sorted(active)

    def drop(self, members: Iterable[int]) -> None:
        """Gives members up: nothing more is handed over for them."""
        gone = set(members)
        if gone:
            self.open = [member for member in self.open if member not in gone]

    def resume(self, states: Mapping[int, MemberState]) -> None:
        """Takes the crossings of a checkpoint as told already, and what `latest` gave."""
        for member, kept in states.items():
            self._known[:, member] = kept.first
            if _LATEST in kept.extra:
                self._latest[member] = kept.extra[_LATEST]

    def latest(self, member: int) -> dict[str, NDArray[np.float64]]:
        """The last recorded values of a member that were handed over, for its checkpoint. Shape (M,)."""
        return {_LATEST: self._latest[member]} if member in self._latest else {}

    def lasting(self, step: int, members: Sequence[int], first: NDArray[np.int64]) -> list[int]:
        """Open ones of `members` that train on after `step`, by what was found, `first` (3, b)."""
        still, lasting = set(self.open), []
        for place, member in enumerate(members):
            _, t2, diverged = (int(value) if value != NOT_YET else None for value in first[:, place])
            if member in still and self._end(member, t2, diverged) > step:
                lasting.append(member)
        return lasting

    def settle(
        self,
        step: int,
        members: Sequence[int],
        steps: NDArray[np.int64],
        values: NDArray[np.float64],
        first: NDArray[np.int64],
        names: tuple[str, ...],
    ) -> "Settled":
        """What is known at a check at `step` of `members`, of which there are b.

        `steps` (K,) and `values` (K, M, b) were recorded since the last call; `first` (3, b) is all that was
        found.
        """
        settled = Settled(np.full(len(members), -1, dtype=np.int64))
        still = set(self.open)
        for place, member in enumerate(members):
            if member not in still:
                continue
            t1, t2, diverged = (int(value) if value != NOT_YET else None for value in first[:, place])
            end = settled.ends[place] = self._end(member, t2, diverged)
            news = self._news(member, first[:, place], end)
            if news:
                settled.crossings[member] = news
            if rows := np.searchsorted(steps, end, side="right"):
                # A run may end in a stretch without records, long after its last ones were handed over.
                self._latest[member] = values[rows - 1, :, place]
            if step < end:
                continue
            t1, t2 = (t if t is not None and t <= end else None for t in (t1, t2))
            final = dict(zip(names, map(float, self._latest.get(member, ())), strict=False))
            outcome = classify(t1, t2, diverged)
            theory = dict(self._theory[member])
            settled.results[member] = Result(outcome, t1, t2, diverged, end, final, theory)
        self.drop(settled.results)
        return settled

    def _end(self, member: int, t2: int | None, diverged: int | None) -> int:
        """Last step of a member, as far as is known."""
        return end_of(self._cells[member].spec.stop, self._schedule, t2, diverged)

    def _news(self, member: int, found: NDArray[np.int64], end: int) -> dict[str, int]:
        told = self._known[:, member]
        names = {Crossing.TRAIN: "t1", Crossing.TEST: "t2", Crossing.DIVERGENCE: "diverged_at"}
        news = {
            name: int(found[kind])
            for kind, name in names.items()
            if told[kind] == NOT_YET and NOT_YET < found[kind] <= end
        }
        self._known[:, member] = found
        return news
