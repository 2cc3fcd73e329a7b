"""Experiments: submit, list, look, cancel, retry, delete."""

from typing import Annotated

from fastapi import Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep, charge_quotas, foresee_quotas, owner_of, require_own
from api.answers import as_json, page
from api.body import RawBody
from api.dry_run import look_ahead
from api.errors import Conflict, Fault, InvalidRequest
from api.lookup import ExperimentId, find_experiment, is_experiment_id
from api.once import Once, OnceDep
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import ExperimentCursor, Limit, Wait, cut, id_cursor
from api.polling import polled
from api.schemas import Deleted, DryRun, ExperimentAnswer, ExperimentPage
from api.services import Services, ServicesDep
from api.space import give_back
from api.spec_schema import SPEC_BODY, problem_kinds
from api.strict_json import expect_nothing
from api.submission import Checked, assemble, check, store
from api.waker import wakes_for
from core.spec import one_of
from core.store import (
    TERMINAL,
    Counts,
    Experiment,
    ExperimentState,
    Token,
    Topic,
    cancel_experiment,
    delete_experiment,
    left_of_experiment,
    list_experiments,
    list_workers,
    note_action,
    retry_experiment,
    waiting_devices,
)

router = v1_router("experiments", "/experiments")


@router.post(
    "",
    operation_id="create_experiment",
    summary="Submit an experiment",
    status_code=202,
    response_model=ExperimentAnswer,
    responses={
        **BODY_PROBLEMS,
        200: {"model": DryRun, "description": "what a dry run found"},
    },
    openapi_extra={"requestBody": SPEC_BODY},
)
def create_experiment(
    services: ServicesDep,
    body: RawBody,
    once: OnceDep,
    caller: CallerDep,
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
        return as_json(look_ahead(checked, _gpu_works(services), _quota_warning(services, caller, checked)))
    return accept(services, once, caller, checked)


def accept(services: Services, once: Once, caller: Token | None, checked: Checked) -> Response:
    """Stores what was checked and tells the workers: the answer 202 with the experiment."""
    submission = assemble(checked, owner_of(caller))
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        charge_quotas(conn, caller, runs=len(checked.fresh), steps=checked.steps)
        store(conn, submission)
        told = {"runs": len(checked.cells), "reused": len(checked.cells) - len(checked.fresh)}
        note_action(conn, "create", caller, experiment_id=submission.experiment.id, data=told)
        answer = accepted_experiment(find_experiment(conn, submission.experiment.id))
        once.keep(conn, answer)
    services.waker.wake(submission.wakes)
    return answer


@router.get("", operation_id="list_experiments", summary="List experiments", response_model=ExperimentPage)
def get_experiments(
    services: ServicesDep,
    request: Request,
    state: Annotated[ExperimentState | None, Query(description="only those in this state")] = None,
    problem: Annotated[
        str | None,
        Query(
            description="only those with this kind of problem",
            json_schema_extra={"enum": list(problem_kinds())},
        ),
    ] = None,
    tag: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=64,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="only those with this tag",
        ),
    ] = None,
    name: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="only those whose name contains this; the case of letters A to Z does not matter",
        ),
    ] = None,
    cursor: ExperimentCursor = None,
    limit: Limit = 100,
) -> Response:
    """Experiments, newest first."""
    if problem is not None and problem not in problem_kinds():
        fault = Fault("/query/problem", one_of(problem_kinds(), problem), problem)
        raise InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])
    before = id_cursor(cursor, is_experiment_id)
    with services.db.read() as conn:
        found = list_experiments(
            conn, limit=limit + 1, before=before, state=state, problem=problem, tag=tag, name=name
        )
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
def post_cancel(
    services: ServicesDep, experiment_id: ExperimentId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Cancels every run that has not ended; queued ones at once, running ones within seconds."""
    expect_nothing(body)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        find_experiment(conn, experiment_id)
        if count := cancel_experiment(conn, experiment_id):
            note_action(conn, "cancel", caller, experiment_id=experiment_id, data={"runs": count})
        answer = accepted_experiment(find_experiment(conn, experiment_id))
        once.keep(conn, answer)
    return answer


@router.post(
    "/{experiment_id}/retry",
    operation_id="retry_experiment",
    summary="Retry what failed or was cancelled",
    status_code=202,
    response_model=ExperimentAnswer,
    responses={**BODY_PROBLEMS, **problems(404, 409)},
)
def post_retry(
    services: ServicesDep, experiment_id: ExperimentId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Queues every failed and cancelled run again; the others stay as they are.

    Each goes on from its latest kept state, or from step 0 where none was kept.
    """
    expect_nothing(body)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        experiment = find_experiment(conn, experiment_id)
        require_own(caller, experiment.owner)
        again = left_of_experiment(conn, experiment_id)
        charge_quotas(conn, caller, runs=again.runs, steps=again.steps)
        if not retry_experiment(conn, experiment_id):
            raise Conflict(
                f"no run has failed or was cancelled ({in_words(experiment.counts)}): nothing to retry"
            )
        note_action(conn, "retry", caller, experiment_id=experiment_id, data={"runs": again.runs})
        answer = accepted_experiment(find_experiment(conn, experiment_id))
        once.keep(conn, answer)
        waiting = waiting_devices(conn, experiment_id)
    services.waker.wake(wakes_for(waiting))
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
    caller: CallerDep,
    force: Annotated[bool, Query(description="also while runs have not ended; they are cancelled")] = False,
) -> Response:
    """Deletes the experiment, its runs and every recording that no other run refers to.

    What another token made is deleted by an admin alone.
    """
    with services.db.write() as conn:
        experiment = find_experiment(conn, experiment_id)
        require_own(caller, experiment.owner)
        live = {state: n for state, n in experiment.counts.items() if n and state not in TERMINAL}
        if live and not force:
            raise Conflict(
                f"runs have not ended ({in_words(live)}): "
                "cancel the experiment first, or delete with force=true"
            )
        if live:
            cancel_experiment(conn, experiment_id)
        freed = delete_experiment(conn, experiment_id)
        told = {"owner": experiment.owner, "runs": sum(experiment.counts.values()), "bytes_freed": freed}
        note_action(conn, "delete", caller, experiment_id=experiment_id, data=told)
    answer = as_json(Deleted(id=experiment_id, bytes_freed=freed))
    answer.background = BackgroundTask(give_back, services.db)
    return answer


def in_words(counts: Counts) -> str:
    """Such as `2 running, 1 failed`."""
    return ", ".join(f"{n} {state}" for state, n in counts.items() if n)


def _gpu_works(services: Services) -> bool:
    with services.db.read() as conn:
        workers = list_workers(conn, services.settings.lease_seconds)
    return any(worker.queue == "gpu" for worker in workers)


def accepted_experiment(experiment: Experiment) -> Response:
    """The answer 202 to something asked of it."""
    answer = ExperimentAnswer.of(experiment)
    return as_json(answer, 202, {"Location": answer.links["self"], "Retry-After": "1"})


def _quota_warning(services: Services, caller: Token | None, checked: Checked) -> list[str]:
    with services.db.read() as conn:
        return foresee_quotas(conn, caller, checked)


def _nothing_new(first: Experiment, now: Experiment) -> bool:
    return first.state not in TERMINAL and (first.state, first.counts) == (now.state, now.counts)
