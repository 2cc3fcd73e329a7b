"""One who listens, on the side of the hub: a bounded buffer and the latest look. All in the event loop."""

import asyncio
from collections import deque
from contextlib import suppress

from core.store import Look, Topic


class Listener:
    """What the hub has for one stream, or for one request that waits for a change.

    Args:
        room: messages that are kept for it. One who is slower reads from the database again; without any
            room it is only woken.

    Attributes:
        begins: every event with a greater number that the hub has seen is in the buffer; None while the hub
            does not count on this listener yet.
        look: the latest; `look_seq` is the last number of that moment.
        gone: whether what it listens to is no more.
    """

    def __init__(self, topic: Topic, room: int, begins: int | None) -> None:
        self.topic, self.room, self.begins = topic, room, begins
        self.look: Look | None = None
        self.look_seq = 0
        self.gone = False
        self._messages: deque[tuple[int, bytes]] = deque()
        self._news = asyncio.Event()

    def put(self, seq: int, message: bytes) -> None:
        """An event of its topic."""
        if len(self._messages) < self.room:
            self._messages.append((seq, message))
        else:
            self._messages.clear()
            self.begins = seq
        self._news.set()

    def take(self) -> list[tuple[int, bytes]]:
        """Empties the buffer."""
        found = list(self._messages)
        self._messages.clear()
        return found

    def see(self, look: Look | None, seq: int) -> None:
        """A look at its topic; None where there is nothing to be seen any more."""
        before = self.look
        if look is None:
            self.gone = True
            self._news.set()
        elif before != look:
            self.look, self.look_seq = look, seq
            # Who has no room waits for a change of state; progress is none.
            if self.room or (before is not None and before.pulse != look.pulse):
                self._news.set()

    def wake(self) -> None:
        """Lets it look for itself."""
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """Whether there was news within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        news = self._news.is_set()
        self._news.clear()
        return news
