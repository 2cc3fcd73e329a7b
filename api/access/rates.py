"""How often who may call: a bucket of calls for each caller, in this process alone."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 60
_KEPT = 10_000
"""Callers kept in mind. Of more than that those forgotten first have not called for the longest time."""
_POLICY = "default"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller, in words of `RateLimit` and `RateLimit-Policy` (IETF, httpapi).

    `wait_seconds` is 0 where the call may be made, else the time until the next one may.
    """

    limit: int
    left: int
    full_seconds: int
    wait_seconds: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The fields that tell of it."""
        policy = f'"{_POLICY}";q={self.limit};w={WINDOW_SECONDS}'
        state = f'"{_POLICY}";r={self.left};t={self.full_seconds}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class RateLimiter:
    """A full bucket holds `limit` calls and is filled again within a minute, a bit at a time."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._speed = limit / WINDOW_SECONDS
        # For each caller: the calls left, and when that was so.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def on(self) -> bool:
        """Whether there is any limit."""
        return self._limit > 0

    def take(self, caller: str) -> Allowance:
        """One call of this caller, taken out of the bucket if there is one left."""
        now = self._clock()
        left, at = self._buckets.get(caller, (float(self._limit), now))
        left = min(float(self._limit), left + (now - at) * self._speed)
        wait = 0 if left >= 1 else max(1, math.ceil((1 - left) / self._speed))
        if not wait:
            left -= 1
        self._buckets[caller] = left, now
        self._buckets.move_to_end(caller)
        if len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return Allowance(self._limit, int(left), math.ceil((self._limit - left) / self._speed), wait)
