"""How long a body may take to arrive: one that stands still, or comes byte by byte, is not waited for."""

import asyncio
import time
from collections.abc import Callable

from starlette.types import Message, Receive

from api.errors import RequestTimeout

LEAST_BYTES_A_SECOND = 500
"""The usual default (MinRate of Apache's mod_reqtimeout)."""


def in_time(receive: Receive, seconds: float, answering: Callable[[], bool]) -> Receive:
    """`receive` that waits so many seconds at most, and on the whole no longer than the least speed admits.

    Only waiting counts, not what is done with a piece. Once an answer has begun it is too late to refuse.
    Raises RequestTimeout.
    """
    left, whole = seconds, False

    async def timely() -> Message:
        nonlocal left, whole
        if whole:
            return await receive()
        begin = time.monotonic()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError:
            if answering():
                return await receive()
            raise _too_slow(seconds) from None
        whole = not message.get("more_body", False)
        bought = len(message.get("body", b"")) / LEAST_BYTES_A_SECOND
        left = min(seconds, left - (time.monotonic() - begin) + bought)
        return message

    return timely


def _too_slow(seconds: float) -> RequestTimeout:
    limits = f"without pauses of {seconds:g} s, at {LEAST_BYTES_A_SECOND} bytes a second or more"
    # What is still to come must not be taken for the next request.
    return RequestTimeout(f"the body must arrive {limits}. It did not.", headers={"Connection": "close"})
