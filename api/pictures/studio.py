"""Where pictures are drawn: by threads of their own, each once, and kept by ETag while there is room."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from api.kept_bytes import KeptBytes

_THREADS = 2
"""One picture is drawn at a time in a process; another one may be read for meanwhile."""


class Studio:
    """Used by the event loop alone; what it is handed to make pictures runs elsewhere."""

    def __init__(self, kept: KeptBytes) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "pictures")
        self._kept = kept
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    def close(self) -> None:
        """Waits for the pictures that are being drawn; those that wait are given up."""
        self._threads.shutdown(cancel_futures=True)

    async def picture(self, etag: str, make: Callable[[], bytes]) -> bytes:
        """The picture that the ETag names: kept, or made once for all who ask at the same time.

        Raises what `make` raises.
        """
        if (kept := self._kept.get(etag)) is not None:
            return kept
        if (making := self._waiting.get(etag)) is None:
            making = asyncio.get_running_loop().run_in_executor(self._threads, make)
            self._waiting[etag] = making
            making.add_done_callback(lambda done: self._keep(etag, done))
        # Who goes away does not take the picture from the others.
        return await asyncio.shield(making)

    def _keep(self, etag: str, done: "asyncio.Future[bytes]") -> None:
        del self._waiting[etag]
        if not done.cancelled() and done.exception() is None:
            self._kept.keep(etag, done.result())
