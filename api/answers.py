"""Answers: strict JSON, pages with links, ETags and what If-None-Match makes of them."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.negotiate import choose

JSON = "application/json"


def dumps(value: Any) -> bytes:
    """Strict JSON; numpy arrays are lists, non-finite numbers null."""
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC)


def as_json(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The model as a JSON answer."""
    return Response(dumps(_plain(model)), status, headers, JSON)


def resource(request: Request, model: BaseModel) -> Response:
    """A single resource with the ETag of its text; 304 where the client has it.

    Raises NotAcceptable where the client takes no JSON.
    """
    choose(request, (JSON,))
    body = dumps(_plain(model))
    etag = make_etag(body)
    return not_modified(request, etag) or Response(body, 200, {"ETag": etag}, JSON)


def page(
    request: Request,
    items: Sequence[BaseModel],
    next_cursor: str | None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """One page of a list; the Link header leads to the next one.

    Raises NotAcceptable where the client takes no JSON.
    """
    choose(request, (JSON,))
    body = {"items": [_plain(item) for item in items], "next_cursor": next_cursor, **(extra or {})}
    return Response(dumps(body), 200, next_link(request, next_cursor), JSON)


def next_link(request: Request, next_cursor: str | None) -> dict[str, str]:
    """The Link header of a page, empty on the last one."""
    if next_cursor is None:
        return {}
    query = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
    target = f"{request.url.path}?{urlencode([*query, ('cursor', next_cursor)])}"
    return {"Link": f'<{target}>; rel="next"'}


def make_etag(*parts: bytes | str | int | None) -> str:
    """A strong ETag of what these parts determine."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part if isinstance(part, bytes) else f"{part}\0".encode())
    return f'"{hasher.hexdigest()[:32]}"'


def not_modified(request: Request, etag: str, headers: Mapping[str, str] | None = None) -> Response | None:
    """304 if the client's If-None-Match names this ETag (weakly) or is `*`, else None."""
    for line in request.headers.getlist("if-none-match"):
        asked = [tag.strip().removeprefix("W/") for tag in line.split(",")]
        if "*" in asked or etag in asked:
            return Response(status_code=304, headers={"ETag": etag, **(headers or {})})
    return None


def _plain(model: BaseModel) -> dict[str, Any]:
    # The store's values are right by construction; looking at each again would only cost time.
    return model.model_dump(warnings="none")


def word(value: float) -> str | None:
    """The name of a number that JSON cannot write, None for a finite one."""
    if math.isfinite(value):
        return None
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def nonfinite(values: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The side map of named numbers that JSON cannot write."""
    return {
        key: name for key, value in values if isinstance(value, float) and (name := word(value)) is not None
    }
