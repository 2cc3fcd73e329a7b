"""How sure a share is that was counted: k of n runs, with Wilson's interval."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def wilson(k: Integers, n: Integers, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Ends of the interval of the share that k of n estimates (Wilson 1927); 0 and 1 where n is 0.

    Args:
        k, n: counts, 0 <= k <= n. Any shape, the same.
        confidence: in (0, 1).

    Raises ValueError for other counts and confidences.
    """
    if k.shape != n.shape or bool(np.any((k < 0) | (k > n))):
        raise ValueError(f"k must be in [0, n], element by element. Got {k} of {n}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1). Got {confidence} instead.")
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    size = np.maximum(n, 1)
    share = k / size
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * size)) / size) / (1 + z2 / size)
    # At both ends the interval touches 0 or 1, which rounding would miss.
    low = np.where(k == 0, 0.0, middle - half)
    high = np.where(k == n, 1.0, middle + half)
    return np.where(n == 0, 0.0, low), np.where(n == 0, 1.0, high)
