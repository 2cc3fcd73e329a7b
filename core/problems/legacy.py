"""Draws as code around `numpy.random.seed` made them, to rebuild published instances."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.problems.rows import unit_rows
from core.spec import selected_rows

Array = NDArray[np.float64]


def signal(seed: int, dimension: int, sparsity: int) -> Array:
    """a*: `choice` of the support, then N(0, 1/n) entries. Shape (n,)."""
    random = np.random.RandomState(seed)
    result = np.zeros(dimension)
    support = random.choice(dimension, sparsity, replace=False)
    result[support] = random.randn(sparsity) / math.sqrt(dimension)
    return result


def design(seed: int, measurements: int, dimension: int, coherence: float) -> Array:
    """X in the identity basis: first the selected columns are drawn, then N(0, 1/N) rows. Shape (N, n)."""
    random = np.random.RandomState(seed)
    count = selected_rows(measurements, coherence)
    selected = random.choice(dimension, count, replace=False) if count else np.empty(0, dtype=np.int64)
    rows = random.randn(measurements - count, dimension) / math.sqrt(measurements)
    return np.concatenate([unit_rows(selected, dimension), rows])


def noise(seed: int, measurements: int) -> Array:
    """Unit noise from the design's own seed, as published: proportional to the first row of X. Shape (N,)."""
    return np.random.RandomState(seed).randn(measurements)


@lru_cache(maxsize=256)
def signal_power(seed: int, dimension: int, sparsity: int) -> float:
    """E||a*||^2 as the published code estimates it: the mean over 100 n signals with seeds i x seed."""
    total = 0.0
    random = np.random.RandomState()
    for i in range(100 * dimension):
        random.seed((i * seed) % 2**32)
        random.choice(dimension, sparsity, replace=False)
        total += float(np.sum((random.randn(sparsity) / math.sqrt(dimension)) ** 2))
    return total / (100 * dimension)
