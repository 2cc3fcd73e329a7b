"""The order in which minibatches take the training data, the same alone, in a batch and after a resume."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.problems import Stream, generator


class Order:
    """Minibatches of B runs: each epoch is a permutation from a stream of its own.

    The last step of an epoch takes what is left.
    """

    def __init__(self, seeds: Sequence[int], rows: int, batch_size: int, device: torch.device) -> None:
        self._seeds, self._rows, self._size, self._device = seeds, rows, batch_size, device
        self._epoch, self._order = -1, torch.empty(0)
        self._steps = -(-rows // batch_size)

    def places(self, step: int) -> Tensor:
        """The rows that a step, which counts from 1, trains on. Shape (B, n)."""
        epoch, place = divmod(step - 1, self._steps)
        if epoch != self._epoch:
            orders = [generator(s, Stream.ORDER, epoch).permutation(self._rows) for s in self._seeds]
            self._order, self._epoch = torch.from_numpy(np.stack(orders)).to(self._device), epoch
        return self._order[:, place * self._size : (place + 1) * self._size]
