"""Which batches are so short that a long one lets them pass."""

from collections.abc import Sequence

from core.spec.cost import batch_seconds
from core.spec.experiment import ExperimentSpec

SHORT_SECONDS = 10.0
"""The longest that a batch may be estimated to train and still be short."""
SHORT_BYTES = 256 << 20
"""The most that it may take, since the long one keeps its memory meanwhile."""


def is_short(specs: Sequence[ExperimentSpec], peak: int) -> bool:
    """Whether the one-cell specs of a planned batch, of `peak` estimated bytes, make a short one.

    Raises ValueError for an empty batch.
    """
    return batch_seconds(specs) <= SHORT_SECONDS and peak <= SHORT_BYTES
