"""Experiments: submit, list, look, cancel, delete."""

from typing import Annotated

from fastapi import Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from api.answers import as_json, page
from api.body import RawBody
from api.dry_run import look_ahead
from api.errors import Conflict, Fault, InvalidRequest
from api.lookup import ExperimentId, find_experiment, is_experiment_id
from api.once import OnceDep
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import Cursor, Limit, Wait, bad_cursor, cut
from api.polling import polled
from api.schemas import Deleted, DryRun, ExperimentAnswer, ExperimentPage
from api.services import Services, ServicesDep
from api.space import give_back
from api.spec_schema import SPEC_BODY, problem_kinds
from api.strict_json import expect_nothing
from api.submission import assemble, check, store
from core.store import (
    TERMINAL,
    Experiment,
    ExperimentState,
    Topic,
    cancel_experiment,
    delete_experiment,
    list_experiments,
    list_workers,
)

router = v1_router("experiments", "/experiments")


@router.post(
    "",
    operation_id="create_experiment",
    summary="Submit an experiment",
    status_code=202,
    response_model=ExperimentAnswer,
    responses={**BODY_PROBLEMS, 200: {"model": DryRun, "description": "what a dry run found"}},
    openapi_extra={"requestBody": SPEC_BODY},
)
def create_experiment(
    services: ServicesDep,
    body: RawBody,
    once: OnceDep,
    dry_run: Annotated[
        bool,
        Query(description="answer with cells, cost, predictions and warnings; store nothing, use up no key"),
    ] = False,
) -> Response:
    """Stores the experiment and its runs, and tells the workers.

    A run whose digest already succeeded is not trained again, unless the spec has `reuse: false`.
    """
    checked = check(body, services.db, services.datasets, services.settings.memory_bytes)
    if dry_run:
        return as_json(look_ahead(checked, _gpu_works(services)))
    submission = assemble(checked)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        store(conn, submission)
        answer = _accepted(find_experiment(conn, submission.experiment.id))
        once.keep(conn, answer)
    services.waker.wake(submission.wakes)
    return answer


@router.get("", operation_id="list_experiments", summary="List experiments", response_model=ExperimentPage)
def get_experiments(
    services: ServicesDep,
    request: Request,
    state: Annotated[ExperimentState | None, Query(description="only those in this state")] = None,
    problem: Annotated[str | None, Query(description="only those with this kind of problem")] = None,
    tag: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=64,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="only those with this tag",
        ),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Experiments, newest first."""
    if problem is not None and problem not in problem_kinds():
        fault = Fault("/query/problem", f"one of {', '.join(problem_kinds())}", problem)
        raise InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])
    if cursor is not None and not is_experiment_id(cursor):
        raise bad_cursor(cursor)
    with services.db.read() as conn:
        found = list_experiments(conn, limit=limit + 1, before=cursor, state=state, problem=problem, tag=tag)
    items, last = cut(found, limit)
    return page(request, [ExperimentAnswer.of(item) for item in items], last.id if last else None)


@router.get(
    "/{experiment_id}",
    operation_id="get_experiment",
    summary="Look at an experiment",
    response_model=ExperimentAnswer,
    responses={**problems(404), **not_modified()},
)
async def get_experiment(
    services: ServicesDep, request: Request, experiment_id: ExperimentId, wait: Wait = 0
) -> Response:
    """State, counts, progress and spec; with `wait`, once something has changed."""

    topic = Topic("experiment", experiment_id)
    answer = ExperimentAnswer.of
    return await polled(services, request, topic, find_experiment, _nothing_new, wait, answer)


@router.post(
    "/{experiment_id}/cancel",
    operation_id="cancel_experiment",
    summary="Cancel an experiment",
    status_code=202,
    response_model=ExperimentAnswer,
    responses={**BODY_PROBLEMS, **problems(404)},
)
def post_cancel(services: ServicesDep, experiment_id: ExperimentId, body: RawBody, once: OnceDep) -> Response:
    """Cancels every run that has not ended; queued ones at once, running ones within seconds."""
    expect_nothing(body)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        find_experiment(conn, experiment_id)
        cancel_experiment(conn, experiment_id)
        answer = _accepted(find_experiment(conn, experiment_id))
        once.keep(conn, answer)
    return answer


@router.delete(
    "/{experiment_id}",
    operation_id="delete_experiment",
    summary="Delete an experiment",
    response_model=Deleted,
    responses=problems(404, 409),
)
def remove_experiment(
    services: ServicesDep,
    experiment_id: ExperimentId,
    force: Annotated[bool, Query(description="also while runs have not ended; they are cancelled")] = False,
) -> Response:
    """Deletes the experiment, its runs and every recording that no other run refers to."""
    with services.db.write() as conn:
        experiment = find_experiment(conn, experiment_id)
        live = {state: count for state, count in experiment.counts.items() if count and state not in TERMINAL}
        if live and not force:
            raise Conflict(
                f"runs have not ended ({', '.join(f'{n} {state}' for state, n in live.items())}): "
                "cancel the experiment first, or delete with force=true"
            )
        if live:
            cancel_experiment(conn, experiment_id)
        freed = delete_experiment(conn, experiment_id)
    answer = as_json(Deleted(id=experiment_id, bytes_freed=freed))
    answer.background = BackgroundTask(give_back, services.db)
    return answer


def _gpu_works(services: Services) -> bool:
    with services.db.read() as conn:
        workers = list_workers(conn, services.settings.lease_seconds)
    return any(worker.queue == "gpu" for worker in workers)


def _accepted(experiment: Experiment) -> Response:
    answer = ExperimentAnswer.of(experiment)
    return as_json(answer, 202, {"Location": answer.links["self"], "Retry-After": "1"})


def _nothing_new(first: Experiment, now: Experiment) -> bool:
    return first.state not in TERMINAL and (first.state, first.counts) == (now.state, now.counts)
