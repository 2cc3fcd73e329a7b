"""Talks with a service, without input and output: each yields what to do next and is sent what came of it."""

import json
import uuid
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import httpx
import orjson

from api.client.errors import Refused

T = TypeVar("T")

_PAGE = 1000
"""Items that the service gives at once, at most."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to send.

    Attributes:
        options: of the request, as httpx names them.
        seconds: how long the service may hold its answer back on purpose.
    """

    method: str
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Time to let pass."""

    seconds: float


Talk: TypeAlias = Generator[Ask | Pause, Any, T]
"""Is sent the answer to each Ask, and nothing after a Pause; returns what it was about."""


def get(path: str, params: Mapping[str, Any] | None = None, seconds: float = 0.0) -> Talk[Any]:
    """What a GET gives."""
    return load((yield Ask("GET", path, {"params": params or {}}, seconds)))


def post(path: str, body: object = None, *, key: str | None = None, **options: Any) -> Talk[Any]:
    """What a POST gives; without a key it gets one of its own, so that sending it again is harmless."""
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    if body is not None:
        headers["Content-Type"] = "application/json"
        options["content"] = json.dumps(body, allow_nan=False, default=_plain).encode()
    return load((yield Ask("POST", path, {"headers": headers, **options})))


def delete(path: str, params: Mapping[str, Any] | None = None) -> Talk[Any]:
    """What a DELETE gives."""
    return load((yield Ask("DELETE", path, {"params": params or {}})))


def items(path: str, most: int | None = None, params: Mapping[str, Any] | None = None) -> Talk[list[Any]]:
    """All of a list, page by page, or the first items of it."""
    found: list[Any] = []
    params = dict(params or {})
    while True:
        params["limit"] = _PAGE if most is None else min(_PAGE, most - len(found))
        page = yield from get(path, params)
        found += page["items"]
        if page["next_cursor"] is None or len(found) == most:
            return found
        params["cursor"] = page["next_cursor"]


def load(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises Refused where it is none."""
    try:
        return orjson.loads(answer.content)
    except ValueError as error:
        detail = f"HTTP {answer.status_code} without JSON: no answer of Groklab"
        raise Refused(answer.status_code, detail) from error


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as JSON knows them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is nothing that JSON knows")
