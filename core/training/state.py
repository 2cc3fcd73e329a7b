"""The state of one member as bytes: what a checkpoint keeps, bit for bit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save


@dataclass(frozen=True, slots=True)
class MemberState:
    """One run between two steps.

    Attributes:
        step: steps taken.
        factors: shape (L, n), float64 or float32.
        first: steps of t1, t2 and divergence, -1 where there is none. Shape (3,).
    """

    step: int
    factors: NDArray[np.floating]
    first: NDArray[np.int64]


def pack(state: MemberState) -> bytes:
    """Safetensors bytes of a state."""
    step = np.array([state.step], dtype=np.int64)
    arrays = {"step": step, "factors": state.factors, "first": state.first}
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def unpack(data: bytes) -> MemberState:
    """The state that `pack` wrote."""
    arrays = load(data)
    return MemberState(int(arrays["step"][0]), arrays["factors"], arrays["first"])
