"""Records waiting on the device until they are handed over, one copy for many."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Ring:
    """Up to `capacity` recorded steps of M metrics for G x R runs."""

    def __init__(self, capacity: int, metrics: int, groups: int, runs: int, device: torch.device) -> None:
        self._values = torch.empty(capacity, metrics, groups, runs, dtype=torch.float64, device=device)
        self._steps: list[int] = []

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def free(self) -> int:
        return len(self._values) - len(self._steps)

    def slot(self, step: int) -> Tensor:
        """Where to write the metrics of `step`. Shape (M, G, R)."""
        self._steps.append(step)
        return self._values[len(self._steps) - 1]

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """All records, which leave the ring: steps (K,) and values (K, M, G, R) on the host."""
        values = self._values[: len(self._steps)].cpu().numpy().copy()
        steps = np.array(self._steps, dtype=np.int64)
        self._steps = []
        return steps, values
