"""What plates are made of: runs as pictures see them, and what was recorded of them, wherever it is kept."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from core.figures.draw import Line
from core.figures.draw.plates import Number
from core.figures.evidence import Settled
from core.figures.figure import Place


class Pictured(Settled, Protocol):
    """A run, whatever its state."""

    @property
    def place(self) -> Place:
        """Where it stands in its experiment."""

    @property
    def over(self) -> bool:
        """Whether it has succeeded, so that what it has not reached it will not reach."""

    @property
    def outcome(self) -> str | None: ...

    @property
    def steps(self) -> int:
        """The number that it was asked for."""

    def at(self, pointer: str) -> Any:
        """What its spec has at a JSON pointer, its seed at `seed`; None for nothing."""


R_contra = TypeVar("R_contra", bound=Pictured, contravariant=True)


class Recordings(Protocol[R_contra]):
    """What was recorded of runs, thinned out to what a picture can show."""

    def lines(self, runs: Sequence[R_contra], metrics: Sequence[str], points: int) -> list[list[Line]]:
        """The metrics of each run, in about so many points each; without points where not recorded."""

    def levels(self, run: R_contra, metrics: Sequence[str]) -> list[float]:
        """The thresholds of those of the metrics in which t1 and t2 are looked for."""

    def together(self, run: R_contra, metrics: Sequence[str]) -> tuple[list[int], list[list[Number]]]:
        """Steps, and of each metric its values there; no steps where one of them was not recorded."""

    def rows(self, run: R_contra, metric: str) -> tuple[list[int], list[list[Number]]]:
        """Steps and the rows of a vector metric there."""

    def truth(self, run: R_contra, metric: str) -> list[float] | None:
        """What a vector metric, or a norm (one number), should become; None where nobody knows."""
