"""Activation functions of teachers with their first two derivatives, in NumPy."""

import math
from collections.abc import Callable

import numpy as np

from core.problems.operators import Array
from core.spec.network_problem import Activation

_erf = np.vectorize(math.erf, otypes=[np.float64])


def activation(name: Activation, z: Array, order: int = 0) -> Array:
    """phi(z), or its derivative of order 1 or 2, entry by entry. Shape of z.

    That of relu at 0 is 0. Raises ValueError for another order.
    """
    if order not in (0, 1, 2):
        raise ValueError(f"order must be 0, 1 or 2. Got {order} instead.")
    return _DERIVATIVES[name][order](z)


def _normal(z: Array) -> Array:
    density: Array = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return density


def _distribution(z: Array) -> Array:
    below: Array = 0.5 * (1 + _erf(z / math.sqrt(2)))
    return below


_DERIVATIVES: dict[Activation, tuple[Callable[[Array], Array], ...]] = {
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(np.float64), np.zeros_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)),
    "gelu": (
        lambda z: z * _distribution(z),
        lambda z: _distribution(z) + z * _normal(z),
        lambda z: (2 - z**2) * _normal(z),
    ),
    "quadratic": (lambda z: z**2, lambda z: 2 * z, lambda z: np.full_like(z, 2.0)),
    "sin": (np.sin, np.cos, lambda z: -np.sin(z)),
}
