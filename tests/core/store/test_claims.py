"""Claiming: which runs, for whom, and never twice."""

from datetime import timedelta

from core.store import (
    Claimed,
    Database,
    Lease,
    batch_members,
    cancel_run,
    claim,
    fail,
    finish,
    get_run,
    last_steps,
    list_events,
    reap,
    release,
)
from tests.core.store.samples import claimed, result, states, submit, succeed


def test_nothing_waits(db: Database) -> None:
    with db.write() as conn:
        assert claim(conn, queue="cpu", worker="w", lease_seconds=60) is None


def test_a_claim_takes_a_whole_batch_of_the_oldest_experiment(db: Database) -> None:
    first, second = submit(db, 5, batch=3), submit(db, 2)
    lease = claimed(db, worker="w7", seconds=12.5)
    assert [run.run_id for run in lease.runs] == [run.id for run in first.runs[:3]]
    assert [(run.experiment_id, run.cell, run.attempt) for run in lease.runs] == [
        (first.id, cell, 1) for cell in range(3)
    ]
    assert (lease.batch_key, lease.worker, lease.seconds) == ("batch-000000", "w7", 12.5)
    assert states(db, first.id) == ["running"] * 3 + ["queued"] * 2
    assert [run.cell for run in claimed(db).runs] == [3, 4]
    assert {run.experiment_id for run in claimed(db).runs} == {second.id}


def test_batches_of_two_experiments_with_one_key_stay_apart(db: Database) -> None:
    first, second = submit(db, 2), submit(db, 2)
    assert {run.experiment_id for run in claimed(db).runs} == {first.id}
    assert {run.experiment_id for run in claimed(db).runs} == {second.id}


def test_a_claimed_run_tells_who_has_it_since_when(db: Database) -> None:
    submit(db)
    lease = claimed(db, worker="w7")
    with db.read() as conn:
        run = get_run(conn, lease.runs[0].run_id)
        history = list_events(conn, lease.runs[0].run_id)
    assert run is not None
    assert run.started_at is not None
    assert (run.worker, run.attempt, run.finished_at) == ("w7", 1, None)
    assert timedelta(0) <= run.started_at - run.created_at < timedelta(minutes=1)
    assert history[-1].kind == "claimed"
    assert history[-1].data == {"worker": "w7", "attempt": 1}


def test_the_attempt_rises_at_every_claim_and_the_start_stays(db: Database) -> None:
    submit(db)
    first = claimed(db)
    with db.read() as conn:
        before = get_run(conn, first.runs[0].run_id)
    with db.write() as conn:
        release(conn, first)
    second = claimed(db, seconds=-1)
    with db.write() as conn:
        reap(conn, 10)
    third = claimed(db)
    assert [lease.runs[0].attempt for lease in (first, second, third)] == [1, 2, 3]
    with db.read() as conn:
        after = get_run(conn, first.runs[0].run_id)
    assert before is not None
    assert after is not None
    assert after.started_at == before.started_at


def test_a_claim_takes_only_what_still_waits_of_a_batch(db: Database) -> None:
    new = submit(db, 4)
    with db.write() as conn:
        assert cancel_run(conn, new.runs[1].id)
    lease = claimed(db)
    assert [run.cell for run in lease.runs] == [0, 2, 3]
    with db.read() as conn:
        assert batch_members(conn, lease) == [(cell, new.runs[cell].id) for cell in range(4)]
        assert batch_members(conn, (new.id, lease.batch_key)) == batch_members(conn, lease)
        assert batch_members(conn, (new.id, "no such batch")) == []


def test_a_batch_knows_where_its_members_ended(db: Database) -> None:
    submit(db, 4)
    lease = claimed(db)
    first, second, third, _ = lease.runs
    with db.write() as conn:
        finish(conn, [(first, result(last_step=300)), (second, result())])
        fail(conn, [third], "internal", "no reason")
    with db.read() as conn:
        assert last_steps(conn, lease) == {first.run_id: 300, second.run_id: 0}


def test_a_reused_run_has_not_ended_in_its_batch(db: Database) -> None:
    old = submit(db)
    succeed(db, claimed(db).runs)
    [new] = submit(db, source_run=old.runs[0].id).runs
    with db.read() as conn:
        run = get_run(conn, new.id)
        assert run is not None
        assert run.state == "succeeded"
        lease = Lease((Claimed(run.id, run.experiment_id, run.cell, 1),), "batch-000000", "w1", 60.0)
        assert last_steps(conn, lease) == {}


def test_the_queues_share_what_may_run_anywhere(db: Database) -> None:
    on_cpu = submit(db, device="cpu")
    on_gpu = submit(db, device="cuda", queue="gpu")
    anywhere = submit(db, device="auto")
    also = submit(db, device="auto")
    assert claimed(db, queue="gpu").runs[0].experiment_id == on_gpu.id
    assert claimed(db, queue="gpu").runs[0].experiment_id == anywhere.id
    assert claimed(db, queue="cpu").runs[0].experiment_id == on_cpu.id
    assert claimed(db, queue="cpu").runs[0].experiment_id == also.id


def test_the_gpu_queue_leaves_runs_for_cpu_alone(db: Database) -> None:
    submit(db, device="cpu")
    submit(db, device="cuda:1", queue="gpu")
    claimed(db, queue="gpu")
    with db.write() as conn:
        assert claim(conn, queue="gpu", worker="w", lease_seconds=60) is None
    claimed(db, queue="cpu")
    with db.write() as conn:
        assert claim(conn, queue="cpu", worker="w", lease_seconds=60) is None


def test_a_run_that_is_over_is_never_claimed(db: Database) -> None:
    new = submit(db)
    succeed(db, claimed(db).runs)
    with db.write() as conn:
        assert claim(conn, queue="cpu", worker="w", lease_seconds=60) is None
    assert states(db, new.id) == ["succeeded"]


def test_a_lease_can_be_narrowed(db: Database) -> None:
    submit(db, 3)
    lease = claimed(db)
    assert [run.cell for run in lease.without({lease.runs[1].run_id, "run_other"}).runs] == [0, 2]
