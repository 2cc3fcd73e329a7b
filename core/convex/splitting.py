"""Minimises quadratic + strength x norm by Douglas-Rachford splitting with Anderson acceleration.

Lions and Mercier 1979; Walker and Ni 2011. An accelerated step is taken only where it brings the iteration
nearer to a fixed point than it was; the plain step, which always does, is taken otherwise.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.convex.shrinkage import Shrinkage
from core.problems.operators import Numbers, Operator

TOLERANCE = 1e-12
"""Distance of the two halves of a step, relative to the solution, at which the iteration has ended."""
ACCEPTED = 1e-8
"""The same where rounding allows no more, or the iterations are used up."""
MAX_ITERATIONS = 200_000
STALLED = 1_000
"""Iterations without any progress after which rounding is what is left."""
MEMORY = 10
"""Steps that the acceleration looks back on."""
TINY = 1e-290
"""Squares that are smaller have lost their digits."""
SHARE = 0.1
"""The threshold of a step, as a share of the largest entry (singular value) of the least-squares solution."""


class NotConverged(ArithmeticError):
    """The iteration ended too far from a solution to be called one."""


class Quadratic:
    """1/2 ||X a - y||^2 + (beta_2 / 2) ||a||^2, or, where `weight` is infinite, the condition X a = y."""

    def __init__(self, operator: Operator, targets: Numbers, l2_squared: float, weight: float) -> None:
        known = operator.decomposition
        self._operator, self._known, self.shape = operator, known, operator.shape
        squares, right = known.singular**2, known.coordinates(targets)
        # c -> keep c + add are the coordinates in the row space of X, off it w -> outside w.
        if math.isinf(weight):
            self._keep, self._add, self._outside = np.zeros_like(squares), right / known.singular, 1.0
        else:
            divisor = 1.0 + weight * (squares + l2_squared)
            self._keep = 1.0 / divisor
            self._add = weight * known.singular * right / divisor
            self._outside = 1.0 / (1.0 + weight * l2_squared)

    def nearest(self, w: Numbers) -> Numbers:
        """argmin_a f(a) + ||a - w||^2 / (2 weight)."""
        c = self._known.coordinates(self._operator.apply(w)) / self._known.singular
        change = (self._keep - self._outside) * c + self._add
        inside: Numbers = self._operator.adjoint(self._known.combine(change / self._known.singular))
        return self._outside * w + inside


def minimise(
    quadratic: Quadratic, shrink: Shrinkage, threshold: float, start: Numbers, attend: Callable[[], None]
) -> Numbers:
    """The minimiser, with the zeros (the rank) that the norm gives it. Shape as `start`.

    Args:
        threshold: weight of the quadratic times strength of the norm, > 0.
        attend: called now and then; it may give up by raising.

    Raises NotConverged where the iteration does not come near a solution.
    """

    def step(w: Numbers) -> tuple[Numbers, Numbers]:
        x = quadratic.nearest(w)
        z = shrink(2 * x - w, threshold)
        return z, z - x

    past = _Past(start.size * (2 if np.iscomplexobj(start) else 1))
    w = start
    z, move = step(w)
    least, since = np.inf, 0
    for iteration in range(MAX_ITERATIONS):
        if iteration % 100 == 0:
            attend()
        size, length = _norm(move), max(_norm(z), threshold)
        if size <= TOLERANCE * length:
            return z
        least, since = (size, 0) if size < 0.999 * least else (least, since + 1)
        if since > STALLED and size <= ACCEPTED * length:
            return z
        ahead = past.extrapolate(w, move)
        found = step(ahead)
        if _norm(found[1]) > size:
            past.forget()
            ahead = w + move
            found = step(ahead)
        w, (z, move) = ahead, found
    if _norm(move) <= ACCEPTED * max(_norm(z), threshold):
        return z
    raise NotConverged(f"no minimiser after {iteration + 1} iterations: {_norm(move) / _norm(z):.1e} apart")


class _Past:
    """The latest steps and moves of the iteration, by which it is extrapolated."""

    def __init__(self, size: int) -> None:
        self._moves, self._steps = np.zeros((MEMORY, size)), np.zeros((MEMORY, size))
        self._gram = np.zeros((MEMORY, MEMORY))
        self.forget()

    def forget(self) -> None:
        self._count = 0
        self._last: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    def extrapolate(self, w: Numbers, move: Numbers) -> Numbers:
        """Where the moves, taken as linear in w, would vanish."""
        flat, here = _real(move), _real(w + move)
        if self._last is not None:
            self._remember(flat - self._last[0], here - self._last[1])
        self._last = flat, here
        used = min(self._count, MEMORY)
        # Moves that no longer change tell nothing.
        if used == 0 or np.trace(self._gram[:used, :used]) < TINY:
            return w + move
        moves, gram = self._moves[:used], self._gram[:used, :used]
        ridge = 1e-12 * np.trace(gram) * np.eye(used)
        weights = np.linalg.solve(gram + ridge, moves @ flat)
        ahead: Numbers = (here - weights @ self._steps[:used]).view(w.dtype).reshape(w.shape)
        return ahead

    def _remember(self, moved: NDArray[np.float64], stepped: NDArray[np.float64]) -> None:
        place = self._count % MEMORY
        self._moves[place], self._steps[place] = moved, stepped
        products = self._moves @ moved
        self._gram[place], self._gram[:, place] = products, products
        self._count += 1


def _real(a: Numbers) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = np.ascontiguousarray(a).ravel().view(np.float64)
    return flat


def _norm(a: Numbers) -> float:
    return float(np.linalg.norm(a))
