"""Failed and cancelled runs are queued again, whoever asks and however often at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.store import (
    Cause,
    Claimed,
    Database,
    Run,
    cancel_experiment,
    cancel_run,
    claim,
    counts,
    fail,
    get_run,
    list_events,
    list_runs,
    load_checkpoints,
    reap,
    resume,
    retry_experiment,
    retry_run,
    save_checkpoints,
    waiting_devices,
    write_frames,
)
from tests.core.store.samples import claimed, frame, submit, succeed


def run_of(db: Database, run_id: str) -> Run:
    with db.read() as conn:
        found = get_run(conn, run_id)
    assert found is not None
    return found


def kinds(db: Database, run_id: str) -> list[str]:
    with db.read() as conn:
        return [event.kind for event in list_events(conn, run_id)]


def break_down(db: Database, run: Claimed, cause: Cause = "internal") -> None:
    with db.write() as conn:
        assert not fail(conn, [run], cause, "broken")


def test_a_failed_run_is_queued_as_if_it_had_never_ended(db: Database) -> None:
    new = submit(db)
    for _ in range(2):
        claimed(db, seconds=-1)
        with db.write() as conn:
            reap(conn, 2)
    assert run_of(db, new.runs[0].id).cause == "lost_worker"
    with db.write() as conn:
        assert retry_run(conn, new.runs[0].id)
    run = run_of(db, new.runs[0].id)
    assert (run.state, run.losses, run.attempt) == ("queued", 0, 2)
    assert (run.outcome, run.cause, run.message, run.finished_at) == (None, None, None, None)
    assert kinds(db, run.id)[-2:] == ["failed", "retried"]
    assert [c.attempt for c in claimed(db).runs] == [3]


def test_only_what_failed_or_was_cancelled_is_retried(db: Database) -> None:
    new = submit(db, 5, batch=1)
    done, broken, cancelled, running, _ = new.runs
    succeed(db, claimed(db).runs)
    break_down(db, claimed(db).runs[0])
    with db.write() as conn:
        cancel_run(conn, cancelled.id)
    claimed(db)
    with db.write() as conn:
        assert [retry_run(conn, run.id) for run in (done, running, new.runs[4])] == [False] * 3
        assert not retry_run(conn, "run_none")
        assert retry_experiment(conn, new.id) == 2
        assert retry_experiment(conn, new.id) == 0
        found = counts(conn, new.id)
    assert (found["succeeded"], found["queued"], found["running"]) == (1, 3, 1)
    for run in (broken, cancelled):
        assert kinds(db, run.id)[-1] == "retried"
    for run in (done, running, new.runs[4]):
        assert "retried" not in kinds(db, run.id)


def test_a_run_that_is_being_cancelled_waits_for_its_end(db: Database) -> None:
    new = submit(db)
    claimed(db)
    with db.write() as conn:
        cancel_run(conn, new.runs[0].id)
        assert not retry_run(conn, new.runs[0].id)
    assert run_of(db, new.runs[0].id).state == "cancelling"


def test_a_retried_run_goes_on_from_its_kept_state(db: Database) -> None:
    new = submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(run, frame(range(8)))])
        save_checkpoints(conn, [(run, 5, b"state")], 5)
    break_down(db, run)
    with db.write() as conn:
        retry_run(conn, new.runs[0].id)
    lease = claimed(db)
    with db.write() as conn:
        assert load_checkpoints(conn, [run.run_id])[run.run_id].step == 5
        assert resume(conn, lease, {run.run_id: 5}) == frozenset()
    assert kinds(db, run.run_id)[-3:] == ["retried", "claimed", "resumed"]
    assert run_of(db, run.run_id).step == 5


def test_runs_of_a_batch_that_go_on_from_different_steps_are_claimed_by_turns(db: Database) -> None:
    new = submit(db, 5)
    lease = claimed(db)
    first, second, third, fourth, _ = lease.runs
    with db.write() as conn:
        save_checkpoints(conn, [(run, 10, b"state") for run in (first, third)], 10)
        save_checkpoints(conn, [(second, 20, b"state")], 20)
        fail(conn, [first, second, third], "internal", "broken")
        fail(conn, [fourth], "internal", "broken")
        assert retry_experiment(conn, new.id) == 4
    claims = [[run.cell for run in claimed(db).runs] for _ in range(3)]
    assert claims == [[0, 2], [1], [3]]
    with db.write() as conn:
        assert claim(conn, queue="cpu", worker="w", lease_seconds=60) is None


def test_of_two_retries_at_once_one_finds_nothing(db: Database) -> None:
    new = submit(db, 40, batch=4)
    with db.write() as conn:
        cancel_experiment(conn, new.id)

    def again(_: int) -> int:
        with db.write() as conn:
            return retry_experiment(conn, new.id)

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(again, range(4))) == [0, 0, 0, 40]
    with db.read() as conn:
        for run in list_runs(conn, new.id, limit=100):
            assert [event.kind for event in list_events(conn, run.id)].count("retried") == 1


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda:1"])
def test_every_waiting_batch_says_its_device(db: Database, device: str) -> None:
    new = submit(db, 6, batch=2, device=device, queue="gpu" if device == "cuda:1" else "cpu")
    with db.write() as conn:
        cancel_experiment(conn, new.id)
        assert waiting_devices(conn, new.id) == []
        retry_experiment(conn, new.id)
        assert waiting_devices(conn, new.id) == [device] * 3
