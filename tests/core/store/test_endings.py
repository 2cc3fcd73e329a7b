"""How runs leave their workers, and that only their owners can end them."""

import math
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from core.store import (
    Claimed,
    Database,
    Lease,
    cancel_run,
    fail,
    finish,
    finish_cancelled,
    get_run,
    list_events,
    reap,
    release,
)
from tests.core.store.samples import claimed, result, states, submit

End = Callable[[Connection, Lease], frozenset[str]]
ENDS: dict[str, End] = {
    "succeeded": lambda conn, lease: finish(conn, [(run, result()) for run in lease.runs]),
    "failed": lambda conn, lease: fail(conn, lease.runs, "out_of_memory", "needs 3 GiB"),
    "queued": release,
}


def test_a_finished_run_keeps_what_was_found(db: Database) -> None:
    new = submit(db)
    lease = claimed(db)
    found = result(
        "generalised_at_once",
        t1=7,
        t2=3,
        diverged_at=9,
        final={"a": 0.1, "b": math.nan, "c": -math.inf, "d": -0.0},
        theory={"delay": math.inf, "in_regime": False},
        digest="resolved",
    )
    with db.write() as conn:
        assert finish(conn, [(lease.runs[0], found)]) == frozenset()
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
        history = list_events(conn, new.runs[0].id)
    assert run is not None
    assert (run.state, run.outcome, run.t1, run.t2, run.diverged_at) == ("succeeded", found.outcome, 7, 3, 9)
    assert (run.delay, run.digest, run.provenance) == (-4, "resolved", {"device": "cpu"})
    assert run.theory == {"delay": math.inf, "in_regime": False}
    assert {name: repr(value) for name, value in run.final.items()} == {
        "a": "0.1",
        "b": "nan",
        "c": "-inf",
        "d": "-0.0",
    }
    assert run.finished_at is not None
    assert (history[-1].kind, history[-1].data) == (
        "finished",
        {"outcome": "generalised_at_once", "t1": 7, "t2": 3},
    )


def test_a_result_without_times_or_theory_is_kept(db: Database) -> None:
    new = submit(db)
    lease = claimed(db)
    with db.write() as conn:
        finish(conn, [(lease.runs[0], result("never_memorised", t1=None, t2=None, theory=None))])
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
    assert run is not None
    assert (run.outcome, run.t1, run.t2, run.delay, run.theory) == ("never_memorised", None, None, None, None)
    assert run.digest == new.runs[0].digest


def test_a_failed_run_tells_why(db: Database) -> None:
    new = submit(db, 2)
    lease = claimed(db)
    with db.write() as conn:
        assert fail(conn, lease.runs, "out_of_memory", "needs 3 GiB") == frozenset()
    with db.read() as conn:
        run = get_run(conn, new.runs[1].id)
        history = list_events(conn, new.runs[1].id)
    assert run is not None
    assert (run.state, run.cause, run.message) == ("failed", "out_of_memory", "needs 3 GiB")
    assert run.finished_at is not None
    assert (history[-1].kind, history[-1].data) == (
        "failed",
        {"cause": "out_of_memory", "message": "needs 3 GiB"},
    )


def test_a_released_run_waits_again_without_a_loss(db: Database) -> None:
    new = submit(db, 2)
    lease = claimed(db, worker="w7")
    with db.write() as conn:
        assert release(conn, lease) == frozenset()
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
        history = list_events(conn, new.runs[0].id)
    assert run is not None
    assert (run.state, run.attempt, run.losses, run.finished_at) == ("queued", 1, 0, None)
    assert (history[-1].kind, history[-1].data) == ("released", {"worker": "w7", "attempt": 1})
    with db.write() as conn:
        assert reap(conn, 10).requeued == 0


@pytest.mark.parametrize("end", ENDS)
def test_whoever_is_to_be_cancelled_ends_cancelled(db: Database, end: str) -> None:
    new = submit(db, 2)
    lease = claimed(db)
    with db.write() as conn:
        cancel_run(conn, new.runs[0].id)
        assert ENDS[end](conn, lease) == frozenset()
    assert states(db, new.id) == ["cancelled", end]
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
        kinds = [event.kind for event in list_events(conn, new.runs[0].id)]
    assert run is not None
    assert (run.outcome, run.cause, run.message, run.final, run.t1) == (None, None, None, {}, None)
    assert run.digest == new.runs[0].digest
    assert run.finished_at is not None
    assert kinds == ["created", "claimed", "cancelling", "cancelled"]


def test_a_cancelled_run_is_confirmed_by_its_worker(db: Database) -> None:
    new = submit(db, 2)
    lease = claimed(db)
    with db.write() as conn:
        cancel_run(conn, new.runs[0].id)
        assert finish_cancelled(conn, lease.runs) == {new.runs[1].id}
    assert states(db, new.id) == ["cancelled", "running"]


def lost(db: Database) -> tuple[Lease, str]:
    """A lease that has run out and whose only run another worker has."""
    submit(db)
    lease = claimed(db, seconds=-1)
    with db.write() as conn:
        reap(conn, 10)
    claimed(db, worker="w2")
    return lease, lease.runs[0].run_id


@pytest.mark.parametrize("end", [*ENDS.values(), lambda conn, lease: finish_cancelled(conn, lease.runs)])
def test_a_former_owner_is_fenced_and_changes_nothing(db: Database, end: End) -> None:
    lease, run_id = lost(db)
    with db.write() as conn:
        before = get_run(conn, run_id), list_events(conn, run_id)
        assert end(conn, lease) == {run_id}
        assert (get_run(conn, run_id), list_events(conn, run_id)) == before


@pytest.mark.parametrize("end", ENDS.values())
def test_an_ended_run_cannot_end_again(db: Database, end: End) -> None:
    new = submit(db)
    lease = claimed(db)
    with db.write() as conn:
        finish(conn, [(lease.runs[0], result())])
        before = get_run(conn, new.runs[0].id), list_events(conn, new.runs[0].id)
        assert end(conn, lease) == {new.runs[0].id}
        assert (get_run(conn, new.runs[0].id), list_events(conn, new.runs[0].id)) == before


@pytest.mark.parametrize("end", ENDS.values())
def test_an_unknown_run_is_fenced(db: Database, end: End) -> None:
    lease = Lease((Claimed("run_none", "exp_none", 0, 1),), "batch", "w", 60)
    with db.write() as conn:
        assert end(conn, lease) == {"run_none"}


@pytest.mark.parametrize("end", ENDS.values())
def test_no_runs_end_without_a_word(db: Database, end: End) -> None:
    with db.write() as conn:
        assert end(conn, Lease((), "batch", "w", 60)) == frozenset()
