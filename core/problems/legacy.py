"""Draws as code around `numpy.random.seed` made them, to rebuild published instances.

Every part restarts the generator from the same seed: signal, design, noise, basis, factors, entries.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.problems.operators import Array
from core.spec import selected_rows


def signal(seed: int, dimension: int, sparsity: int) -> Array:
    """a*: `choice` of the support, then N(0, 1/n) entries. Shape (n,)."""
    random = np.random.RandomState(seed)
    result = np.zeros(dimension)
    support = random.choice(dimension, sparsity, replace=False)
    result[support] = random.randn(sparsity) / math.sqrt(dimension)
    return result


def rows(seed: int, measurements: int, dimension: int, coherence: float) -> tuple[Array, NDArray[np.int64]]:
    """M and the selected columns: first these are drawn, then the N(0, 1/N) rows below theirs.

    Where more columns are selected than there are, the first are all of them in order. Shapes (N, n), (k,).
    """
    random = np.random.RandomState(seed)
    count = selected_rows(measurements, coherence)
    selected = np.empty(0, dtype=np.int64)
    if count > dimension:
        selected = np.concatenate([np.arange(dimension), random.choice(dimension, count - dimension)])
    elif count:
        selected = random.choice(dimension, count, replace=False)
    drawn = random.randn(measurements - count, dimension) / math.sqrt(measurements)
    return np.concatenate([np.zeros((count, dimension)), drawn]), selected


def noise(seed: int, measurements: int) -> Array:
    """Unit noise from the design's own seed, as published: proportional to the first row of X. Shape (N,)."""
    return np.random.RandomState(seed).randn(measurements)


def orthonormal_basis(seed: int, dimension: int) -> Array:
    """Q of a square matrix of N(0, 1/n) entries. Shape (n, n)."""
    return np.linalg.qr(np.random.RandomState(seed).randn(dimension, dimension) / math.sqrt(dimension))[0]


def low_rank_factors(seed: int, rows: int, columns: int, rank: int) -> tuple[Array, Array]:
    """U and V, each of N(0, 1) entries from a generator of its own. Shapes (n1, r), (n2, r)."""
    return np.random.RandomState(seed).randn(rows, rank), np.random.RandomState(seed).randn(columns, rank)


def entries(seed: int, by_leverage: NDArray[np.int64], measurements: int, count: int) -> NDArray[np.int64]:
    """Observed positions: the `count` of largest leverage and a choice of the rest. Shape (N,)."""
    random = np.random.RandomState(seed)
    if count == 0:
        return random.permutation(len(by_leverage))[:measurements]
    rest = random.choice(by_leverage[count:], measurements - count, replace=False)
    return np.concatenate([by_leverage[:count], rest])


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
