"""Runs: list, look, cancel, retry, history."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep, charge_quotas, require_own
from api.answers import as_json, page
from api.body import RawBody
from api.errors import Conflict
from api.lookup import ExperimentId, RunId, find_experiment, find_run
from api.once import OnceDep
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import (
    MAX_INTEGER,
    NUMBER_DIGITS,
    CellCursor,
    Limit,
    NumberCursor,
    Wait,
    cell_cursor,
    cut,
    number_cursor,
)
from api.polling import polled
from api.schemas import EventAnswer, EventPage, RunAnswer, RunPage
from api.services import ServicesDep
from api.strict_json import expect_nothing
from api.waker import wakes_for
from core.store import (
    TERMINAL,
    Run,
    Topic,
    cancel_run,
    left_of_run,
    list_events,
    list_runs,
    note_action,
    retry_run,
)

router = v1_router("runs")


@router.get(
    "/experiments/{experiment_id}/runs",
    operation_id="list_runs",
    summary="List the runs of an experiment",
    response_model=RunPage,
    responses=problems(404),
)
def get_runs(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    cursor: CellCursor = None,
    limit: Limit = 100,
) -> Response:
    """Runs in cell order."""
    after = cell_cursor(cursor)
    with services.db.read() as conn:
        find_experiment(conn, experiment_id)
        found = list_runs(conn, experiment_id, limit=limit + 1, after_cell=after)
    items, last = cut(found, limit)
    return page(request, [RunAnswer.of(run) for run in items], str(last.cell) if last else None)


@router.get(
    "/runs/{run_id}",
    operation_id="get_run",
    summary="Look at a run",
    response_model=RunAnswer,
    responses={**problems(404), **not_modified()},
)
async def get_run(services: ServicesDep, request: Request, run_id: RunId, wait: Wait = 0) -> Response:
    """Everything about one run but its series; with `wait`, once its state has changed."""

    topic = Topic("run", run_id)
    return await polled(services, request, topic, find_run, _nothing_new, wait, RunAnswer.of)


@router.post(
    "/runs/{run_id}/cancel",
    operation_id="cancel_run",
    summary="Cancel a run",
    status_code=202,
    response_model=RunAnswer,
    responses={**BODY_PROBLEMS, **problems(404)},
)
def post_cancel(
    services: ServicesDep, run_id: RunId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Cancels the run if it has not ended: at once while it is queued, within seconds while it is running."""
    expect_nothing(body)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        experiment_id = find_run(conn, run_id).experiment_id
        if cancel_run(conn, run_id):
            note_action(conn, "cancel", caller, experiment_id=experiment_id, run_id=run_id)
        answer = accepted_run(find_run(conn, run_id))
        once.keep(conn, answer)
    return answer


@router.post(
    "/runs/{run_id}/retry",
    operation_id="retry_run",
    summary="Retry a run",
    status_code=202,
    response_model=RunAnswer,
    responses={**BODY_PROBLEMS, **problems(404, 409)},
)
def post_retry(
    services: ServicesDep, run_id: RunId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Queues the run again if it failed or was cancelled.

    It goes on from its latest kept state, or from step 0 where none was kept.
    """
    expect_nothing(body)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        run = find_run(conn, run_id)
        require_own(caller, find_experiment(conn, run.experiment_id).owner)
        again = left_of_run(conn, run_id)
        charge_quotas(conn, caller, runs=again.runs, steps=again.steps)
        if not retry_run(conn, run_id):
            raise Conflict(f"the run is {run.state}; failed and cancelled runs alone can be retried")
        note_action(conn, "retry", caller, experiment_id=run.experiment_id, run_id=run_id)
        answer = accepted_run(find_run(conn, run_id))
        once.keep(conn, answer)
    services.waker.wake(wakes_for([run.device]))
    return answer


@router.get(
    "/runs/{run_id}/events",
    operation_id="list_events",
    summary="History of a run",
    response_model=EventPage,
    responses=problems(404),
)
def get_events(
    services: ServicesDep,
    request: Request,
    run_id: RunId,
    after: Annotated[int, Query(ge=0, le=MAX_INTEGER, description="only events with a greater `seq`")] = 0,
    cursor: NumberCursor = None,
    limit: Limit = 100,
) -> Response:
    """What happened to the run, oldest first."""
    start = max(after, number_cursor(cursor, NUMBER_DIGITS) or 0)
    with services.db.read() as conn:
        find_run(conn, run_id)
        found = list_events(conn, run_id, start, limit + 1)
    items, last = cut(found, limit)
    return page(request, [EventAnswer.of(event) for event in items], str(last.seq) if last else None)


def accepted_run(run: Run) -> Response:
    """The answer 202 to something asked of it."""
    answer = RunAnswer.of(run)
    return as_json(answer, 202, {"Location": answer.links["self"], "Retry-After": "1"})


def _nothing_new(first: Run, now: Run) -> bool:
    return first.state not in TERMINAL and (first.state, first.attempt) == (now.state, now.attempt)
