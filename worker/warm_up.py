"""Loads what training needs, by training a little, so that the first real run starts at once.

Where the compiled steps are not on disk yet they are compiled here, which takes some seconds, once.
"""

from collections.abc import Mapping

import torch

from core.spec import GOLDEN_EXAMPLE, expand, parse_spec
from core.training import Frame, Pace, Signal, train

_STEPS = 10
_COMPLETION = {
    "problem": {"kind": "matrix_completion", "rows": 2, "columns": 2, "rank": 1, "measurements": 3},
    "model": {"kind": "linear"},
    "regularization": {"nuclear": 1e-5},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": _STEPS,
}


class _Nowhere:
    """All three ports, connected to nothing."""

    def write(self, frame: Frame) -> None:
        """Forgets it."""

    def load(self) -> Mapping[int, bytes]:
        """Starts from the beginning."""
        return {}

    def poll(self, step: int) -> Signal:
        """Goes on."""
        return Signal()


def warm_up(device: str) -> None:
    """Trains a few steps on one thread; raises what training raises when the device is not there."""
    torch.set_num_threads(1)
    for spec in ({**GOLDEN_EXAMPLE, "steps": _STEPS}, _COMPLETION):
        cells, ports = expand(parse_spec(spec)), _Nowhere()
        train(cells, [0], device, recorder=ports, checkpoints=ports, control=ports, pace=Pace())
