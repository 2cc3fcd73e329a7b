"""Records waiting on the device until they are handed over, one copy for many."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Ring:
    """Up to `capacity` recorded steps of one block of numbers each, such as (M, G, R) scalar metrics."""

    def __init__(self, capacity: int, block: tuple[int, ...], device: torch.device) -> None:
        self._values = torch.empty(capacity, *block, dtype=torch.float64, device=device)
        self._steps: list[int] = []

    @property
    def capacity(self) -> int:
        return len(self._values)

    @property
    def free(self) -> int:
        return len(self._values) - len(self._steps)

    def slot(self, step: int) -> Tensor:
        """Where to write the numbers of `step`, of the shape of the block."""
        self._steps.append(step)
        return self._values[len(self._steps) - 1]

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """All records, which leave the ring: steps (K,) and values (K, *block) on the host."""
        values = self._values[: len(self._steps)].cpu().numpy().copy()
        steps = np.array(self._steps, dtype=np.int64)
        self._steps = []
        return steps, values
