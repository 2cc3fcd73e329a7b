"""Who works, and what waits."""

from core.store import (
    Database,
    beat_worker,
    forget_dead_workers,
    forget_worker,
    list_workers,
    queue_depth,
)
from tests.core.store.samples import claimed, submit


def test_a_worker_is_listed_as_it_last_told(db: Database) -> None:
    with db.write() as conn:
        beat_worker(conn, "w1", queue="cpu", host="ada", pid=7, state="idle")
        (first,) = list_workers(conn, 60)
        beat_worker(conn, "w1", queue="cpu", host="ada", pid=7, state="busy", info={"runs": 3})
        beat_worker(conn, "w2", queue="gpu", host="bob", pid=8, state="idle")
        busy, idle = list_workers(conn, 60)
    assert (first.state, first.info) == ("idle", {})
    assert (busy.id, busy.queue, busy.host, busy.pid) == ("w1", "cpu", "ada", 7)
    assert (busy.state, busy.info, busy.started_at) == ("busy", {"runs": 3}, first.started_at)
    assert busy.beat_at >= first.beat_at
    assert (idle.id, idle.queue) == ("w2", "gpu")


def test_a_silent_worker_is_not_alive_and_forgotten_later(db: Database) -> None:
    with db.write() as conn:
        for name in ("silent", "alive"):
            beat_worker(conn, name, queue="cpu", host="ada", pid=7, state="idle")
        conn.exec_driver_sql("UPDATE workers SET beat_at = beat_at - 100 WHERE id = 'silent'")
        assert [worker.id for worker in list_workers(conn, 60)] == ["alive"]
        assert {worker.id for worker in list_workers(conn, 200)} == {"alive", "silent"}
        assert forget_dead_workers(conn, 200) == 0
        assert forget_dead_workers(conn, 60) == 1
        assert {worker.id for worker in list_workers(conn, 200)} == {"alive"}


def test_a_worker_that_leaves_is_forgotten(db: Database) -> None:
    with db.write() as conn:
        beat_worker(conn, "w1", queue="cpu", host="ada", pid=7, state="idle")
        forget_worker(conn, "w1")
        forget_worker(conn, "w1")
        assert list_workers(conn, 60) == []


def test_empty_queues_are_told_too(db: Database) -> None:
    with db.read() as conn:
        cpu, gpu = queue_depth(conn)
    assert (cpu.queue, cpu.queued_runs, cpu.queued_batches, cpu.oldest_seconds) == ("cpu", 0, 0, None)
    assert (gpu.queue, gpu.queued_runs, gpu.queued_batches, gpu.oldest_seconds) == ("gpu", 0, 0, None)


def test_what_waits_is_counted_by_run_and_batch(db: Database) -> None:
    old = submit(db, 5, batch=2)
    submit(db, 3, batch=2)
    submit(db, 2, queue="gpu", device="cuda")
    with db.write() as conn:
        conn.exec_driver_sql(f"UPDATE experiments SET created_at = created_at - 100 WHERE id = '{old.id}'")
    claimed(db)
    with db.read() as conn:
        cpu, gpu = queue_depth(conn)
    assert (cpu.queued_runs, cpu.queued_batches) == (6, 4)
    assert (gpu.queued_runs, gpu.queued_batches) == (2, 1)
    assert cpu.oldest_seconds is not None
    assert gpu.oldest_seconds is not None
    assert 100 <= cpu.oldest_seconds < 160
    assert 0 <= gpu.oldest_seconds < 60
