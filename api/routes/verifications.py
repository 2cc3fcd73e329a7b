"""Runs trained once more, to compare."""

from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep, charge_quotas, owner_of
from api.answers import as_json, page
from api.body import RawBody
from api.errors import Conflict, NotFound
from api.lookup import RunId, find_run, is_run_id
from api.once import OnceDep
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import Limit, RunCursor, Wait, cut, id_cursor
from api.polling import polled
from api.schemas import VerificationAnswer, VerificationPage
from api.services import ServicesDep
from api.strict_json import expect_nothing
from api.waker import wakes_for
from core.store import (
    TERMINAL,
    Topic,
    Verification,
    get_verification,
    is_verification,
    list_verifications,
    new_id,
    note_action,
    start_verification,
    waiting_devices,
)

router = v1_router("verifications", "/runs/{run_id}")

VerificationId = Annotated[
    str, Path(description="id of the verification", examples=["run_01k3v5m8h2x9q4c7r6t0y1z3ab"])
]


@router.post(
    "/verify",
    operation_id="verify_run",
    summary="Train a run once more and compare",
    status_code=202,
    response_model=VerificationAnswer,
    responses={**BODY_PROBLEMS, **problems(404, 409)},
)
def post_verify(
    services: ServicesDep, run_id: RunId, body: RawBody, once: OnceDep, caller: CallerDep
) -> Response:
    """Queues the training of a run that succeeded, from the start and with nothing taken over.

    The run and its experiment stay as they are. What came of it is in the verification.
    """
    expect_nothing(body)
    experiment_id, verifying = new_id("exp_"), new_id("run_")
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        run = find_run(conn, run_id)
        charge_quotas(conn, caller, runs=1, steps=run.steps)
        if not start_verification(conn, run_id, experiment_id, verifying, owner_of(caller)):
            what = "a verification" if is_verification(conn, run.experiment_id) else run.state
            raise Conflict(f"the run is {what}; runs that have succeeded can be verified")
        told = {"verification": verifying}
        note_action(conn, "verify", caller, experiment_id=run.experiment_id, run_id=run_id, data=told)
        made = VerificationAnswer.of(_find(conn, run_id, verifying))
        answer = as_json(made, 202, {"Location": made.links["self"], "Retry-After": "1"})
        once.keep(conn, answer)
        waiting = waiting_devices(conn, experiment_id)
    services.waker.wake(wakes_for(waiting))
    return answer


@router.get(
    "/verifications",
    operation_id="list_verifications",
    summary="Verifications of a run",
    response_model=VerificationPage,
    responses=problems(404),
)
def get_verifications(
    services: ServicesDep, request: Request, run_id: RunId, cursor: RunCursor = None, limit: Limit = 100
) -> Response:
    """Verifications, newest first."""
    before = id_cursor(cursor, is_run_id)
    with services.db.read() as conn:
        find_run(conn, run_id)
        found = list_verifications(conn, run_id, limit=limit + 1, before=before)
    items, last = cut(found, limit)
    return page(request, [VerificationAnswer.of(item) for item in items], last.id if last else None)


@router.get(
    "/verifications/{verification_id}",
    operation_id="get_verification",
    summary="Look at a verification",
    response_model=VerificationAnswer,
    responses={**problems(404), **not_modified()},
)
async def get_one(
    services: ServicesDep, request: Request, run_id: RunId, verification_id: VerificationId, wait: Wait = 0
) -> Response:
    """State and verdict; with `wait`, once the state has changed."""

    def find(conn: Connection, verifying: str) -> Verification:
        find_run(conn, run_id)
        return _find(conn, run_id, verifying)

    topic = Topic("run", verification_id)
    return await polled(services, request, topic, find, _nothing_new, wait, VerificationAnswer.of)


def _find(conn: Connection, run_id: str, verifying: str) -> Verification:
    found = get_verification(conn, run_id, verifying) if is_run_id(verifying) else None
    if found is None:
        raise NotFound(f"no such verification of {run_id}: {verifying[:100]}")
    return found


def _nothing_new(first: Verification, now: Verification) -> bool:
    return first.state not in TERMINAL and first.state == now.state
