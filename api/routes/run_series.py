"""Recorded series of one run."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, make_etag, not_modified, page
from api.lookup import RunId, find_run
from api.negotiate import CSV, OCTETS, choose
from api.operations import also, problems, v1_router
from api.operations import not_modified as not_modified_answer
from api.parameters import MAX_INTEGER
from api.schemas import MetricSummaryAnswer, MetricSummaryPage, RunSeries
from api.series_csv import Columns, csv_header, csv_lines, shape_of
from api.series_query import (
    MAX_METRICS,
    Question,
    bad_metric,
    chosen_names,
    count_numbers,
    is_vector,
    recorded_metrics,
)
from api.series_text import Part, raw_rows, run_json
from api.services import ServicesDep
from core.store import watermark

router = v1_router("series", "/runs/{run_id}")

_STREAMED_NUMBERS = 200_000

Metrics = Annotated[
    list[str] | None,
    Query(
        alias="metric",
        max_length=MAX_METRICS,
        description="metric to return, repeated; all scalar ones if left out",
    ),
]
Step = Annotated[int | None, Query(ge=0, le=MAX_INTEGER)]


@router.get(
    "/metrics",
    operation_id="list_run_metrics",
    summary="Recorded metrics of a run",
    response_model=MetricSummaryPage,
    responses=problems(404),
)
def get_metrics(services: ServicesDep, request: Request, run_id: RunId) -> Response:
    """What was recorded so far: count, range of steps, last value, extremes."""
    with services.db.read() as conn:
        found = recorded_metrics(conn, find_run(conn, run_id).recording_id)
    return page(request, [MetricSummaryAnswer.of(summary) for summary in found.values()], None)


@router.get(
    "/series",
    operation_id="get_series",
    summary="Series of a run",
    response_model=RunSeries,
    responses={
        **problems(404, 406),
        **not_modified_answer(),
        **also(
            {
                CSV: "step,<metric>...; of a vector a column a component: `<metric>[i]`, `<metric>[i,j]`",
                OCTETS: "one metric: rows of step and value, or components, little-endian float64",
            }
        ),
    },
)
def get_series(
    services: ServicesDep,
    request: Request,
    run_id: RunId,
    metric: Metrics = None,
    from_step: Annotated[Step, Query(alias="from", description="only steps from here on")] = None,
    to_step: Annotated[Step, Query(alias="to", description="only steps up to here")] = None,
    after_step: Annotated[Step, Query(description="only steps after this one")] = None,
) -> Response:
    """Every recorded point of the metrics in the range of steps; vector metrics only where they are named."""
    form = choose(request, (JSON, CSV, OCTETS))
    with services.db.read() as conn:
        run = find_run(conn, run_id)
        mark = watermark(conn, run.recording_id)
        etag = make_etag(run.recording_id, run.attempt, *mark, request.url.query, form)
        headers = {"ETag": etag, "Vary": "Accept"}
        if (unchanged := not_modified(request, etag, headers)) is not None:
            return unchanged
        recorded = recorded_metrics(conn, run.recording_id)
        names = chosen_names(metric, recorded)
        if form == OCTETS and len(names) != 1:
            raise bad_metric(f"one metric alone for {OCTETS}", ", ".join(names))
        vectors = frozenset(name for name in names if is_vector(name, recorded))
        # What the ETag speaks of ends at the mark, also while the run goes on.
        question = Question(run.recording_id, vectors, mark, from_step, to_step, after_step)
        if count_numbers(names, recorded) <= _STREAMED_NUMBERS:
            parts = question.ask(conn, names)
            return Response(b"".join(_write(form, run_id, parts)), media_type=form, headers=headers)
    # A big answer never stands in memory as a whole.
    pieces = _write(form, run_id, question.one_by_one(services.db, names))
    return StreamingResponse(pieces, media_type=form, headers=headers)


def _write(form: str, run_id: str, parts: Iterable[Part]) -> Iterator[bytes]:
    if form == JSON:
        yield from run_json(run_id, parts)
        return
    found = list(parts)
    if form == OCTETS:
        yield from raw_rows(found[0])
        return
    shapes = ((part.metric, shape_of(part)) for part in found)
    columns = [Columns.of(metric, () if shape is None else (shape,)) for metric, shape in shapes]
    yield csv_header(columns, with_run=False)
    yield from csv_lines(found, columns)
