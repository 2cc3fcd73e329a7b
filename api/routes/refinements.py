"""Boundaries of phase maps placed better, by more cells between those that differ."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from api.access import CallerDep, charge_quotas, owner_of
from api.answers import dumps
from api.body import RawBody
from api.errors import Conflict
from api.lookup import ExperimentId, find_experiment, spec_of
from api.once import OnceDep
from api.operations import BODY_PROBLEMS, problems, v1_router
from api.routes.experiments import accepted_experiment, in_words
from api.schemas import ExperimentAnswer
from api.services import Services, ServicesDep
from api.submission import Checked, assemble, check, store
from api.sweeps.reading import read_family
from api.sweeps.refining import read_refinement, refined_spec
from core.spec import Refinement
from core.store import TERMINAL, Counts, Experiment, hold_family, note_action

router = v1_router("refinements", "/experiments/{experiment_id}")

REFINEMENT_BODY: dict[str, Any] = {
    "required": True,
    "description": "along which axis, and how well",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/Refinement"},
            "examples": {
                "boundary": {
                    "summary": "halve once what is further apart than 5 %",
                    "value": {"axis": "/regularization/l1", "tolerance": 0.05},
                }
            },
        }
    },
}


@router.post(
    "/refine",
    operation_id="refine_experiment",
    summary="Refine the boundaries of a phase map",
    status_code=202,
    response_model=ExperimentAnswer,
    responses={**BODY_PROBLEMS, **problems(404, 409)},
    openapi_extra={"requestBody": REFINEMENT_BODY},
)
def post_refine(
    services: ServicesDep, experiment_id: ExperimentId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Submits, as a new experiment, the cells halfway between neighbours with different outcomes.

    Analyses of this experiment count the new runs, too, so that asking again once they have ended halves what
    is left: the boundaries are known to the tolerance once the answer is 409, nothing to refine. A refinement
    of a refinement is one of the first experiment.
    """
    asked = read_refinement(body)
    with services.db.read() as conn:
        if (first := once.look(conn)) is not None:
            return first
        root = _root(conn, find_experiment(conn, experiment_id))
        checked, family = _finer(services, conn, root, asked)
    submission = assemble(checked, owner_of(caller))
    submission = replace(submission, experiment=replace(submission.experiment, refines=root.id))
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        if hold_family(conn, root.id) != family:
            raise Conflict(f"{root.id} was refined or deleted meanwhile: look at it, and ask again")
        charge_quotas(conn, caller, runs=len(checked.fresh), steps=checked.steps)
        store(conn, submission)
        made = submission.experiment.id
        told = {"axis": asked.axis, "runs": len(checked.cells), "refinement": made}
        note_action(conn, "refine", caller, experiment_id=root.id, data=told)
        answer = accepted_experiment(find_experiment(conn, made))
        once.keep(conn, answer)
    services.waker.wake(submission.wakes)
    return answer


def _root(conn: Connection, experiment: Experiment) -> Experiment:
    return experiment if experiment.refines is None else find_experiment(conn, experiment.refines)


def _finer(
    services: Services, conn: Connection, root: Experiment, asked: Refinement
) -> tuple[Checked, list[str]]:
    """The cells that place boundaries better, and the experiments that say where these are.

    Raises Conflict while runs go on, and where there is nothing to refine.
    """
    cells = read_family(conn, root)
    live: Counts = {}
    for run in cells.runs:
        if run.state not in TERMINAL:
            live[run.state] = live.get(run.state, 0) + 1
    if live:
        raise Conflict(f"runs have not ended ({in_words(live)}): wait for them, or cancel them first")
    finer = refined_spec(spec_of(services, conn, root), cells, asked)
    checked = check(dumps(finer), services.db, services.datasets, services.settings.memory_bytes)
    return checked, list(cells.experiments)
