"""What designs measure of matrices, and how compiled code finds what belongs to a run."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What G designs measure of n1 x n2 matrices: observed entries, or products l_k' A r_k.

    Attributes:
        shape: (n1, n2).
        left, right: l_k and r_k, empty for observed entries. Shapes (G, N, n1), (G, N, n2).
        mask: 1 where an entry is observed, empty for products. Shape (G, n1 n2).
        targets: shape (G, n1 n2) or (G, N).
        truth: A*. Shape (G, n1 n2).
        norms: what train and test errors are divided by. Shape (2, G).
    """

    shape: tuple[int, int]
    left: Array
    right: Array
    mask: Array
    targets: Array
    truth: Array
    norms: Array


@dataclass(frozen=True, slots=True)
class Moving:
    """What steps change of G x R runs.

    Attributes:
        state: the matrices. Shape (G, R, n1 n2).
        vectors: right singular vectors of the longer side's matrix, one a row, which the next decomposition
            starts from. Shape (G, R, k, k), k the shorter side.
        found: steps of t1, t2 and divergence, -1 where there is none yet. Shape (3, G, R).
    """

    state: Array
    vectors: Array
    found: NDArray[np.int64]
