"""What is looked for while runs train, and where it was found."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

NOT_YET = -1


class Crossing(IntEnum):
    """What is looked for."""

    TRAIN = 0
    TEST = 1
    DIVERGENCE = 2


def nothing_found(groups: int, runs: int) -> NDArray[np.int64]:
    """First steps before any was found. Shape (3, G, R)."""
    return np.full((len(Crossing), groups, runs), NOT_YET, dtype=np.int64)
