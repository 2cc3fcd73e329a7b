"""A claim: a sentence, what is expected, and how it is measured on runs."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.figures.evidence import Runs


@dataclass(frozen=True, slots=True)
class Expected:
    """The measured number has to lie in [low, high]."""

    low: float
    high: float
    text: str

    def met_by(self, measured: float) -> bool:
        """Whether the number lies there; NaN and infinities do not."""
        return math.isfinite(measured) and self.low <= measured <= self.high

    def distance(self, measured: float) -> float:
        """How far beyond the ends it lies, or, within them, how near to one: what is worse is more."""
        if not math.isfinite(measured):
            return math.inf
        return max(self.low - measured, measured - self.high)


def exactly(value: float) -> Expected:
    """This number."""
    return Expected(value, value, f"{value:,.10g}")


def near(value: float, *, off: float | None = None, rel: float | None = None) -> Expected:
    """This number, give or take `off`, or the share `rel` of it. Raises ValueError unless one is given."""
    if (off is None) == (rel is None):
        raise ValueError("give one of off and rel")
    if rel is not None:
        room = abs(value) * rel
        return Expected(value - room, value + room, f"{value:,.10g} ± {100 * rel:g} %")
    assert off is not None
    return Expected(value - off, value + off, f"{value:,.10g} ± {off:g}")


def between(low: float, high: float) -> Expected:
    """Any number of [low, high]."""
    return Expected(low, high, f"{low:,.10g} to {high:,.10g}")


def at_least(low: float) -> Expected:
    """This number or more."""
    return Expected(low, math.inf, f"at least {low:,.10g}")


def at_most(high: float) -> Expected:
    """This number or less."""
    return Expected(-math.inf, high, f"at most {high:,.10g}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the runs of a figure have to show.

    Attributes:
        id: the claim's name, such as C2; several rows of a figure may belong to one claim.
        sentence: what is measured, and of which runs.
        measure: of the runs in cell order; one number, or one a run, of which the one that is worst counts.
            Raises Unmeasurable.
        where: the cells that it takes: the value at a pointer of an axis, or a tuple of some; `seed` too.
    """

    id: str
    sentence: str
    expected: Expected
    measure: Callable[[Runs], float | list[float]]
    where: Mapping[str, Any] = field(default_factory=dict)
