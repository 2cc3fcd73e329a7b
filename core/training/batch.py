"""Those members of a planned batch that have a slot: one program, asked by their positions in the plan."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.problems import Facts
from core.spec import Cell
from core.training.engine import Engine
from core.training.layout import lay_out
from core.training.linear.program import LinearProgram
from core.training.network.program import NetworkProgram
from core.training.ports import Result
from core.training.program import Program
from core.training.records import Records
from core.training.state import MemberState


class Batch:
    """Some of the planned members on a device, at one step.

    Attributes:
        members: positions in the plan of those that have a slot, in order. Length b.
        slots: slots of the rectangle that they fill.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        members: Sequence[int],
        active: Collection[int],
        device: torch.device,
        attend: Callable[[], None],
        drawn: Mapping[str, Facts],
    ) -> None:
        own = [cells[member] for member in members]
        self.members = tuple(members)
        self._places = {member: place for place, member in enumerate(members)}
        self._layout = lay_out(own, [self._places[member] for member in active])
        self.slots = self._layout.slots
        build = NetworkProgram if own[0].spec.is_network else LinearProgram
        self._program: Program = build(own, self._layout, device, attend, drawn)

    @property
    def engine(self) -> Engine:
        return self._program.engine

    @property
    def records(self) -> Records:
        return self._program.records

    @property
    def first(self) -> NDArray[np.int64]:
        """Steps of t1, t2 and divergence as far as they are found. Shape (3, b)."""
        return self.engine.first[:, self._layout.group, self._layout.run]

    @property
    def theory(self) -> dict[int, Mapping[str, Any]]:
        """Predictions for each active member, as JSON data."""
        return {self.members[place]: theory for place, theory in self._program.theory.items()}

    @property
    def drawn(self) -> Mapping[str, Facts]:
        """See core.training.program.Program."""
        return self._program.drawn

    def states(self, step: int, members: Collection[int]) -> dict[int, MemberState]:
        """The states of members, which are at `step`."""
        states = self._program.states(step, [self._places[member] for member in members])
        return {self.members[place]: state for place, state in states.items()}

    def go_on(self, states: Mapping[int, MemberState], step: int) -> None:
        """Puts members where their states of `step` left them."""
        first = self.engine.first.copy()
        for member, kept in states.items():
            place = self._places[member]
            first[:, self._layout.group[place], self._layout.run[place]] = kept.first
        self._program.restore({self._places[member]: kept for member, kept in states.items()})
        self.engine.go_on(first, step)

    def files(self, member: int, result: Result, step: int) -> dict[str, bytes]:
        """The files to keep of a member that has ended, by name; the batch is at `step`."""
        return self._program.files(self._places[member], result, step)
