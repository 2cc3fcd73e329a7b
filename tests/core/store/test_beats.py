"""Heartbeats: who keeps a lease, who is told to stop."""

from core.store import (
    Beat,
    Database,
    beat,
    cancel_experiment,
    cancel_run,
    get_run,
    list_events,
    reap,
    release,
    write_frames,
)
from tests.core.store.samples import claimed, frame, states, submit, succeed

NOBODY: frozenset[str] = frozenset()


def test_a_beat_extends_the_lease(db: Database) -> None:
    new = submit(db, 2)
    lease = claimed(db, seconds=-1)
    with db.write() as conn:
        assert beat(conn, lease, {}, None, 60) == Beat(NOBODY, NOBODY)
        assert reap(conn, 10).requeued == 0
    assert states(db, new.id) == ["running", "running"]
    with db.write() as conn:
        beat(conn, lease, {}, None, -1)
        assert reap(conn, 10).requeued == 2


def test_a_beat_tells_steps_and_speed(db: Database) -> None:
    submit(db, 2)
    lease = claimed(db)
    first, second = (run.run_id for run in lease.runs)
    with db.write() as conn:
        beat(conn, lease, {first: 30}, 12.5, 60)
        beat(conn, lease, {second: 40}, None, 60)
    with db.read() as conn:
        told = [get_run(conn, run) for run in (first, second)]
    assert [(run.step, run.steps_per_second) for run in told if run] == [(30, 12.5), (40, 12.5)]


def test_a_late_beat_does_not_take_steps_back(db: Database) -> None:
    submit(db)
    lease = claimed(db)
    (run,) = lease.runs
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 50]))])
        beat(conn, lease, {run.run_id: 20}, None, 60)
        found = get_run(conn, run.run_id)
    assert found is not None
    assert found.step == 50


def test_a_beat_answers_who_is_to_stop_and_who_is_lost(db: Database) -> None:
    new = submit(db, 4)
    lease = claimed(db)
    ids = [run.run_id for run in lease.runs]
    with db.write() as conn:
        assert cancel_run(conn, ids[0])
        release(conn, lease.without(set(ids) - {ids[1]}))
    succeed(db, lease.without(set(ids) - {ids[2]}).runs)
    with db.write() as conn:
        answer = beat(conn, lease, {}, 1.0, 60)
    assert answer == Beat(cancelled=frozenset({ids[0]}), lost=frozenset({ids[1], ids[2]}))
    assert states(db, new.id) == ["cancelling", "queued", "succeeded", "running"]


def test_the_beat_of_a_former_owner_changes_nothing(db: Database) -> None:
    submit(db)
    former = claimed(db, seconds=-1)
    with db.write() as conn:
        reap(conn, 10)
    present = claimed(db, worker="w2", seconds=-1)
    with db.write() as conn:
        answer = beat(conn, former, {former.runs[0].run_id: 900}, 5.0, 60)
        assert answer.lost == {former.runs[0].run_id}
        found = get_run(conn, present.runs[0].run_id)
        assert reap(conn, 10).requeued == 1
    assert found is not None
    assert (found.step, found.steps_per_second) == (0, None)


def test_the_beat_of_no_runs_asks_for_nothing(db: Database) -> None:
    submit(db)
    lease = claimed(db)
    with db.write() as conn:
        assert beat(conn, lease.without({lease.runs[0].run_id}), {}, 1.0, 60) == Beat(NOBODY, NOBODY)


def test_cancelling_stops_waiting_runs_at_once_and_asks_running_ones(db: Database) -> None:
    new = submit(db, 3, batch=2)
    lease = claimed(db)
    with db.write() as conn:
        assert cancel_experiment(conn, new.id) == 3
        assert cancel_experiment(conn, new.id) == 0
        assert not cancel_run(conn, new.runs[0].id)
        assert not cancel_run(conn, "run_none")
        assert beat(conn, lease, {}, None, 60).cancelled == {run.run_id for run in lease.runs}
    assert states(db, new.id) == ["cancelling", "cancelling", "cancelled"]
    with db.read() as conn:
        asked, over = get_run(conn, new.runs[0].id), get_run(conn, new.runs[2].id)
        assert list_events(conn, new.runs[0].id)[-1].kind == "cancelling"
        assert list_events(conn, new.runs[2].id)[-1].kind == "cancelled"
    assert asked is not None
    assert over is not None
    assert asked.finished_at is None
    assert over.finished_at is not None
