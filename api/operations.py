"""How operations describe themselves: routers of /v1 and the problems each may answer with."""

from typing import Any

from fastapi import APIRouter, Depends

from api.errors import FAMILY
from api.parameters import known_parameters

PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_MEANING = {
    400: "the body is not strict JSON",
    401: "the service takes calls with a token only, and none came that is valid",
    403: "the token may not do this: its scope does not reach, or a quota is too small",
    404: "there is no such resource",
    406: "no form of the resource is acceptable",
    408: "the body did not arrive in time",
    409: "the resource is in a state that does not admit this",
    413: "the body is too large",
    415: "the body has the wrong content type",
    422: "a parameter or field is invalid; `errors` points at it",
    429: "too many calls within a minute, or a quota of the token leaves no room now: `quota` says which",
    503: "the database is away or busy",
}

GATE_STATUSES = (401, 403, 429)
"""What the gate may answer before any operation that is not open to all."""
Responses = dict[int | str, dict[str, Any]]


def v1_router(tag: str, prefix: str = "") -> APIRouter:
    """A router under /v1 whose operations know their query parameters and answer with problems."""
    return APIRouter(
        prefix=f"/v1{prefix}",
        tags=[tag],
        dependencies=[Depends(known_parameters)],
        responses={**problems(*GATE_STATUSES, 406, 422, 503), "default": _problem("any other failure")},
    )


def problems(*statuses: int) -> Responses:
    """The problems that an operation may answer with."""
    assert set(statuses) <= {error.status for error in FAMILY}
    return {status: _problem(_MEANING[status]) for status in statuses}


def not_modified() -> Responses:
    """The answer to an If-None-Match that names what there is."""
    return {304: {"description": "unchanged since the ETag that If-None-Match names"}}


def also(media_types: dict[str, str]) -> Responses:
    """Further forms of the answer, by media type, with what each looks like."""
    content = {
        media_type: {"schema": {"type": "string", "description": text}}
        for media_type, text in media_types.items()
    }
    return {200: {"content": content}}


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}},
    }


BODY_PROBLEMS = problems(400, 408, 413, 415)
