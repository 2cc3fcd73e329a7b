"""What stands outside /v1: liveness, readiness, metrics, version, the OpenAPI document and its page."""

import asyncio
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.answers import JSON, dumps, make_etag, not_modified
from api.docs_page import render
from api.metrics import CONTENT_TYPE
from api.operations import GATE_STATUSES, problems
from api.parameters import known_parameters
from api.services import ServicesDep
from api.version import package_version
from core.spec import NUMERICS_VERSION

router = APIRouter(tags=["service"], dependencies=[Depends(known_parameters)], responses=problems(422))


@router.get(
    "/livez", operation_id="get_liveness", summary="Is the process alive", response_model=dict[str, str]
)
async def get_liveness() -> Response:
    """200 while the process answers at all."""
    return Response(dumps({"status": "alive"}), media_type=JSON)


@router.get(
    "/metrics",
    operation_id="get_prometheus_metrics",
    summary="Numbers for Prometheus",
    response_class=PlainTextResponse,
    responses=problems(*GATE_STATUSES),
)
async def get_prometheus_metrics(services: ServicesDep) -> Response:
    """The metrics of this process and of the service, in Prometheus' text format; see docs/operations.md."""
    # Its own thread, not one of those that requests to a database that hangs may all hold.
    return Response(await asyncio.to_thread(services.metrics.render), media_type=CONTENT_TYPE)


@router.get(
    "/readyz",
    operation_id="get_readiness",
    summary="Can the service do its work",
    response_model=dict[str, Any],
    responses={503: {"description": "something is missing; `missing` names it"}},
)
async def get_readiness(services: ServicesDep) -> Response:
    """200 when the database is reachable and migrated, the broker reachable and the disk writable, else 503.

    `workers` says whether a worker of each queue is alive (null where the database does not): without one the
    service takes experiments all the same, and they wait. Answers within three seconds, whatever hangs.
    """
    found = await asyncio.to_thread(services.dependencies.readiness)
    status = "missing" if found.missing else "ready"
    body = {"status": status, "missing": found.missing, "workers": found.workers}
    return Response(dumps(body), 503 if found.missing else 200, media_type=JSON)


@router.get("/version", operation_id="get_version", summary="Versions", response_model=dict[str, Any])
def get_version() -> Response:
    """The version of the service, and of its numerics: equal digests need equal ones."""
    return Response(
        dumps({"version": package_version(), "numerics_version": NUMERICS_VERSION}), media_type=JSON
    )


@router.get("/openapi.json", include_in_schema=False)
def get_openapi(request: Request) -> Response:
    """The OpenAPI document."""
    body = dumps(request.app.openapi())
    etag = make_etag(body)
    return not_modified(request, etag) or Response(body, headers={"ETag": etag}, media_type=JSON)


@router.get("/docs", include_in_schema=False)
def get_docs(request: Request) -> Response:
    """The OpenAPI document as a page that needs nothing from elsewhere."""
    return HTMLResponse(render(request.app.openapi()))
