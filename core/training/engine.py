"""How a batch gets from one step to another and what was crossed on the way: one interface, many engines."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Engine(Protocol):
    """Moves the state of a model through the steps of its runs.

    Attributes:
        first: steps of t1, t2 and divergence as far as they are found, NOT_YET where not. Shape (3, G, R).
        last: the step at which there is nothing more to compute.
        gap: most recorded steps between two checks.
    """

    first: NDArray[np.int64]
    last: int
    gap: int

    def advance(self, step: int, target: int) -> None:
        """Takes the model from the state of `step` to that of `target`."""
        ...

    def next_check(self, step: int) -> int:
        """The step after `step` at which `check` is due."""
        ...

    def check(self, step: int) -> None:
        """Looks at the state, which is that of `step`."""
        ...

    def resolve(self) -> None:
        """Makes `first` exact for all that was crossed up to the last check; the model stays as it is."""
        ...

    def go_on(self, first: NDArray[np.int64], step: int) -> None:
        """Takes up again at `step`, a check whose crossings are all resolved."""
        ...
