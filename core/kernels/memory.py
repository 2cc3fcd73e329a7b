"""Arrays whose vectors lie within the lines of the cache."""

import math

import numpy as np
from numpy.typing import NDArray

LINE = 64
"""Bytes. A vector that crosses the border between two lines is read twice: a third of the speed."""


def zeros(*shape: int) -> NDArray[np.float64]:
    """Contiguous zeros that begin with a line of the cache."""
    count = math.prod(shape)
    raw = np.zeros(8 * count + LINE, dtype=np.uint8)
    first = -raw.ctypes.data % LINE
    return raw[first : first + 8 * count].view(np.float64).reshape(shape)
