"""Asking again: after a lost connection, and when the service asks for patience."""

import random
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from api.client.errors import Fault, Refused, Unreachable
from api.client.talk import Ask, Pause, Talk
from api.client.views import pick

T = TypeVar("T")

_PATIENCE = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
_LOST = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.TimeoutException)
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_FIRST_PAUSE = 0.25


@dataclass(frozen=True, slots=True)
class Retries:
    """How often each request is sent at most, and the longest `Retry-After` in seconds that is waited for."""

    url: str
    attempts: int
    longest_wait: float

    def pause(self, ask: Ask, outcome: httpx.Response | httpx.TransportError, attempt: int) -> float | None:
        """Seconds until the request is sent again; None where it is not."""
        if attempt >= self.attempts:
            return None
        # Many clients that lost the same service should not come back at once.
        usual: float = _FIRST_PAUSE * 2.0 ** (attempt - 1) * random.uniform(0.8, 1.2)
        if isinstance(outcome, httpx.TransportError):
            # A deletion that took effect would answer 404 the second time.
            harmless = _NEVER_SENT if ask.method == "DELETE" else _LOST
            return usual if isinstance(outcome, harmless) else None
        if outcome.status_code not in _PATIENCE:
            return None
        told = _retry_after(outcome)
        if told is None:
            return usual
        return told if told <= self.longest_wait else None


def persist(talk: Talk[T], retries: Retries) -> Talk[T]:
    """The same talk, which sees answers alone that are no errors.

    Raises Unreachable where nothing answers after all attempts, Refused where the service refuses.
    """
    with closing(talk):
        answer: httpx.Response | None = None
        while True:
            try:
                move = talk.send(answer)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(move, Ask):
                answer = yield from _ask(move, retries)
            else:
                answer = yield move


def _ask(ask: Ask, retries: Retries) -> Generator[Ask | Pause, Any, httpx.Response]:
    attempt = 1
    while True:
        outcome: httpx.Response | httpx.TransportError = yield ask
        pause = retries.pause(ask, outcome, attempt)
        if pause is None:
            break
        yield Pause(pause)
        attempt += 1
    if isinstance(outcome, httpx.TransportError):
        raise Unreachable(f"no service answers at {retries.url} ({outcome})") from outcome
    if outcome.is_error:
        raise _refused(outcome)
    return outcome


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds of the header, which has a number or a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _refused(answer: httpx.Response) -> Refused:
    wait = _retry_after(answer)
    kind = answer.headers.get("content-type", "")
    if not kind.startswith("application/problem+json"):
        detail = f"HTTP {answer.status_code} {answer.reason_phrase}"
        return Refused(answer.status_code, detail, retry_after=wait)
    problem = answer.json()
    faults = tuple(pick(Fault, fault) for fault in problem.get("errors", ()))
    detail = str(problem.get("detail") or problem.get("title"))
    return Refused(answer.status_code, detail, faults, wait)
