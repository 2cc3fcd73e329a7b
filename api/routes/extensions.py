"""More steps for experiments and runs that have succeeded."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from api.access import CallerDep, charge_quotas, require_own
from api.body import RawBody
from api.errors import Conflict
from api.extension import plan_extension, read_extension
from api.lookup import ExperimentId, RunId, find_experiment, find_run, spec_of
from api.once import Once, OnceDep
from api.operations import BODY_PROBLEMS, problems, v1_router
from api.routes.experiments import accepted_experiment, in_words
from api.routes.runs import accepted_run
from api.schemas import ExperimentAnswer, RunAnswer
from api.services import Services, ServicesDep
from api.waker import wakes_for
from core.spec import MAX_CELLS, Extension
from core.store import (
    TERMINAL,
    Changed,
    Experiment,
    Run,
    Token,
    extend,
    is_verification,
    list_runs,
    note_action,
    waiting_devices,
)

router = v1_router("extensions")

EXTENSION_BODY: dict[str, Any] = {
    "required": True,
    "description": "how many steps, and for which runs",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Extension"},
            "examples": {
                "longer": {"summary": "twice as long", "value": {"steps": 240000}},
                "censored": {
                    "summary": "only where t2 was not seen, trained in any case",
                    "value": {"steps": 240000, "censored_only": True, "reuse": False},
                },
            },
        }
    },
}
_RESPONSES = {**BODY_PROBLEMS, **problems(404, 409)}


@router.post(
    "/experiments/{experiment_id}/extend",
    operation_id="extend_experiment",
    summary="More steps for an experiment",
    status_code=202,
    response_model=ExperimentAnswer,
    responses=_RESPONSES,
    openapi_extra={"requestBody": EXTENSION_BODY},
)
def post_experiment(
    services: ServicesDep, experiment_id: ExperimentId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Queues the runs that succeeded again, with more steps; they go on from the state of their last step.

    Runs that diverged or ended by a rule of the spec are left as they are, and so are failed and cancelled
    ones. The spec of the experiment has the new steps once they are true of every run that has not ended by a
    rule.
    """

    def choose(conn: Connection) -> tuple[Experiment, list[Run]]:
        experiment = find_experiment(conn, experiment_id)
        if live := {state: n for state, n in experiment.counts.items() if n and state not in TERMINAL}:
            raise Conflict(f"runs have not ended ({in_words(live)}): wait for them, or cancel them first")
        return experiment, list_runs(conn, experiment_id, limit=MAX_CELLS)

    def answer(conn: Connection) -> Response:
        return accepted_experiment(find_experiment(conn, experiment_id))

    return _extend(services, body, once, caller, choose, answer)


@router.post(
    "/runs/{run_id}/extend",
    operation_id="extend_run",
    summary="More steps for a run",
    status_code=202,
    response_model=RunAnswer,
    responses=_RESPONSES,
    openapi_extra={"requestBody": EXTENSION_BODY},
)
def post_run(
    services: ServicesDep, run_id: RunId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Queues the run again, with more steps; it goes on from the state of its last step.

    Its own steps are the new ones, whatever the spec of its experiment says. A run that diverged or ended by
    a rule of the spec has nothing to continue.
    """

    def choose(conn: Connection) -> tuple[Experiment, list[Run]]:
        run = find_run(conn, run_id)
        return find_experiment(conn, run.experiment_id), [run]

    def answer(conn: Connection) -> Response:
        return accepted_run(find_run(conn, run_id))

    return _extend(services, body, once, caller, choose, answer)


def _extend(
    services: Services,
    body: bytes,
    once: Once,
    caller: Token | None,
    choose: Callable[[Connection], tuple[Experiment, list[Run]]],
    answer: Callable[[Connection], Response],
) -> Response:
    asked: Extension = read_extension(body)
    # Planning takes its time; meanwhile others may write.
    with services.db.read() as conn:
        if (first := once.look(conn)) is not None:
            return first
        experiment, chosen = choose(conn)
        require_own(caller, experiment.owner)
        if is_verification(conn, experiment.id):
            raise Conflict("this repeats the training of another run: extend that one")
        longer, whole = plan_extension(
            conn, spec_of(services, conn, experiment), chosen, asked, services.settings.memory_bytes
        )
    try:
        with services.db.write() as conn:
            if (first := once.recall(conn)) is not None:
                return first
            trained = [run for run in longer if run.source_run is None]
            steps = sum(run.steps - run.before if run.goes_on else run.steps for run in trained)
            charge_quotas(conn, caller, runs=len(trained), steps=steps)
            extend(conn, experiment.id, longer, whole)
            told = {"steps": asked.steps, "runs": len(longer)}
            note_action(conn, "extend", caller, experiment_id=experiment.id, data=told)
            accepted = answer(conn)
            once.keep(conn, accepted)
            waiting = waiting_devices(conn, experiment.id)
    except Changed as changed:
        raise Conflict(f"{changed} has changed meanwhile: look at it, and ask again") from None
    services.waker.wake(wakes_for(waiting))
    return accepted
