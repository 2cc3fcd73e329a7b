"""Many workers at once: nothing is claimed twice, split, lost or deadlocked."""

import multiprocessing
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import text

from core.store import (
    Database,
    Lease,
    beat,
    cancel_experiment,
    claim,
    counts,
    delete_experiment,
    finish,
    get_experiment,
    insert_experiment,
    list_events,
    list_runs,
    note_crossings,
    open_database,
    reap,
    release,
    resume,
    save_checkpoints,
    write_frames,
)
from tests.core.store.samples import claimed, experiment, frame, result, submit

T = TypeVar("T")


def all_at_once(count: int, work: Callable[[int], T]) -> list[T]:
    """The answers of `count` threads that begin together."""
    together = threading.Barrier(count)

    def begin(number: int) -> T:
        together.wait(30)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def claim_all(db: Database, worker: str) -> list[Lease]:
    leases: list[Lease] = []
    while True:
        with db.write() as conn:
            lease = claim(conn, queue="cpu", worker=worker, lease_seconds=60)
        if lease is None:
            return leases
        leases.append(lease)


def claim_in_process(url: str, number: int, answers: "multiprocessing.Queue[list[list[str]]]") -> None:
    db = open_database(url)
    leases = claim_all(db, f"w{number}")
    db.dispose()
    answers.put([[run.run_id for run in lease.runs] for lease in leases])


def assert_each_batch_once(batches: list[list[str]], planned: list[list[str]]) -> None:
    assert max(Counter(run for batch in batches for run in batch).values()) == 1
    assert sorted(batches) == sorted(planned)


def test_threads_claim_each_batch_once_and_whole(db: Database) -> None:
    news = [submit(db, 60, batch=6) for _ in range(2)]
    leases = all_at_once(8, lambda number: claim_all(db, f"w{number}"))
    planned = [[run.id for run in new.runs[start : start + 6]] for new in news for start in range(0, 60, 6)]
    assert_each_batch_once([[run.run_id for run in lease.runs] for mine in leases for lease in mine], planned)


def test_processes_claim_each_batch_once_and_whole(db: Database) -> None:
    new = submit(db, 80, batch=4)
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[list[list[str]]] = context.Queue()
    workers = [
        context.Process(target=claim_in_process, args=(db.url, number, answers)) for number in range(3)
    ]
    for worker in workers:
        worker.start()
    batches = [batch for _ in workers for batch in answers.get(timeout=60)]
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * 3
    assert_each_batch_once(
        batches, [[run.id for run in new.runs[start : start + 4]] for start in range(0, 80, 4)]
    )


def test_one_big_batch_goes_to_one_worker(db: Database) -> None:
    new = submit(db, 400, batch=400)
    leases = all_at_once(8, lambda number: claim_all(db, f"w{number}"))
    assert sorted(len(mine) for mine in leases) == [0] * 7 + [1]
    assert sum(len(lease.runs) for mine in leases for lease in mine) == len(new.runs)


def test_a_claim_under_way_hides_its_batch_but_not_the_next(postgres_db: Database) -> None:
    submit(postgres_db, 4, batch=2)

    def claimed_without_waiting(worker: str) -> Lease | None:
        with postgres_db.write() as conn:
            conn.execute(text("SET LOCAL lock_timeout = '5s'"))
            return claim(conn, queue="cpu", worker=worker, lease_seconds=60)

    with postgres_db.write() as slow:
        first = claim(slow, queue="cpu", worker="w1", lease_seconds=60)
        second = claimed_without_waiting("w2")
        assert claimed_without_waiting("w3") is None
    assert first is not None
    assert second is not None
    assert [run.cell for run in first.runs + second.runs] == [0, 1, 2, 3]


def test_a_claim_that_rolls_back_leaves_its_batch_to_others(db: Database) -> None:
    submit(db, 2)

    def crash() -> None:
        with db.write() as conn:
            assert claim(conn, queue="cpu", worker="w1", lease_seconds=60) is not None
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        crash()
    assert [run.attempt for run in claimed(db, worker="w2").runs] == [1, 1]


def test_reapers_at_once_count_each_loss_once(db: Database) -> None:
    new = submit(db, 200, batch=200)
    claimed(db, seconds=-1)

    def sweep(_: int) -> int:
        with db.write() as conn:
            return reap(conn, 10).requeued

    assert sum(all_at_once(6, sweep)) == 200
    with db.read() as conn:
        assert {run.losses for run in list_runs(conn, new.id, limit=200)} == {1}


def test_a_cancel_catches_runs_that_are_just_being_claimed_or_released(db: Database) -> None:
    for _ in range(3):
        new = submit(db, 40, batch=2)
        stop = threading.Event()

        def work(number: int, new_id: str = new.id, stop: threading.Event = stop) -> None:
            while number and not stop.is_set():
                with db.write() as conn:
                    lease = claim(conn, queue="cpu", worker=f"w{number}", lease_seconds=60)
                if lease is not None:
                    with db.write() as conn:
                        release(conn, lease)
            if not number:
                with db.write() as conn:
                    cancel_experiment(conn, new_id)
                stop.set()

        all_at_once(4, work)
        with db.write() as conn:
            found = counts(conn, new.id)
            assert (found["queued"], found["running"]) == (0, 0)
            delete_experiment(conn, new.id)


def test_an_owner_that_finishes_while_the_reaper_runs_either_wins_or_is_fenced(db: Database) -> None:
    for _ in range(8):
        new = submit(db, 20, batch=20)
        lease = claimed(db, seconds=-1)

        def work(number: int, lease: Lease = lease) -> object:
            with db.write() as conn:
                if number:
                    return reap(conn, 10)
                return finish(conn, [(run, result()) for run in lease.runs])

        fenced, _ = all_at_once(2, work)
        with db.write() as conn:
            found = counts(conn, new.id)
            assert found["succeeded"] + found["queued"] == 20
            assert isinstance(fenced, frozenset)
            assert len(fenced) == found["queued"]
            for run in new.runs:
                kinds = [event.kind for event in list_events(conn, run.id)]
                assert kinds[2:] in (["finished"], ["lost"])
            delete_experiment(conn, new.id)


def test_writers_that_name_their_runs_in_different_orders_do_not_deadlock(db: Database) -> None:
    submit(db, 300, batch=300)
    lease = claimed(db)

    def work(number: int) -> None:
        shuffled = replace(lease, runs=tuple(random.Random(number).sample(lease.runs, len(lease.runs))))
        for _ in range(8):
            with db.write() as conn:
                assert beat(conn, shuffled, {}, 1.0, 60).lost == frozenset()

    all_at_once(4, work)


def train(db: Database, number: int) -> None:
    """A worker's life in short, with a cancel, a drain or a lost lease now and then."""
    random_source = random.Random(number)
    while True:
        with db.write() as conn:
            lease = claim(
                conn, queue="cpu", worker=f"w{number}", lease_seconds=random_source.choice([-1, 60])
            )
        if lease is None:
            return
        with db.write() as conn:
            lease = lease.without(resume(conn, lease, {}))
        for step in range(3):
            with db.write() as conn:
                lease = lease.without(write_frames(conn, [(run, frame([step])) for run in lease.runs]))
                note_crossings(conn, [(run, {"t1": step}) for run in lease.runs])
                save_checkpoints(conn, [(run, step, b"state") for run in lease.runs], step)
            with db.write() as conn:
                lease = lease.without(beat(conn, lease, {}, 5.0, random_source.choice([-1, 60, 60])).lost)
        with db.write() as conn:
            if random_source.random() < 0.2:
                release(conn, lease)
            else:
                finish(conn, [(run, result()) for run in reversed(lease.runs)])


def disturb(db: Database, number: int, stop: threading.Event) -> None:
    """Beats, reads, reaps, cancels and deletes across all that the workers do."""
    random_source = random.Random(number)
    while not stop.is_set():
        with db.write() as conn:
            reap(conn, 1000)
        doomed = experiment(10, batch=5)
        with db.write() as conn:
            insert_experiment(conn, doomed)
        with db.write() as conn:
            (cancel_experiment if random_source.random() < 0.5 else delete_experiment)(conn, doomed.id)
        stop.wait(0.01)


def test_nothing_deadlocks_or_gets_lost_in_a_crowd(db: Database) -> None:
    news = [submit(db, 24, batch=8) for _ in range(3)]
    stop = threading.Event()
    with ThreadPoolExecutor(6) as pool:
        disturbers = [pool.submit(disturb, db, number, stop) for number in range(2)]
        for _ in range(20):
            for trainer in [pool.submit(train, db, number) for number in range(4)]:
                trainer.result(60)
            with db.write() as conn:
                reap(conn, 1000)
                found = [get_experiment(conn, new.id) for new in news]
            if all(one is not None and one.state == "succeeded" for one in found):
                break
        stop.set()
        for disturber in disturbers:
            disturber.result(60)
    with db.read() as conn:
        for new in news:
            assert counts(conn, new.id)["succeeded"] == 24
            for run in new.runs:
                kinds = [event.kind for event in list_events(conn, run.id)]
                assert kinds.count("finished") == 1
                assert kinds.count("claimed") == 1 + kinds.count("lost") + kinds.count("released")
