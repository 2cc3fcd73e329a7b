"""When the states of a batch are kept: by the clock, soon after a crossing, and when asked."""

import time

CROSSING_SECONDS = 5.0
"""Between the states before and those that are kept because of a crossing: runs of a batch cross by turns."""
CROSSING_SHARE = 0.02
"""Of the time may go into states that are kept because of crossings."""


class Saving:
    """The schedule of a training.

    A run that has just crossed is worth keeping, but 256 runs cross at 512 steps: their states are kept with
    the first hand-over once some seconds have passed since the last ones, and the more seconds, the longer
    it takes to store them. What takes less than that from its start to its end is never stored on the way.

    Args:
        usual: seconds of wall time between two states, crossings or none.
    """

    def __init__(self, usual: float) -> None:
        self._usual = usual
        self._saved, self._took, self._crossed = time.monotonic(), 0.0, False

    def crossed(self) -> None:
        """A t1 or t2 became known."""
        self._crossed = True

    def due(self, now: float) -> bool:
        """Whether states are to be kept now."""
        since = now - self._saved
        soon = self._crossed and since >= max(CROSSING_SECONDS, self._took / CROSSING_SHARE)
        return soon or since >= self._usual

    def saved(self, began: float) -> None:
        """States have been kept, which began then."""
        self._saved = time.monotonic()
        self._took, self._crossed = self._saved - began, False
