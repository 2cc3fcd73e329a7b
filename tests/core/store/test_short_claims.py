"""Claiming for a worker that has a long batch in hand: short batches that have waited a while."""

from collections.abc import Collection
from itertools import count

import pytest

from core.store import Batch, Database, Lease, NewExperiment, Queue, claim_short, release
from tests.core.store.samples import claimed, states, submit, succeed


def short(
    db: Database, *, queue: Queue = "cpu", waited_seconds: float = 0.0, passed_over: Collection[Batch] = ()
) -> Lease | None:
    with db.write() as conn:
        return claim_short(
            conn,
            queue=queue,
            worker="w1",
            lease_seconds=60,
            waited_seconds=waited_seconds,
            passed_over=passed_over,
        )


def of(lease: Lease | None, new: NewExperiment) -> bool:
    """Whether the lease is on runs of the experiment."""
    assert lease is not None
    return {run.experiment_id for run in lease.runs} == {new.id}


def test_only_short_batches_are_taken_the_oldest_first(db: Database) -> None:
    long, first, second = submit(db, 3), submit(db, 3, short=True), submit(db, short=True)
    lease = short(db)
    assert of(lease, first)
    assert lease is not None
    assert (len(lease.runs), lease.batch_key, lease.worker, lease.short) == (3, "batch-000000", "w1", True)
    assert of(short(db), second)
    assert short(db) is None
    assert states(db, long.id) == ["queued"] * 3


def test_a_free_worker_takes_the_oldest_batch_short_or_long(db: Database) -> None:
    long, brief = submit(db), submit(db, short=True)
    leases = [claimed(db), claimed(db)]
    assert [lease.short for lease in leases] == [False, True]
    assert [of(lease, new) for lease, new in zip(leases, [long, brief], strict=True)] == [True, True]


def test_what_has_just_come_is_left_to_free_workers(db: Database) -> None:
    new = submit(db, short=True)
    assert short(db, waited_seconds=30.0) is None
    assert states(db, new.id) == ["queued"]
    asked = next(n for n in count(1) if short(db, waited_seconds=0.05) is not None)
    assert states(db, new.id) == ["running"], f"asked {asked} times"


def test_a_batch_that_is_passed_over_is_left_alone(db: Database) -> None:
    first, second = submit(db, short=True), submit(db, short=True)
    assert of(short(db, passed_over={(first.id, "batch-000000")}), second)
    assert short(db, passed_over={(first.id, "batch-000000")}) is None
    assert of(short(db, passed_over={(first.id, "another batch")}), first)


@pytest.mark.parametrize(("queue", "device"), [("cpu", "cuda"), ("gpu", "cpu")])
def test_each_queue_takes_what_may_run_on_it(db: Database, queue: Queue, device: str) -> None:
    elsewhere, anywhere = submit(db, device=device, short=True), submit(db, device="auto", short=True)
    assert of(short(db, queue=queue), anywhere)
    assert short(db, queue=queue) is None
    assert states(db, elsewhere.id) == ["queued"]


def test_a_batch_is_short_again_when_it_is_given_back(db: Database) -> None:
    new = submit(db, short=True)
    lease = short(db)
    assert lease is not None
    with db.write() as conn:
        release(conn, lease)
    assert of(short(db), new)


def test_a_reused_run_whose_source_has_gone_is_what_it_was_planned_as(db: Database) -> None:
    source = submit(db)
    succeed(db, claimed(db).runs)
    taken_over = submit(db, short=True, source_run=source.runs[0].id)
    orphan = submit(db, short=True, source_run="run_gone")
    assert states(db, taken_over.id) == ["succeeded"]
    assert of(short(db), orphan)
