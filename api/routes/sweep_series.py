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
from api.schemas import ExperimentSeries
from api.series_csv import Columns, Shape, csv_header, csv_lines
from api.series_query import MAX_METRICS, Question, require_known
from api.series_text import Part, part_json
from api.services import ServicesDep
from core.spec import is_vector_metric
from core.store import Database, list_runs, vector_shapes

router = v1_router("series", "/experiments/{experiment_id}")

_MAX_RUNS = 1000
_PAGE = 200
_NUMBERS = 100_000
"""Numbers that are read before they are sent: they bound the memory that one answer takes."""

RunParts = tuple[str, list[Part]]


@router.get(
    "/series",
    operation_id="get_experiment_series",
    summary="Series of many runs",
    response_model=ExperimentSeries,
    responses={
        **problems(404, 406),
        **also({CSV: "run,step,<metric>...; of a vector a column a component"}),
    },
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
    require_known(metric)
    metrics = list(dict.fromkeys(metric))
    with services.db.read() as conn:
        find_experiment(conn, experiment_id)
    chosen = _chosen(services.db, experiment_id, run)
    blocks = _read(services.db, chosen, metrics)
    if form == CSV:
        pieces = _csv(_columns(services.db, chosen, metrics), blocks)
    else:
        pieces = _json(experiment_id, blocks)
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
    vectors = frozenset(filter(is_vector_metric, metrics))
    place = 0
    while place < len(chosen):
        block: list[RunParts] = []
        numbers = 0
        with db.read() as conn:
            while place < len(chosen) and numbers < _NUMBERS:
                run_id, recording = chosen[place]
                parts = Question(recording, vectors).ask(conn, metrics)
                numbers += sum(part.values.size for part in parts) + 1
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


def _columns(db: Database, chosen: list[tuple[str, int]], metrics: list[str]) -> list[Columns]:
    """The columns of the answer: components of vectors as far as any of the runs has recorded them by now."""
    shapes: dict[str, set[Shape]] = {name: set() if is_vector_metric(name) else {()} for name in metrics}
    if not all(shapes.values()):
        with db.read() as conn:
            found = vector_shapes(conn, [recording for _, recording in chosen])
        for shape_by_metric in found.values():
            for name in shapes.keys() & shape_by_metric.keys():
                shapes[name].add(shape_by_metric[name])
    return [Columns.of(name, shapes[name]) for name in metrics]


def _csv(columns: list[Columns], blocks: Iterator[list[RunParts]]) -> Iterator[bytes]:
    yield csv_header(columns, with_run=True)
    for block in blocks:
        for run_id, parts in block:
            yield b"".join(csv_lines(parts, columns, run_id))
