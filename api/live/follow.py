"""One stream: the history from some event on, then what happens, then its end."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from api.live import wire
from api.live.hub import Hub
from api.live.listener import Listener
from core.store import Look, Topic

HEARTBEAT_SECONDS = 15.0
_PROGRESS_SECONDS = 1.0
_ROOM = 256
_ENDING = 0.1

_log = logging.getLogger("groklab.api")


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a stream begins.

    Attributes:
        after: the number of the last event that the client has; None to begin with the next one.
        last: the number of the topic's last event so far.
        more: whether others may follow it.
        look: how far the topic is, at the event `look_seq` of all.
    """

    topic: Topic
    after: int | None
    last: int
    more: bool
    look: Look
    look_seq: int


async def follow(hub: Hub, opening: Opening) -> AsyncGenerator[bytes, None]:
    """The stream, piece by piece; ends early when the process is to end, or the database fails.

    Whoever reads slowly holds up nobody: what does not fit into its buffer is read from the database later.
    """
    yield wire.RETRY
    try:
        if not opening.more:
            async for piece in _ended(hub, opening, opening.last):
                yield piece
            return
        with hub.listen(opening.topic, _ROOM) as listener:
            listener.see(opening.look, opening.look_seq)
            async for piece in _live(hub, opening, listener):
                yield piece
    except SQLAlchemyError as error:
        # The client comes back with its last id.
        _log.error("a stream ends early", extra={"error": str(error).splitlines()[0]})


async def _ended(hub: Hub, opening: Opening, upto: int) -> AsyncGenerator[bytes, None]:
    after = opening.after
    if after is None:
        after = upto
        yield wire.mark(after)
    while after < upto and not hub.stopping:
        messages, after = await hub.backlog(opening.topic, after, upto)
        yield messages
    if not hub.stopping:
        yield wire.points(None, opening.look) + wire.ended(opening.look)


async def _live(hub: Hub, opening: Opening, listener: Listener) -> AsyncGenerator[bytes, None]:
    teller, after = _Teller(), opening.after
    while not hub.stopping:
        look = None
        if listener.begins is None:
            pass
        elif after is None:
            # The hub may be behind what was there before.
            after = max(listener.begins, opening.last)
            yield wire.mark(after)
            continue
        elif after < listener.begins:
            messages, after = await hub.backlog(listener.topic, after, listener.begins)
            yield messages
            continue
        else:
            found = [message for seq, message in listener.take() if seq > after]
            after = max(after, hub.position or 0)
            yield b"".join(found)
            look = listener.look
            if listener.gone:
                yield wire.deleted()
                return
            if look is not None and look.terminal and after >= listener.look_seq:
                yield teller.last(look)
                return
            yield teller.tell(look)
        if not await listener.wait(teller.pause(look)) and teller.quiet:
            yield teller.beat()


class _Teller:
    """Tells progress and points, at most once a second, and that the stream is alive."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._told: Look | None = None
        self._may = self._beat = self._clock()
        self._beat += HEARTBEAT_SECONDS

    @property
    def quiet(self) -> bool:
        """Whether it is time for a sign of life."""
        return self._clock() >= self._beat

    def tell(self, look: Look | None) -> bytes:
        """What is new in the look, if something may be told already."""
        now = self._clock()
        if look is None or look == self._told or now < self._may:
            return b""
        told = wire.progress(look) + wire.points(self._told, look)
        self._told, self._may, self._beat = look, now + _PROGRESS_SECONDS, now + HEARTBEAT_SECONDS
        return told

    def last(self, look: Look) -> bytes:
        """The last points, and the end."""
        return wire.points(self._told, look) + wire.ended(look)

    def beat(self) -> bytes:
        """A sign of life."""
        self._beat = self._clock() + HEARTBEAT_SECONDS
        return wire.BEAT

    def pause(self, look: Look | None) -> float:
        """Seconds until there is something to do without news."""
        now = self._clock()
        if look is not None and look.terminal:
            return _ENDING
        until = min(self._beat, self._may) if look is not None and look != self._told else self._beat
        return max(0.0, until - now)
