"""Runs of sweeps whose runs have all ended, kept: a page asks for several tables of the same ones."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from api.answers import dumps
from api.sweeps.cells import Cells

ROOM_BYTES = 40 * 2**20
"""Of all sweeps that are kept together, about."""
_RUN_BYTES = 2000
_BYTES_A_LETTER = 4
"""Of JSON that was read, such as the numbers of a spec."""

Mark = tuple[object, ...]


class KeptCells:
    """What was asked for longest ago goes first; may be used by many threads."""

    def __init__(self, room: int = ROOM_BYTES) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[Mark, tuple[Cells, int]] = OrderedDict()
        self._size = 0
        self._reading: dict[Mark, Future[Cells]] = {}

    def recall(self, mark: Mark, read: Callable[[], Cells]) -> Cells:
        """What was read under the mark, read now where it is not there. Raises what `read` raises.

        Who asks for a sweep that is being read waits for it, and does not read it, too.
        """
        with self._lock:
            if (found := self._kept.get(mark)) is not None:
                self._kept.move_to_end(mark)
                return found[0]
            other = self._reading.get(mark)
            if other is None:
                ours = self._reading[mark] = Future[Cells]()
        return other.result() if other is not None else self._read(mark, read, ours)

    def _read(self, mark: Mark, read: Callable[[], Cells], future: Future[Cells]) -> Cells:
        try:
            cells = read()
        except BaseException as error:
            future.set_exception(error)
            with self._lock:
                del self._reading[mark]
            raise
        future.set_result(cells)
        with self._lock:
            del self._reading[mark]
            self._keep(mark, cells)
        return cells

    def _keep(self, mark: Mark, cells: Cells) -> None:
        size = _size_of(cells)
        if size > self._room:
            return
        self._kept[mark] = cells, size
        self._size += size
        while self._size > self._room:
            _, (_, dropped) = self._kept.popitem(last=False)
            self._size -= dropped


def _size_of(cells: Cells) -> int:
    letters = len(dumps(dict(cells.spec)))
    if cells.runs:
        letters += len(cells.runs) * len(dumps(dict(cells.runs[0].axes)))
    return _RUN_BYTES * len(cells.runs) + _BYTES_A_LETTER * letters
