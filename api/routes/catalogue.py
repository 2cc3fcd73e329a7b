"""What can be asked, who works, what waits."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, dumps, make_etag, not_modified, page
from api.negotiate import choose
from api.operations import not_modified as not_modified_answer
from api.operations import v1_router
from api.schemas import (
    MetricInfo,
    MetricInfoPage,
    ProblemInfo,
    ProblemInfoPage,
    QueueInfo,
    QueuePage,
    WorkerInfo,
    WorkerPage,
)
from api.services import ServicesDep
from api.spec_schema import problem_kinds, spec_schema
from core.spec import EXAMPLES, METRICS, models_of
from core.store import list_workers, queue_depth

router = v1_router("catalogue")


@router.get(
    "/problems", operation_id="list_problems", summary="Kinds of problems", response_model=ProblemInfoPage
)
def get_problems(request: Request) -> Response:
    """Every kind of problem with its fields."""
    kinds = problem_kinds().items()
    items = [
        ProblemInfo(
            kind=kind,
            description=(model.__doc__ or "").strip(),
            fields=model.model_json_schema(),
            models={name: list(methods) for name, methods in models_of(kind).items()},
        )
        for kind, model in kinds
    ]
    return page(request, items, None)


@router.get(
    "/schema",
    operation_id="get_schema",
    summary="JSON Schema of a spec",
    response_model=dict[str, Any],
    responses=not_modified_answer(),
)
def get_schema(request: Request) -> Response:
    """The JSON Schema (2020-12) of what `POST /v1/experiments` takes, with worked examples."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **spec_schema(),
        "examples": [spec for _, spec in EXAMPLES.values()],
    }
    choose(request, (JSON,))
    body = dumps(schema)
    etag = make_etag(body)
    return not_modified(request, etag) or Response(body, headers={"ETag": etag}, media_type=JSON)


@router.get(
    "/metrics-catalogue",
    operation_id="list_metrics",
    summary="Quantities that can be recorded",
    response_model=MetricInfoPage,
)
def get_metrics_catalogue(request: Request) -> Response:
    """Every metric with its formula, unit and meaning, in the order of recording."""
    return page(request, [MetricInfo(**asdict(metric)) for metric in METRICS], None)


@router.get("/workers", operation_id="list_workers", summary="Workers", response_model=WorkerPage)
def get_workers(services: ServicesDep, request: Request) -> Response:
    """Worker processes that told about themselves within a lease."""
    with services.db.read() as conn:
        workers = list_workers(conn, services.settings.lease_seconds)
    return page(request, [WorkerInfo(**asdict(worker)) for worker in workers], None)


@router.get("/queue", operation_id="get_queue", summary="What waits", response_model=QueuePage)
def get_queue(services: ServicesDep, request: Request) -> Response:
    """What waits in each queue, and what became of the messages to the workers."""
    with services.db.read() as conn:
        queues = queue_depth(conn)
    report = services.waker.report
    wakes = {
        "wakes_sent": report.sent,
        "wakes_failed": report.failed,
        "last_wake_error": report.last_error,
    }
    return page(request, [QueueInfo(**asdict(queue)) for queue in queues], None, wakes)
