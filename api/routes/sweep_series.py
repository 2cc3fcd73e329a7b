"""Recorded series of many runs of an experiment, in one streamed answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, dumps, make_etag, not_modified
from api.arrow import ARROW_FORMS, choose_form
from api.chosen_runs import ChosenRun, choose_runs
from api.lookup import RUN_ID, ExperimentId, find_experiment
from api.negotiate import CSV
from api.operations import also, problems, v1_router
from api.operations import not_modified as not_modified_answer
from api.schemas import ExperimentSeries
from api.series_csv import Columns, Shape, csv_header, csv_lines
from api.series_query import MAX_METRICS, Extent, ExtentDep, MetricName, refuse_sampled, require_known
from api.series_source import Source, hold_many
from api.series_text import series_json
from api.services import ServicesDep
from core.spec import is_vector_metric
from core.store import Database, Reach, reaches, vector_shapes

router = v1_router("series", "/experiments/{experiment_id}")

_MAX_RUNS = 1000
_PIECE = 2**18
"""Bytes that are sent at once, about."""


@router.get(
    "/series",
    operation_id="get_experiment_series",
    summary="Series of many runs",
    response_model=ExperimentSeries,
    responses={
        **problems(404, 406),
        **not_modified_answer(),
        **also({CSV: "run,step,<metric>...; of a vector a column a component", **ARROW_FORMS}),
    },
)
def get_experiment_series(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    extent: ExtentDep,
    metric: Annotated[
        list[MetricName],
        Query(
            min_length=1,
            max_length=MAX_METRICS,
            description="metric to return, repeated",
            examples=[["train_error", "test_error"]],
        ),
    ],
    run: Annotated[
        list[Annotated[str, Field(json_schema_extra={"pattern": f"^{RUN_ID}$"})]] | None,
        Query(max_length=_MAX_RUNS, description="run to return, repeated; all if left out"),
    ] = None,
) -> Response:
    """Recorded points of the metrics, run after run in cell order; `points` is for each run and metric."""
    form = choose_form(request, (JSON, CSV))
    require_known(metric)
    names = tuple(dict.fromkeys(metric))
    refuse_sampled([name for name in names if is_vector_metric(name)], extent)
    with services.db.read() as conn:
        find_experiment(conn, experiment_id)
    runs = choose_runs(services.db, experiment_id, run)
    with services.db.read() as conn:
        found = reaches(conn, [chosen.recording_id for chosen in runs])
    headers = {"ETag": _etag(runs, found, request.url.query, form), "Vary": "Accept"}
    if (unchanged := not_modified(request, headers["ETag"], headers)) is not None:
        return unchanged
    answer = _Answer(services.db, experiment_id, runs, found, names, extent)
    return StreamingResponse(answer.write(form), media_type=form, headers=headers)


def _etag(runs: Sequence[ChosenRun], found: Mapping[int, Reach], query: str, form: str) -> str:
    told = [
        (run.id, run.recording_id, run.attempt, run.t1, run.t2, tuple(found[run.recording_id].mark))
        for run in runs
    ]
    return make_etag(dumps(told), query, form)


class _Answer:
    """Everything that is asked, and the forms it is written in."""

    def __init__(
        self,
        db: Database,
        experiment_id: str,
        runs: Sequence[ChosenRun],
        found: Mapping[int, Reach],
        names: tuple[str, ...],
        extent: Extent,
    ) -> None:
        self._db, self._experiment_id, self._runs, self._found = db, experiment_id, runs, found
        self._names, self._extent = names, extent
        self._vectors = [name for name in names if is_vector_metric(name)]
        self._shapes: Mapping[int, Mapping[str, Shape]] = {}
        if self._vectors:
            with db.read() as conn:
                self._shapes = vector_shapes(conn, found)

    def write(self, form: str) -> Iterator[bytes]:
        if form in ARROW_FORMS:
            from api.arrow.series import series_file  # pyarrow, only where it is asked for

            return series_file(form, self._runs, self._names, self._sources(), bool(self._vectors))
        return _in_pieces(self._csv() if form == CSV else self._json())

    def _sources(self) -> Iterator[Source]:
        """What is read of each run, those that are small many at a time."""
        sources = (self._source(run) for run in self._runs)
        return hold_many(
            self._db, sources, {recording: reach.points for recording, reach in self._found.items()}
        )

    def _source(self, run: ChosenRun) -> Source:
        shapes = self._shapes.get(run.recording_id, {})
        vectors = {name: shapes.get(name) for name in self._vectors}
        mark = self._found[run.recording_id].mark
        return Source(self._db, run.recording_id, self._names, vectors, self._extent, mark, run.crossings)

    def _json(self) -> Iterator[bytes]:
        yield b'{"experiment":%b,"series":[' % dumps(self._experiment_id)
        separator = b""
        for run, source in zip(self._runs, self._sources(), strict=True):
            for name in self._names:
                yield separator
                yield from series_json(source.series(name), run.id)
                separator = b","
        yield b"]}"

    def _csv(self) -> Iterator[bytes]:
        columns = self._columns()
        yield csv_header(columns, with_run=True)
        for run, source in zip(self._runs, self._sources(), strict=True):
            for parts in source.rows():
                yield from csv_lines(parts, columns, run.id)

    def _columns(self) -> list[Columns]:
        """Components of vectors as far as any of the runs has recorded them by now."""
        shapes: dict[str, set[Shape]] = {
            name: set() if name in self._vectors else {()} for name in self._names
        }
        for by_metric in self._shapes.values():
            for name in shapes.keys() & by_metric.keys():
                shapes[name].add(by_metric[name])
        return [Columns.of(name, shapes[name]) for name in self._names]


def _in_pieces(texts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each costs a turn of the event loop."""
    waiting: list[bytes] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
