"""Tells waiting requests that something happened: one task polls the event sequence while anybody waits."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from core.store import Database, last_seq

_PERIOD = 0.1
_LOOK_AGAIN = 1.0
"""Commits may become visible out of order of their sequence, so waiters also look by themselves."""

T = TypeVar("T")
_log = logging.getLogger("groklab.api")


class Notifier:
    """Wakes the requests that wait for a change."""

    def __init__(self, db: Database, stopping: threading.Event) -> None:
        self._db = db
        self._stopping = stopping
        self._waiting = 0
        self._seq = -1
        self._news: asyncio.Future[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def wait_while(
        self,
        look: Callable[[], tuple[T, int]],
        same: Callable[[T, T], bool],
        seconds: float,
        gone: Callable[[], Awaitable[bool]],
    ) -> T:
        """What `look` sees once it is no longer the same as at first, the time is over, or nobody listens.

        `look` returns what it sees and the event sequence of the same snapshot; it runs in the threadpool.
        """
        first, seq = await run_in_threadpool(look)
        now = first
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while same(first, now) and (left := end - clock()) > 0:
            await self._changed(seq, min(left, _LOOK_AGAIN))
            if self._stopping.is_set() or await gone():
                break
            now, seq = await run_in_threadpool(look)
        return now

    async def close(self) -> None:
        """Ends the polling task."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    async def _changed(self, since: int, seconds: float) -> None:
        self._waiting += 1
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(seconds):
                while self._seq <= since and not self._stopping.is_set():
                    await asyncio.shield(self._next())
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    def _next(self) -> asyncio.Future[None]:
        if self._news is None or self._news.done():
            self._news = asyncio.get_running_loop().create_future()
        return self._news

    async def _poll(self) -> None:
        while self._waiting:
            seq = await run_in_threadpool(self._read)
            if seq is not None and seq != self._seq:
                self._seq = seq
                self._tell()
            if self._stopping.is_set():
                self._tell()
            await asyncio.sleep(_PERIOD)

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _read(self) -> int | None:
        try:
            with self._db.read() as conn:
                return last_seq(conn)
        except SQLAlchemyError as error:
            _log.error("cannot read the event sequence", extra={"error": str(error).splitlines()[0]})
            return None
