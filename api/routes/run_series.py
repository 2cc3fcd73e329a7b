"""Recorded series of one run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, make_etag, not_modified, page
from api.errors import Fault, InvalidRequest
from api.lookup import RunId, find_run
from api.negotiate import CSV, OCTETS, choose
from api.operations import also, problems, v1_router
from api.operations import not_modified as not_modified_answer
from api.parameters import MAX_INTEGER
from api.schemas import MetricSummaryAnswer, MetricSummaryPage, RunSeries
from api.series_text import csv_header, csv_lines, raw_pairs, run_json
from api.services import ServicesDep
from core.spec import metric_names
from core.store import Database, MetricSummary, SeriesPart, read_series, summaries, watermark

router = v1_router("series", "/runs/{run_id}")

MAX_METRICS = 64
_STREAMED_POINTS = 200_000

Metrics = Annotated[
    list[str] | None,
    Query(alias="metric", max_length=MAX_METRICS, description="metric to return, repeated; all if left out"),
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
        found = _recorded(conn, find_run(conn, run_id).recording_id)
    return page(request, [MetricSummaryAnswer.of(summary) for summary in found], None)


@router.get(
    "/series",
    operation_id="get_series",
    summary="Series of a run",
    response_model=RunSeries,
    responses={
        **problems(404, 406),
        **not_modified_answer(),
        **also(
            {CSV: "step,<metric>...", OCTETS: "one metric: pairs of step and value, little-endian float64"}
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
    """Every recorded point of the metrics in the range of steps."""
    form = choose(request, (JSON, CSV, OCTETS))
    with services.db.read() as conn:
        run = find_run(conn, run_id)
        mark = watermark(conn, run.recording_id)
        etag = make_etag(run.recording_id, run.attempt, *mark, request.url.query, form)
        headers = {"ETag": etag, "Vary": "Accept"}
        if (unchanged := not_modified(request, etag, headers)) is not None:
            return unchanged
        recorded = {summary.name: summary.n for summary in _recorded(conn, run.recording_id)}
        names = _known(metric, recorded)
        if form == OCTETS and len(names) != 1:
            raise bad_metric(f"one metric alone for {OCTETS}", ", ".join(names))
        # What the ETag speaks of ends here, also while the run goes on.
        end = min(MAX_INTEGER if to_step is None else to_step, mark.last_step or 0)
        question = _Question(run.recording_id, from_step, end, after_step)
        if sum(recorded.get(name, 0) for name in names) <= _STREAMED_POINTS:
            parts = question.ask(conn, names)
            return Response(b"".join(_write(form, run_id, parts)), media_type=form, headers=headers)
    # A big answer never stands in memory as a whole.
    pieces = _write(form, run_id, question.one_by_one(services.db, names))
    return StreamingResponse(pieces, media_type=form, headers=headers)


def _recorded(conn: Connection, recording_id: int) -> list[MetricSummary]:
    """What was recorded, in the order of the catalogue."""
    place = {name: i for i, name in enumerate(metric_names())}
    found = summaries(conn, recording_id)
    return sorted(found, key=lambda summary: (place.get(summary.name, len(place)), summary.name))


@dataclass(frozen=True, slots=True)
class _Question:
    recording_id: int
    from_step: int | None
    to_step: int
    after_step: int | None

    def ask(self, conn: Connection, names: Sequence[str]) -> list[SeriesPart]:
        return read_series(conn, self.recording_id, names, self.from_step, self.to_step, self.after_step)

    def one_by_one(self, db: Database, names: Sequence[str]) -> Iterator[SeriesPart]:
        for name in names:
            with db.read() as conn:
                parts = self.ask(conn, [name])
            yield from parts


def _known(asked: list[str] | None, recorded: Mapping[str, int]) -> list[str]:
    """The asked metrics, each once, or all that the run recorded. Raises InvalidRequest for any other."""
    # Before its first point a run may be asked for whatever can be recorded.
    known = list(recorded) or list(metric_names())
    for name in asked or ():
        if name not in known:
            raise bad_metric(f"one of {', '.join(known)}", name)
    return known if asked is None else list(dict.fromkeys(asked))


def bad_metric(allowed: str, given: str) -> InvalidRequest:
    """The refusal of a metric that there is none of."""
    fault = Fault("/query/metric", allowed, given)
    return InvalidRequest(f"{fault.pointer}: must be {allowed}. Got {given[:100]!r} instead.", [fault])


def _write(form: str, run_id: str, parts: Iterable[SeriesPart]) -> Iterator[bytes]:
    if form == JSON:
        yield from run_json(run_id, parts)
        return
    columns = list(parts)
    if form == OCTETS:
        yield from raw_pairs(columns[0])
    else:
        yield csv_header([part.metric for part in columns], with_run=False)
        yield from csv_lines(columns)
