"""Answers that cost much to make, kept by their ETag while there is room."""

import threading
from collections import OrderedDict

_KEPT_BYTES = 32 * 2**20


class KeptBytes:
    """What was asked for longest ago goes first; may be used by many threads.

    Args:
        room: bytes that are kept at most; what is larger alone is not kept.
    """

    def __init__(self, room: int = _KEPT_BYTES) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def get(self, etag: str) -> bytes | None:
        """What was kept under the ETag, if it still is."""
        with self._lock:
            if (found := self._kept.get(etag)) is not None:
                self._kept.move_to_end(etag)
            return found

    def keep(self, etag: str, body: bytes) -> None:
        """Keeps it while there is room."""
        with self._lock:
            if len(body) > self._room or etag in self._kept:
                return
            self._kept[etag] = body
            self._size += len(body)
            while self._size > self._room:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped)
