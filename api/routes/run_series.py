"""Recorded series of one run."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, make_etag, not_modified, page
from api.arrow import ARROW_FORMS, choose_form
from api.chosen_runs import ChosenRun
from api.lookup import RunId, find_run
from api.negotiate import CSV, OCTETS
from api.operations import also, problems, v1_router
from api.operations import not_modified as not_modified_answer
from api.schemas import MetricSummaryAnswer, MetricSummaryPage, RunSeries
from api.series_csv import Columns, csv_header, csv_lines
from api.series_query import (
    MAX_METRICS,
    ExtentDep,
    MetricName,
    bad_metric,
    chosen_names,
    count_numbers,
    is_vector,
    recorded_metrics,
    refuse_sampled,
)
from api.series_source import Source
from api.series_text import raw_rows, run_json
from api.services import ServicesDep
from core.store import watermark

router = v1_router("series", "/runs/{run_id}")

_AT_ONCE = 200_000
"""Numbers up to which an answer is read in one go and has a Content-Length."""

Metrics = Annotated[
    list[MetricName] | None,
    Query(
        alias="metric",
        max_length=MAX_METRICS,
        description="metric to return, repeated; all scalar ones if left out",
        examples=[["test_error"]],
    ),
]


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
                **ARROW_FORMS,
            }
        ),
    },
)
def get_series(
    services: ServicesDep, request: Request, run_id: RunId, extent: ExtentDep, metric: Metrics = None
) -> Response:
    """Recorded points of the metrics in the range of steps; vector metrics only where they are named.

    Without `points` every point comes; with it a choice of those that were recorded, always the same one for
    the same question.
    """
    form = choose_form(request, (JSON, CSV, OCTETS))
    with services.db.read() as conn:
        run = find_run(conn, run_id)
        mark = watermark(conn, run.recording_id)
        etag = make_etag(run.recording_id, run.attempt, run.t1, run.t2, *mark, request.url.query, form)
        headers = {"ETag": etag, "Vary": "Accept"}
        if (unchanged := not_modified(request, etag, headers)) is not None:
            return unchanged
        recorded = recorded_metrics(conn, run.recording_id, metric)
        names = chosen_names(metric, recorded)
        if form == OCTETS and len(names) != 1:
            raise bad_metric(f"one metric alone for {OCTETS}", ", ".join(names))
        vectors = {
            name: recorded[name].shape if name in recorded else None
            for name in names
            if is_vector(name, recorded)
        }
        refuse_sampled(list(vectors), extent)
        chosen = ChosenRun.of(run)
        # What the ETag speaks of ends at the mark, also while the run goes on.
        source = Source(services.db, run.recording_id, tuple(names), vectors, extent, mark, chosen.crossings)
        numbers = count_numbers(names, recorded)
        if numbers <= _AT_ONCE:
            source = source.hold(conn)
    if extent.points is not None and extent.points * len(names) <= _AT_ONCE:
        numbers = extent.points * len(names)
        source = source.sampled()
    pieces = _write(form, chosen, source)
    if numbers <= _AT_ONCE:
        return Response(b"".join(pieces), media_type=form, headers=headers)
    # A big answer never stands in memory as a whole.
    return StreamingResponse(pieces, media_type=form, headers=headers)


def _write(form: str, run: ChosenRun, source: Source) -> Iterator[bytes]:
    if form in ARROW_FORMS:
        from api.arrow.series import series_file  # pyarrow, only where it is asked for

        return series_file(form, [run], source.names, [source], bool(source.vectors))
    if form == JSON:
        return run_json(run.id, map(source.series, source.names))
    return _rows(source) if form == CSV else _raw(source)


def _raw(source: Source) -> Iterator[bytes]:
    for part in source.series(source.names[0]).parts():
        yield from raw_rows(part)


def _rows(source: Source) -> Iterator[bytes]:
    shapes = ((name, source.vectors.get(name, ())) for name in source.names)
    columns = [Columns.of(name, () if shape is None else (shape,)) for name, shape in shapes]
    yield csv_header(columns, with_run=False)
    for parts in source.rows():
        yield from csv_lines(parts, columns)
