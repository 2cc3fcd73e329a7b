"""Where pictures are drawn: by threads of their own, each once, and kept by ETag while there is room."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_THREADS = 2
"""One picture is drawn at a time in a process; another one may be read for meanwhile."""
_KEPT_BYTES = 32 * 2**20


class Studio:
    """Used by the event loop alone; what it is handed to make pictures runs elsewhere."""

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._room = kept_bytes
        self._threads = ThreadPoolExecutor(_THREADS, "pictures")
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    def close(self) -> None:
        """Waits for the pictures that are being drawn; those that wait are given up."""
        self._threads.shutdown(cancel_futures=True)

    async def picture(self, etag: str, make: Callable[[], bytes]) -> bytes:
        """The picture that the ETag names: kept, or made once for all who ask at the same time.

        Raises what `make` raises.
        """
        if (kept := self._kept.get(etag)) is not None:
            self._kept.move_to_end(etag)
            return kept
        if (making := self._waiting.get(etag)) is None:
            making = asyncio.get_running_loop().run_in_executor(self._threads, make)
            self._waiting[etag] = making
            making.add_done_callback(lambda done: self._keep(etag, done))
        # Who goes away does not take the picture from the others.
        return await asyncio.shield(making)

    def _keep(self, etag: str, done: "asyncio.Future[bytes]") -> None:
        del self._waiting[etag]
        if done.cancelled() or done.exception() is not None:
            return
        picture = done.result()
        if len(picture) > self._room:
            return
        self._kept[etag] = picture
        self._size += len(picture)
        while self._size > self._room:
            _, dropped = self._kept.popitem(last=False)
            self._size -= len(dropped)
