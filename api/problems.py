"""Turns every failure of a request into an RFC 9457 problem."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.errors import Fault, GroklabError, InvalidRequest, MethodNotAllowed, NotFound, Unavailable
from api.routes import allowed_methods
from core.store import Incompatible, require_compatible

PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger("groklab.api")
_Handler = Callable[[Request, Exception], Awaitable[Response]]


def install_problems(app: FastAPI) -> None:
    """Registers the handlers; what none of them knows is caught by the edge."""
    for kind, handler in _handlers().items():
        app.add_exception_handler(kind, handler)


async def answer_to(request: Request, error: Exception) -> Response:
    """The answer to a request that failed before it reached a route; raises an error that nobody knows."""
    handlers = _handlers()
    for kind in type(error).__mro__:
        if kind in handlers:
            return await handlers[kind](request, error)
    raise error


def _handlers() -> Mapping[Any, _Handler]:
    database = dict.fromkeys((OperationalError, InterfaceError, NoConnection), _database_away)
    return {
        GroklabError: _groklab_error,
        RequestValidationError: _validation_error,
        HTTPException: _http_exception,
        **database,
        ProgrammingError: _maybe_not_migrated,
    }


def problem(error: GroklabError, extra: Mapping[str, Any] | None = None) -> Response:
    """The answer that says what went wrong."""
    body: dict[str, Any] = {
        "type": f"/docs#{error.type}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "errors": [fault.as_json() for fault in error.faults],
        **error.more,
        **(extra or {}),
    }
    return Response(orjson.dumps(body), error.status, error.headers, PROBLEM_JSON)


async def _groklab_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GroklabError)
    return problem(error)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault("".join(f"/{part}" for part in e["loc"]), e["msg"], e.get("input")) for e in error.errors()
    ]
    detail = "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults[:3])
    return problem(InvalidRequest(detail, faults[:20]))


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(NotFound(f"no such route: {path[:200]}"))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allow = ", ".join(allowed_methods(path))
        detail = f"{request.method} is not one of {allow}"
        return problem(MethodNotAllowed(detail, headers={"Allow": allow}))
    body = {"type": "about:blank", "title": error.detail, "status": error.status_code, "detail": error.detail}
    return Response(orjson.dumps(body), error.status_code, error.headers, PROBLEM_JSON)


async def _maybe_not_migrated(request: Request, error: Exception) -> Response:
    """A table or column that is not there: the database is not migrated yet, or the query is wrong."""
    try:
        await run_in_threadpool(require_compatible, request.state.services.db)
    except Incompatible as missing:
        return _unavailable(request, f"{missing}, then send the request again")
    raise error


async def _database_away(request: Request, error: Exception) -> Response:
    if "no such table" in _first_line(error) or "no such column" in _first_line(error):
        # What is a ProgrammingError elsewhere.
        return await _maybe_not_migrated(request, error)
    _log.error("database unavailable", extra={"error": _first_line(error)})
    return _unavailable(request, "the database is away or busy; send the request again")


def _unavailable(request: Request, detail: str) -> Response:
    request_id = request.scope["request_id"]
    return problem(Unavailable(detail, headers={"Retry-After": "2"}), {"request_id": request_id})


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).splitlines()[0]
