"""The state of one member as bytes: what a checkpoint keeps, bit for bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

_EXTRA = "extra."


@dataclass(frozen=True, slots=True)
class MemberState:
    """One run between two steps.

    Attributes:
        step: steps taken.
        state: all that the steps change, real or complex: factors, or parameters and moments.
        first: steps of t1, t2 and divergence, -1 where there is none. Shape (3,).
        extra: what else the program needs to go on, by name.
    """

    step: int
    state: NDArray[Any]
    first: NDArray[np.int64]
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def pack(state: MemberState) -> bytes:
    """Safetensors bytes of a state."""
    step = np.array([state.step], dtype=np.int64)
    extra = {_EXTRA + name: array for name, array in state.extra.items()}
    return save_arrays({"step": step, "first": state.first, **real_parts("state", state.state), **extra})


def unpack(data: bytes) -> MemberState:
    """The state that `pack` wrote."""
    arrays = load(data)
    whole = arrays["state"] if "state" in arrays else arrays["state.re"] + 1j * arrays["state.im"]
    extra = {name.removeprefix(_EXTRA): a for name, a in arrays.items() if name.startswith(_EXTRA)}
    return MemberState(int(arrays["step"][0]), whole, arrays["first"], extra)


def real_parts(name: str, array: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The array by its name, or the parts of a complex one with `.re` and `.im` behind it."""
    return {f"{name}.re": array.real, f"{name}.im": array.imag} if np.iscomplexobj(array) else {name: array}


def save_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Safetensors bytes of arrays by name."""
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
