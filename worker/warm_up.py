"""Loads what training needs, by training a little, so that the first real run starts at once."""

from collections.abc import Mapping

import torch

from core.spec import GOLDEN_EXAMPLE, expand, parse_spec
from core.training import Frame, Pace, Signal, train

_STEPS = 10


class _Nowhere:
    """All three ports, connected to nothing."""

    def write(self, frame: Frame) -> None:
        """Forgets it."""

    def load(self) -> Mapping[int, bytes]:
        """Starts from the beginning."""
        return {}

    def save(self, step: int, states: Mapping[int, bytes]) -> None:
        """Forgets it."""

    def poll(self, step: int) -> Signal:
        """Goes on."""
        return Signal()


def warm_up(device: str) -> None:
    """Trains a few steps on one thread; raises what training raises when the device is not there."""
    torch.set_num_threads(1)
    cells, ports = expand(parse_spec({**GOLDEN_EXAMPLE, "steps": _STEPS})), _Nowhere()
    train(cells, [0], device, recorder=ports, checkpoints=ports, control=ports, pace=Pace())
