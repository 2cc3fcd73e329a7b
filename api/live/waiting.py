"""Long polling: an answer at the next change."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from api.live.hub import Hub
from core.store import Topic

_STILL_THERE_SECONDS = 5.0

T = TypeVar("T")


async def wait_while(
    hub: Hub,
    topic: Topic,
    look: Callable[[], T],
    same: Callable[[T, T], bool],
    seconds: float,
    gone: Callable[[], Awaitable[bool]],
) -> T:
    """What `look` sees once it is no longer the same as at first, the time is over, or nobody listens.

    `look` runs in the threadpool, once more after each event of the topic. What is not the same as itself has
    ended: it is answered at once.
    """
    # Before the hub is told of the topic: what its id says may be no id at all.
    first = await run_in_threadpool(look)
    if seconds <= 0 or not same(first, first):
        return first
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    with hub.listen(topic) as listener:
        # It may have changed before the hub knew of this listener.
        now = await run_in_threadpool(look)
        while same(first, now) and (left := end - clock()) > 0:
            news = await listener.wait(min(left, _STILL_THERE_SECONDS))
            if hub.stopping or await gone():
                break
            if news:
                now = await run_in_threadpool(look)
    return now
