"""Parameters that are kept on the way, as files of the run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.models import Network
from core.spec import Cell, slices
from core.training.found import NOT_YET, Crossing
from core.training.ports import Result
from core.training.state import save_arrays

_LABELS = {Crossing.TRAIN: "t1", Crossing.TEST: "t2"}
_LAST = "last"
_PREFIX, _EVALUATED = "kept", "evaluated"


@dataclass(frozen=True, slots=True)
class Kept:
    """Parameters of one run after a step. Shape (P,)."""

    step: int
    parameters: NDArray[Any]


class Keeper:
    """What is kept of each run: parameters at t1, t2, its last step, and, asked for, at powers of two."""

    def __init__(self, cells: Sequence[Cell], network: Network) -> None:
        self._cells, self._network = cells, network
        self._powers = cells[0].spec.record.checkpoints == "powers_of_two"
        self._kept: list[dict[str, Kept]] = [{} for _ in cells]
        self._evaluated = 0
        self._places = slices(network.layers)

    def crossed(self, found: NDArray[np.bool_], step: int) -> None:
        """Keeps the current parameters of runs that have just crossed, or end here. Shape (3, B)."""
        for crossing, label in _LABELS.items():
            for crossed in np.flatnonzero(found[crossing]):
                self._keep(int(crossed), label, step)
        for member, cell in enumerate(self._cells):
            # A divergence that was refined is the last step of a run that no evaluation comes to.
            ends = found[Crossing.DIVERGENCE, member] and cell.spec.stop.on_divergence
            if ends and _LAST not in self._kept[member]:
                self._keep(member, _LAST, step)

    def evaluated(self, step: int, first: NDArray[np.int64]) -> None:
        """Keeps what is due at an evaluation; `first` is what has been found, of shape (3, B)."""
        power = self._powers and step.bit_length() > self._evaluated.bit_length()
        for member in range(len(self._cells)):
            if power:
                self._keep(member, f"step-{step}", step)
            if _LAST not in self._kept[member] and self._ends(member, step, first[:, member]):
                self._keep(member, _LAST, step)
        self._evaluated = step

    def files(self, member: int, result: Result, step: int) -> dict[str, bytes]:
        """Safetensors bytes of all that was kept of a run up to its end, by file name."""
        if result.last_step == step and _LAST not in self._kept[member]:
            self._keep(member, _LAST, step)
        until_end = {
            label: kept for label, kept in self._kept[member].items() if kept.step <= result.last_step
        }
        return {_file_name(label): self._bytes(kept) for label, kept in until_end.items()}

    def arrays(self, member: int) -> dict[str, NDArray[Any]]:
        """What is kept of a run so far, for its checkpoint."""
        kept = {f"{_PREFIX}:{label}:{it.step}": it.parameters for label, it in self._kept[member].items()}
        return {_EVALUATED: np.array([self._evaluated], dtype=np.int64), **kept}

    def restore(self, member: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Takes over what `arrays` gave, but for the last parameters: who goes on will have others."""
        self._evaluated = int(arrays[_EVALUATED][0])
        for name, array in arrays.items():
            prefix, _, rest = name.partition(":")
            if prefix == _PREFIX:
                label, _, kept_at = rest.rpartition(":")
                if label != _LAST:
                    self._kept[member][label] = Kept(int(kept_at), array)

    def _keep(self, member: int, label: str, step: int) -> None:
        self._kept[member][label] = Kept(step, self._network.parameters[member].cpu().numpy().copy())

    def _ends(self, member: int, step: int, first: NDArray[np.int64]) -> bool:
        stop, t2 = self._cells[member].spec.stop, int(first[Crossing.TEST])
        generalised = stop.when_generalised and t2 != NOT_YET
        return (generalised and step >= math.ceil(stop.patience_factor * t2)) or (
            stop.on_divergence and first[Crossing.DIVERGENCE] != NOT_YET
        )

    def _bytes(self, kept: Kept) -> bytes:
        arrays: dict[str, NDArray[Any]] = {"step": np.array([kept.step], dtype=np.int64)}
        for layer in self._network.layers:
            arrays[layer.name] = kept.parameters[self._places[layer.name]].reshape(layer.shape)
        return save_arrays(arrays)


def unlooked(arrays: Mapping[str, NDArray[Any]], step: int, before: int) -> dict[str, NDArray[Any]]:
    """What `Keeper.arrays` gave, as if `step` had not been evaluated, but `before` as the last one."""
    kept = {
        name: array
        for name, array in arrays.items()
        if not (name.startswith(f"{_PREFIX}:") and name.endswith(f":{step}"))
    }
    evaluated = min(int(arrays[_EVALUATED][0]), before)
    return {**kept, _EVALUATED: np.array([evaluated], dtype=np.int64)}


def _file_name(label: str) -> str:
    return "parameters.safetensors" if label == _LAST else f"parameters.{label}.safetensors"
