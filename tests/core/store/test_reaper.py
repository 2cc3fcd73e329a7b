"""Leases that ran out."""

from core.store import (
    Database,
    ReapReport,
    cancel_run,
    get_run,
    list_events,
    reap,
    save_checkpoints,
)
from tests.core.store.samples import claimed, states, submit, succeed


def test_nothing_is_taken_from_workers_that_beat(db: Database) -> None:
    new = submit(db, 2)
    claimed(db)
    with db.write() as conn:
        assert reap(conn, 10) == ReapReport(0, 0, 0)
    assert states(db, new.id) == ["running", "running"]


def test_an_expired_run_waits_again_with_one_loss(db: Database) -> None:
    new = submit(db)
    claimed(db, worker="w7", seconds=-1)
    with db.write() as conn:
        assert reap(conn, 10) == ReapReport(requeued=1, failed=0, cancelled=0)
        assert reap(conn, 10) == ReapReport(0, 0, 0)
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
        history = list_events(conn, new.runs[0].id)
    assert run is not None
    assert (run.state, run.losses, run.attempt, run.cause, run.finished_at) == ("queued", 1, 1, None, None)
    assert (history[-1].kind, history[-1].data) == ("lost", {"worker": "w7", "attempt": 1, "losses": 1})


def test_a_run_that_is_lost_too_often_fails(db: Database) -> None:
    new = submit(db)
    reports = []
    for _ in range(3):
        claimed(db, seconds=-1)
        with db.write() as conn:
            reports.append(reap(conn, 3))
    assert reports == [ReapReport(1, 0, 0), ReapReport(1, 0, 0), ReapReport(0, 1, 0)]
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
        kinds = [event.kind for event in list_events(conn, new.runs[0].id)]
    assert run is not None
    assert (run.state, run.cause, run.losses) == ("failed", "lost_worker", 3)
    assert run.message == "its worker was lost 3 times without a new checkpoint in between"
    assert run.finished_at is not None
    assert kinds == ["created", "claimed", "lost", "claimed", "lost", "claimed", "lost", "failed"]


def test_a_new_checkpoint_forgives_earlier_losses(db: Database) -> None:
    new = submit(db)
    for step in range(1, 6):
        lease = claimed(db, seconds=-1)
        with db.write() as conn:
            save_checkpoints(conn, [(lease.runs[0], step, b"state")], step)
            assert reap(conn, 2) == ReapReport(1, 0, 0)
    assert states(db, new.id) == ["queued"]


def test_a_checkpoint_that_is_not_further_forgives_nothing(db: Database) -> None:
    submit(db)
    reports = []
    for _ in range(2):
        lease = claimed(db, seconds=-1)
        with db.write() as conn:
            save_checkpoints(conn, [(lease.runs[0], 5, b"state")], 5)
            reports.append(reap(conn, 2))
    assert reports == [ReapReport(1, 0, 0), ReapReport(0, 1, 0)]


def test_an_expired_run_that_was_to_be_cancelled_is_cancelled(db: Database) -> None:
    new = submit(db, 2)
    lease = claimed(db, seconds=-1)
    with db.write() as conn:
        cancel_run(conn, lease.runs[0].run_id)
        assert reap(conn, 1) == ReapReport(requeued=0, failed=1, cancelled=1)
    assert states(db, new.id) == ["cancelled", "failed"]
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
        assert list_events(conn, new.runs[0].id)[-1].kind == "cancelled"
    assert run is not None
    assert (run.cause, run.message) == (None, None)
    assert run.finished_at is not None


def test_runs_that_are_over_or_wait_are_left_alone(db: Database) -> None:
    over, waiting = submit(db), submit(db)
    succeed(db, claimed(db, seconds=-1).runs)
    with db.write() as conn:
        assert reap(conn, 1) == ReapReport(0, 0, 0)
    assert (states(db, over.id), states(db, waiting.id)) == (["succeeded"], ["queued"])
