"""The pieces of a walk: steps taken one by one, a jump, or rest."""

from dataclasses import dataclass
from typing import Protocol

from core.problems.operators import Array
from core.training.linear.jump.lasso import Lasso
from core.training.linear.jump.search import FARTHEST
from core.training.linear.jump.segment import Segment


class Stretch(Protocol):
    """States after the anchor, all of which follow from it alone."""

    @property
    def length(self) -> int:
        """Steps."""
        ...

    @property
    def bytes(self) -> int:
        """Of what is kept for the states, beside the anchor."""
        ...

    def at(self, taken: int) -> Array:
        """The state after 0 to `length` steps. Shape (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """Steps that were taken one by one."""

    states: list[Array]

    @property
    def length(self) -> int:
        return len(self.states) - 1

    @property
    def bytes(self) -> int:
        return sum(state.nbytes for state in self.states)

    def at(self, taken: int) -> Array:
        return self.states[taken]


@dataclass(slots=True)
class Jump:
    """Steps in closed form, which can be computed anew."""

    lasso: Lasso
    start: Array
    length: int
    segment: Segment | None

    @property
    def bytes(self) -> int:
        return 0 if self.segment is None else self.segment.bytes

    def at(self, taken: int) -> Array:
        if self.segment is None:
            self.segment = Segment(self.lasso, self.start)
        return self.segment.at(taken)


@dataclass(frozen=True, slots=True)
class Rest:
    """A state that a step does not change."""

    state: Array
    length: int = FARTHEST
    bytes: int = 0

    def at(self, taken: int) -> Array:
        return self.state
