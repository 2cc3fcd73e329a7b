"""What the loop runs: the model of a batch with its engine and its records, whatever the problem."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from core.problems import Facts
from core.training.engine import Engine
from core.training.ports import Result
from core.training.records import Records
from core.training.state import MemberState


class Program(Protocol):
    """A batch on its device, at one step.

    Attributes:
        engine: moves it.
        records: what it has measured.
        theory: predictions for each trained member, as JSON data.
        drawn: instances by design, for a program of fewer members that need not draw them again.
    """

    @property
    def engine(self) -> Engine: ...

    @property
    def records(self) -> Records: ...

    @property
    def theory(self) -> Mapping[int, Mapping[str, Any]]: ...

    @property
    def drawn(self) -> Mapping[str, Facts]: ...

    def states(self, step: int, members: Collection[int]) -> dict[int, MemberState]:
        """The states of members, which are at `step`."""
        ...

    def restore(self, states: Mapping[int, MemberState]) -> None:
        """Puts members where their states left them; the engine is told by the loop."""
        ...

    def files(self, member: int, result: Result, step: int) -> dict[str, bytes]:
        """The files to keep of a member that has ended, by name; the batch is at `step`."""
        ...
