"""What a claim is measured on: finished runs, without a word on where they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Unmeasurable(Exception):
    """The runs do not show what a claim speaks of; the message says what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A recorded metric of one run: rising steps (K,) and values (K,), or (K, d) of a vector metric."""

    steps: NDArray[np.int64]
    values: Floats


class Settled(Protocol):
    """What is known of a run without its recordings."""

    @property
    def id(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def t1(self) -> int | None: ...

    @property
    def t2(self) -> int | None: ...

    @property
    def final(self) -> Mapping[str, float]:
        """The last value of each scalar metric, empty until it has ended."""

    @property
    def theory(self) -> Mapping[str, Any]:
        """What theory says of its instance, empty until it has ended."""

    def at(self, pointer: str) -> Any:
        """What its spec has at a JSON pointer; None for nothing."""


class Run(Settled, Protocol):
    """A run that has succeeded."""

    def track(self, metric: str) -> Track:
        """A recorded metric; without points where it was not recorded."""


Runs = Sequence[Run]
