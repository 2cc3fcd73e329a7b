"""The table of results of an experiment."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, next_link, page
from api.lookup import ExperimentId, find_experiment
from api.negotiate import CSV, choose
from api.operations import also, problems, v1_router
from api.parameters import MAX_PAGE, Cursor, cell_cursor, cut
from api.result_table import result_rows, table_of
from api.schemas import ResultPage, ResultRow
from api.services import ServicesDep
from core.store import list_runs

router = v1_router("results")
_VARY = {"Vary": "Accept"}


@router.get(
    "/experiments/{experiment_id}/results",
    operation_id="list_results",
    summary="Results of an experiment",
    response_model=ResultPage,
    responses={**problems(404, 406), **also({CSV: "a header, then a row a run"})},
)
def get_results(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    cursor: Cursor = None,
    limit: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_PAGE,
            description="most rows of one page; 100 in JSON, all of them in CSV if left out",
        ),
    ] = None,
) -> Response:
    """A row a run, in cell order."""
    form = choose(request, (JSON, CSV))
    after = cell_cursor(cursor)
    with services.db.read() as conn:
        experiment = find_experiment(conn, experiment_id)
        table = table_of(experiment)
        if form == CSV and limit is None:
            rows = result_rows(services.db, table, after)
            return StreamingResponse(rows, media_type=CSV, headers=_VARY)
        size = limit or 100
        found = list_runs(conn, experiment_id, limit=size + 1, after_cell=after)
    items, last = cut(found, size)
    next_cursor = str(last.cell) if last else None
    if form == CSV:
        text = table.header() + b"".join(table.row(run) for run in items)
        return Response(text, media_type=CSV, headers={**_VARY, **next_link(request, next_cursor)})
    answer = page(request, [ResultRow.of(run) for run in items], next_cursor)
    answer.headers.update(_VARY)
    return answer
