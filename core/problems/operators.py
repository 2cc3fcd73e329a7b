"""The linear maps a -> y of the problems: dense designs, observed entries, rank-one measurements."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[Any]
"""Float64, or complex128 with the Fourier basis, which makes designs and parameters complex."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The nonzero singular values of a map and its left singular vectors.

    Attributes:
        left: U; None stands for the identity, so that observing entries costs no square matrix. Shape (N, k).
        singular: in decreasing order. Shape (k,).
    """

    left: Numbers | None
    singular: Array

    def coordinates(self, r: Numbers) -> Numbers:
        """U^H r. Shape (..., N) -> (..., k)."""
        return r if self.left is None else r @ self.left.conj()

    def combine(self, c: Numbers) -> Numbers:
        """U c. Shape (..., k) -> (..., N)."""
        return c if self.left is None else c @ self.left.T


class Operator(Protocol):
    """A linear map from parameters of shape `shape` to `rows` measurements, with its adjoint."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the parameters: (n,) or (n1, n2)."""
        ...

    @property
    def rows(self) -> int:
        """Number N of measurements."""
        ...

    def apply(self, a: Numbers) -> Numbers:
        """X a. Shape (..., *shape) -> (..., N)."""
        ...

    def adjoint(self, r: Numbers) -> Numbers:
        """X^H r. Shape (..., N) -> (..., *shape)."""
        ...

    @property
    def decomposition(self) -> Decomposition:
        """Singular values and left singular vectors, computed once."""
        ...


@dataclass(frozen=True)
class Dense:
    """y = X a with a matrix X, real or complex.

    Attributes:
        design: X. Shape (N, n).
    """

    design: Numbers

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.design.shape[1],)

    @property
    def rows(self) -> int:
        return len(self.design)

    def apply(self, a: Numbers) -> Numbers:
        return a @ self.design.T

    def adjoint(self, r: Numbers) -> Numbers:
        return r @ self.design.conj()

    @cached_property
    def decomposition(self) -> Decomposition:
        left, singular, _ = np.linalg.svd(self.design, full_matrices=False)
        return _nonzero(left, singular, max(self.design.shape))


@dataclass(frozen=True)
class Entries:
    """y_k = A[i_k, j_k]: matrix completion.

    Attributes:
        size: (n1, n2).
        places: distinct row-major positions i n2 + j of the observed entries. Shape (N,).
    """

    size: tuple[int, int]
    places: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.size

    @property
    def rows(self) -> int:
        return len(self.places)

    def apply(self, a: Numbers) -> Numbers:
        flat: Numbers = a.reshape(*a.shape[:-2], -1)[..., self.places]
        return flat

    def adjoint(self, r: Numbers) -> Numbers:
        flat = np.zeros((*r.shape[:-1], self.size[0] * self.size[1]), dtype=r.dtype)
        flat[..., self.places] = r
        return flat.reshape(*r.shape[:-1], *self.size)

    @property
    def decomposition(self) -> Decomposition:
        return Decomposition(None, np.ones(self.rows))


@dataclass(frozen=True)
class RankOne:
    """y_k = l_k' A r_k: matrix sensing, kept as its two factors; their Kronecker product is never formed.

    Attributes:
        left: rows l_k. Shape (N, n1).
        right: rows r_k. Shape (N, n2).
    """

    left: Array
    right: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.left.shape[1], self.right.shape[1])

    @property
    def rows(self) -> int:
        return len(self.left)

    def apply(self, a: Numbers) -> Numbers:
        measured: Numbers = np.einsum("ki,...ij,kj->...k", self.left, a, self.right, optimize=True)
        return measured

    def adjoint(self, r: Numbers) -> Numbers:
        weighted = r[..., :, None] * self.right  # (..., N, n2)
        result: Numbers = self.left.T @ weighted
        return result

    @cached_property
    def decomposition(self) -> Decomposition:
        # X X' is the entrywise product of two Gram matrices, no larger than N x N.
        gram = (self.left @ self.left.T) * (self.right @ self.right.T)
        squares, vectors = np.linalg.eigh(gram)
        squares, vectors = squares[::-1], vectors[:, ::-1]
        keep = squares > squares[0] * len(gram) * np.finfo(np.float64).eps
        return Decomposition(vectors[:, keep], np.sqrt(squares[keep]))


def _nonzero(left: Numbers, singular: Array, size: int) -> Decomposition:
    keep = singular > singular[0] * size * np.finfo(np.float64).eps
    return Decomposition(left[:, keep], singular[keep])


def least_squares(operator: Operator, targets: Numbers) -> Numbers:
    """a_LS = X^+ y, the least-squares solution of minimum norm. Shape `operator.shape`."""
    known = operator.decomposition
    c = known.coordinates(targets) / known.singular**2
    solution: Numbers = operator.adjoint(known.combine(c))
    return solution


def project(operator: Operator, a: Numbers) -> Numbers:
    """The part of `a` in the row space of X, X^+ X a, which is all that the measurements see of it."""
    return least_squares(operator, operator.apply(a))
