"""The table of results of an experiment."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, next_link, page
from api.arrow import ARROW_FORMS, choose_form
from api.lookup import ExperimentId, find_experiment, spec_of
from api.negotiate import CSV
from api.operations import also, problems, v1_router
from api.parameters import MAX_PAGE, CellCursor, cell_cursor, cut
from api.result_table import ResultTable, result_rows, run_blocks, table_of
from api.schemas import ResultPage, ResultRow
from api.services import ServicesDep
from core.store import Database, Run, list_runs

router = v1_router("results")
_VARY = {"Vary": "Accept"}


@router.get(
    "/experiments/{experiment_id}/results",
    operation_id="list_results",
    summary="Results of an experiment",
    response_model=ResultPage,
    responses={**problems(404, 406), **also({CSV: "a header, then a row a run", **ARROW_FORMS})},
)
def get_results(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    cursor: CellCursor = None,
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_PAGE,
            description="most rows of one page; 100 in JSON, all of them in other forms if left out",
        ),
    ] = None,
) -> Response:
    """A row a run, in cell order."""
    form = choose_form(request, (JSON, CSV))
    after = cell_cursor(cursor)
    size = limit or 100
    with services.db.read() as conn:
        experiment = find_experiment(conn, experiment_id)
        table = None if form == JSON else table_of(experiment.id, spec_of(services, conn, experiment))
        if limit is None and table is not None:
            blocks = run_blocks(services.db, experiment_id, after)
            return StreamingResponse(_file(form, services.db, table, blocks), media_type=form, headers=_VARY)
        found = list_runs(conn, experiment_id, limit=size + 1, after_cell=after)
    items, last = cut(found, size)
    next_cursor = str(last.cell) if last else None
    if table is not None:
        text = b"".join(_file(form, services.db, table, [items]))
        return Response(text, media_type=form, headers={**_VARY, **next_link(request, next_cursor)})
    answer = page(request, [ResultRow.of(run) for run in items], next_cursor)
    answer.headers.update(_VARY)
    return answer


def _file(form: str, db: Database, table: ResultTable, blocks: Iterable[Sequence[Run]]) -> Iterator[bytes]:
    if form == CSV:
        return result_rows(table, blocks)
    from api.arrow.results import results_file  # pyarrow, only where it is asked for

    return results_file(form, db, table, blocks)
