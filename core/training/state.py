"""The state of one member as bytes: what a checkpoint keeps, bit for bit, and what is left of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save


@dataclass(frozen=True, slots=True)
class MemberState:
    """One run between two steps.

    Attributes:
        step: steps taken.
        state: all factors, flat, real or complex. Shape (P,).
        first: steps of t1, t2 and divergence, -1 where there is none. Shape (3,).
    """

    step: int
    state: NDArray[Any]
    first: NDArray[np.int64]


def pack(state: MemberState) -> bytes:
    """Safetensors bytes of a state."""
    step = np.array([state.step], dtype=np.int64)
    return _save({"step": step, "first": state.first, **_real_parts("state", state.state)})


def unpack(data: bytes) -> MemberState:
    """The state that `pack` wrote."""
    arrays = load(data)
    whole = arrays["state"] if "state" in arrays else arrays["state.re"] + 1j * arrays["state.im"]
    return MemberState(int(arrays["step"][0]), whole, arrays["first"])


def final_parameters(step: int, parameters: NDArray[Any], factors: Sequence[NDArray[Any]]) -> bytes:
    """Safetensors bytes of what a run has learned: `parameters`, and `factors.0` ... of a deep model.

    Complex arrays are two, with `.re` and `.im` behind their names.
    """
    arrays = {"step": np.array([step], dtype=np.int64), **_real_parts("parameters", parameters)}
    if len(factors) > 1:
        for i, factor in enumerate(factors):
            arrays |= _real_parts(f"factors.{i}", factor)
    return _save(arrays)


def _real_parts(name: str, array: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {f"{name}.re": array.real, f"{name}.im": array.imag} if np.iscomplexobj(array) else {name: array}


def _save(arrays: dict[str, NDArray[Any]]) -> bytes:
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
