"""Recorded series of many runs of an experiment, in one streamed answer."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, dumps
from api.errors import Fault, InvalidRequest
from api.lookup import ExperimentId, find_experiment
from api.negotiate import CSV, choose
from api.operations import also, problems, v1_router
from api.routes.run_series import MAX_METRICS, bad_metric
from api.schemas import ExperimentSeries
from api.series_text import csv_header, csv_lines, part_json
from api.services import ServicesDep
from core.spec import metric_names
from core.store import Database, SeriesPart, list_runs, read_series

router = v1_router("series", "/experiments/{experiment_id}")

_MAX_RUNS = 1000
_PAGE = 200
_POINTS = 100_000
"""Points that are read before they are sent: they bound the memory that one answer takes."""

RunParts = tuple[str, list[SeriesPart]]


@router.get(
    "/series",
    operation_id="get_experiment_series",
    summary="Series of many runs",
    response_model=ExperimentSeries,
    responses={**problems(404, 406), **also({CSV: "run,step,<metric>..."})},
)
def get_experiment_series(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    metric: Annotated[
        list[str], Query(min_length=1, max_length=MAX_METRICS, description="metric to return, repeated")
    ],
    run: Annotated[
        list[str] | None, Query(max_length=_MAX_RUNS, description="run to return, repeated; all if left out")
    ] = None,
) -> Response:
    """Every recorded point of the metrics, run after run in cell order."""
    form = choose(request, (JSON, CSV))
    for name in metric:
        if name not in metric_names():
            raise bad_metric(f"one of {', '.join(metric_names())}", name)
    metrics = list(dict.fromkeys(metric))
    with services.db.read() as conn:
        find_experiment(conn, experiment_id)
    chosen = _chosen(services.db, experiment_id, run)
    blocks = _read(services.db, chosen, metrics)
    pieces = _csv(metrics, blocks) if form == CSV else _json(experiment_id, blocks)
    return StreamingResponse(pieces, media_type=form, headers={"Vary": "Accept"})


def _chosen(db: Database, experiment_id: str, asked: list[str] | None) -> list[tuple[str, int]]:
    """Ids and recordings of the runs, in cell order. Raises InvalidRequest for runs of others."""
    found: list[tuple[str, int]] = []
    after: int | None = None
    while True:
        with db.read() as conn:
            runs = list_runs(conn, experiment_id, limit=_PAGE, after_cell=after)
        if not runs:
            break
        found += [(run.id, run.recording_id) for run in runs]
        after = runs[-1].cell
    if asked is None:
        return found
    known = {run_id for run_id, _ in found}
    for run_id in asked:
        if run_id not in known:
            fault = Fault("/query/run", f"a run of {experiment_id}", run_id)
            raise InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])
    return [(run_id, recording) for run_id, recording in found if run_id in set(asked)]


def _read(db: Database, chosen: list[tuple[str, int]], metrics: list[str]) -> Iterator[list[RunParts]]:
    """The runs' series in blocks, each read in a transaction of its own: a slow reader holds none open."""
    place = 0
    while place < len(chosen):
        block: list[RunParts] = []
        points = 0
        with db.read() as conn:
            while place < len(chosen) and points < _POINTS:
                run_id, recording = chosen[place]
                parts = read_series(conn, recording, metrics)
                points += sum(part.steps.size for part in parts) + 1
                block.append((run_id, parts))
                place += 1
        yield block


def _json(experiment_id: str, blocks: Iterator[list[RunParts]]) -> Iterator[bytes]:
    yield b'{"experiment":%b,"series":[' % dumps(experiment_id)
    separator = b""
    for block in blocks:
        pieces: list[bytes] = []
        for run_id, parts in block:
            for part in parts:
                pieces += [separator, *part_json(part, run_id)]
                separator = b","
        yield b"".join(pieces)
    yield b"]}"


def _csv(metrics: list[str], blocks: Iterator[list[RunParts]]) -> Iterator[bytes]:
    yield csv_header(metrics, with_run=True)
    for block in blocks:
        yield b"".join(line for run_id, parts in block for line in csv_lines(parts, run_id))
