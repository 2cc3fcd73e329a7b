"""The one task of a process that looks at the database, for all who listen."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from api.live import wire
from api.live.listener import Listener
from core.store import (
    TERMINAL,
    Database,
    Happened,
    Horizon,
    Look,
    Topic,
    last_seq,
    look_at,
    read_backlog,
    read_history,
)

_PERIOD = 0.1
_LOOK_SECONDS = 1.0
_REST = 4.0
"""Looks at how far everything is take a fifth of the time at most."""
_AFTER_TROUBLE = 1.0
_CLOSING_SECONDS = 2.0
_EVENTS_A_READ = 1000
_BACKLOG_READS = 4
"""Reads of old events at a time: they leave threads and connections to the other requests."""

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger("groklab.api")


class Hub:
    """Tells listeners what happens to runs and experiments; works only while there are some.

    Args:
        most_streams: streams that may be open at once.

    Attributes:
        position: every event up to this number has been handed to those who listened then; None before the
            first look.
        streams: how many are open.
    """

    def __init__(self, db: Database, stopping: threading.Event, most_streams: int, gauge: Gauge) -> None:
        self._db, self._stopping, self._most_streams, self._gauge = db, stopping, most_streams, gauge
        self._horizon = Horizon(db)
        self._listeners: dict[Topic, set[Listener]] = {}
        self._task: asyncio.Task[None] | None = None
        self._own_turn, self._backlog_turn = CapacityLimiter(1), CapacityLimiter(_BACKLOG_READS)
        self._reading = False
        self._urgent: set[Topic] = set()
        self._next_look = self._rested = 0.0
        self.position: int | None = None
        self.streams = 0

    @property
    def stopping(self) -> bool:
        """Whether the process has been asked to end."""
        return self._stopping.is_set()

    @property
    def full(self) -> bool:
        """Whether there is no place for one more stream."""
        return self.streams >= self._most_streams

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the places for streams."""
        self.streams += 1
        self._gauge.inc()
        try:
            yield
        finally:
            self.streams -= 1
            self._gauge.dec()

    @contextmanager
    def listen(self, topic: Topic, room: int = 0) -> Iterator[Listener]:
        """A listener to the topic, until the end of the block."""
        if self._task is None or self._task.done():
            self.position = None
            self._task = asyncio.create_task(self._work())
        # A read that is under way does not ask for this topic.
        listener = Listener(topic, room, None if self._reading else self.position)
        self._listeners.setdefault(topic, set()).add(listener)
        try:
            yield listener
        finally:
            others = self._listeners[topic]
            others.discard(listener)
            if not others:
                del self._listeners[topic]

    async def backlog(self, topic: Topic, after: int, upto: int) -> tuple[bytes, int]:
        """Some of the topic's events in (after, upto], and up to where that is."""

        def read() -> tuple[bytes, int]:
            with self._db.read() as conn:
                part = read_backlog(conn, topic, after, upto, _EVENTS_A_READ)
            return b"".join(wire.happened(item) for item in part.happened), part.upto

        return await to_thread.run_sync(read, limiter=self._backlog_turn)

    async def close(self) -> None:
        """Ends the task."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _work(self) -> None:
        look: asyncio.Task[None] | None = None
        try:
            while self._listeners or not (look is None or look.done()):
                if self.stopping:
                    self._wake()
                # A database that hangs must not keep this loop from telling that the process ends.
                if look is None or look.done():
                    look = asyncio.create_task(self._look())
                await asyncio.wait([look], timeout=_PERIOD)
                await asyncio.sleep(_PERIOD)
        finally:
            # A thread that still reads would keep its connection open beyond the database's end.
            if look is not None and not look.done():
                await asyncio.wait([look], timeout=_CLOSING_SECONDS)
                look.cancel()

    async def _look(self) -> None:
        try:
            reached = await self._in_thread(self._horizon.look)
            if reached is not None:
                await self._advance(reached)
            await self._look_around()
        except SQLAlchemyError as error:
            _log.error("cannot look for events", extra={"error": str(error).splitlines()[0]})
            await asyncio.sleep(_AFTER_TROUBLE)
        except Exception:
            _log.exception("cannot look for events")
            await asyncio.sleep(_AFTER_TROUBLE)

    async def _advance(self, reached: int) -> None:
        """Hands out what has happened up to there."""
        if self.position is None:
            self.position = reached
            self._wake()
        self._admit()
        while self.position < reached:
            self._reading = True
            try:
                happened, upto = await self._in_thread(self._read, self._topics(), self.position, reached)
            finally:
                self._reading = False
            self._hand_out(happened)
            self.position = upto
            self._admit()

    def _admit(self) -> None:
        for listener in self._all():
            if listener.begins is None:
                listener.begins = self.position
                listener.wake()

    def _read(self, topics: Collection[Topic], after: int, upto: int) -> tuple[list[Happened], int]:
        if not topics:
            return [], upto
        with self._db.read() as conn:
            return read_history(conn, topics, after, upto, _EVENTS_A_READ)

    def _hand_out(self, happened: list[Happened]) -> None:
        for item in happened:
            event, message = item.event, b""
            for topic in (Topic("run", event.run_id), Topic("experiment", event.experiment_id)):
                for listener in self._listeners.get(topic, ()):
                    if listener.begins is None:
                        continue
                    message = message or wire.happened(item)
                    listener.put(event.seq, message)
                    if listener.room and item.state in TERMINAL:
                        self._urgent.add(topic)

    async def _look_around(self) -> None:
        """Shows everybody how far everything is: once a second, and soon where something has ended."""
        begin = time.monotonic()
        topics = self._topics() if begin >= self._next_look else self._urgent & self._topics()
        if not topics or begin < self._rested:
            return
        # Those that nobody listens to any more go too.
        self._urgent = set() if begin >= self._next_look else self._urgent - topics
        looks, seq = await self._in_thread(self._see, topics)
        for topic in topics:
            for listener in self._listeners.get(topic, ()):
                listener.see(looks.get(topic), seq)
        end = time.monotonic()
        self._rested = end + _REST * (end - begin)
        if begin >= self._next_look:
            self._next_look = begin + _LOOK_SECONDS

    def _see(self, topics: Collection[Topic]) -> tuple[dict[Topic, Look], int]:
        with self._db.read() as conn:
            return look_at(conn, topics), last_seq(conn)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await to_thread.run_sync(lambda: work(*args, **kwargs), limiter=self._own_turn)

    def _topics(self) -> set[Topic]:
        return set(self._listeners)

    def _all(self) -> Iterator[Listener]:
        return (listener for found in self._listeners.values() for listener in found)

    def _wake(self) -> None:
        for listener in self._all():
            listener.wake()
