"""Rows of a design that observe single coordinates."""

import numpy as np
from numpy.typing import NDArray


def unit_rows(columns: NDArray[np.int64], dimension: int) -> NDArray[np.float64]:
    """Row k is the unit vector of coordinate columns[k]. Shape (len(columns), dimension)."""
    rows = np.zeros((len(columns), dimension))
    rows[np.arange(len(columns)), columns] = 1.0
    return rows
