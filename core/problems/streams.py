"""Named random streams, one for each part of a run, so that changing one leaves the others alone."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Streams of a seed; the value is the spawn key."""

    DATA = 0
    NOISE = 1
    INIT = 2
    ORDER = 3


def generator(seed: int, stream: Stream, *part: int) -> np.random.Generator:
    """The generator of one stream, or of a numbered part of it, drawn on the host whatever the device."""
    key = (int(stream), *part)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
