"""Runs of sweeps whose runs have all ended, kept: a page asks for several tables of the same ones."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from api.sweeps.cells import Cells

MOST_RUNS = 20_000
"""Runs of all sweeps that are kept together; each takes about 2 KB."""


class KeptCells:
    """What was asked for longest ago goes first; may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], Cells] = OrderedDict()

    def recall(self, mark: tuple[object, ...], read: Callable[[], Cells]) -> Cells:
        """What was read under the mark, read now where it is not there. Raises what `read` raises."""
        # Who asks for a sweep that is being read waits for it, and does not read it, too.
        with self._lock:
            cells = self._kept.pop(mark, None) or read()
            if len(cells.runs) <= MOST_RUNS:
                self._kept[mark] = cells
            while sum(len(kept.runs) for kept in self._kept.values()) > MOST_RUNS:
                self._kept.popitem(last=False)
            return cells
