"""Arrays whose vectors lie within the lines of the cache."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

LINE = 64
"""Bytes. A vector across the border between two lines is read twice, and steps become a third slower."""


def zeros(*shape: int) -> NDArray[np.float64]:
    """Contiguous zeros that begin with a line of the cache."""
    count = math.prod(shape)
    raw = np.zeros(8 * count + LINE, dtype=np.uint8)
    first = -raw.ctypes.data % LINE
    return raw[first : first + 8 * count].view(np.float64).reshape(shape)


def filled(parts: NDArray[Any], width: int, idle: float) -> NDArray[Any]:
    """Parts (K, B) of at most `width` runs with a value for idle lanes, contiguous. Shape (K, width)."""
    lanes = np.full((len(parts), width), idle, dtype=parts.dtype)
    lanes[:, : parts.shape[1]] = parts
    return lanes
