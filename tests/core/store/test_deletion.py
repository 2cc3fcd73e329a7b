"""Deleting an experiment: everything of it goes, nothing of others."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from core.store import (
    Database,
    Frame,
    beat,
    delete_experiment,
    finish,
    get_experiment,
    get_run,
    insert_experiment,
    list_runs,
    load_checkpoints,
    read_artifact,
    read_series,
    read_vectors,
    reclaim,
    save_checkpoints,
    write_frames,
)
from core.store.tables import metadata
from tests.core.store.samples import claimed, experiment, frame, result, rows, submit, vectors

# Two metrics and the steps of three points each, one row of three components and its step, ten bytes of
# state, and a file of seven.
BYTES = 3 * 24 + 32 + 10 + 7


def trained(db: Database, count: int = 1, **changes: object) -> str:
    """An experiment that ran to its end, with frames, vectors, checkpoints and files: its id."""
    new = submit(db, count, **changes)
    lease = claimed(db)
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 1, 2])) for run in lease.runs])
        write_frames(conn, [(run, vectors(rows([1]))) for run in lease.runs])
        save_checkpoints(conn, [(run, 2, b"0123456789") for run in lease.runs], 2)
        finish(conn, [(run, result(artifacts={"a.bin": b"7 bytes"})) for run in lease.runs])
    return new.id


def counted(db: Database) -> dict[str, int]:
    with db.read() as conn:
        return {
            name: count
            for name, table in metadata.tables.items()
            if (count := conn.execute(select(func.count()).select_from(table)).scalar_one())
        }


def test_nothing_of_a_deleted_experiment_stays(db: Database) -> None:
    kept = trained(db)
    before = counted(db)
    gone = trained(db, 3)
    with db.write() as conn:
        freed = delete_experiment(conn, gone)
        assert get_experiment(conn, gone) is None
        assert get_experiment(conn, kept) is not None
    assert counted(db) == before
    assert freed == 3 * BYTES


def test_an_unknown_or_idle_experiment_frees_nothing(db: Database) -> None:
    new = submit(db, 2)
    with db.write() as conn:
        assert delete_experiment(conn, "exp_none") == 0
        assert delete_experiment(conn, new.id) == 0
    assert counted(db) == {}


def test_a_recording_stays_while_any_run_refers_to_it(db: Database) -> None:
    source = trained(db, digest="same")
    with db.read() as conn:
        (old,) = list_runs(conn, source, limit=1)
    reuse = submit(db, digest="same", source_run=old.id)
    with db.write() as conn:
        assert delete_experiment(conn, source) == 0
        run = get_run(conn, reuse.runs[0].id)
        assert run is not None
        assert run.source_run == old.id
        (part,) = read_series(conn, run.recording_id, ["train_error"])
        assert part.values.tolist() == [0.0, 1.0, 2.0]
        assert read_vectors(conn, run.recording_id, "parameters").values.tolist() == [[1.0, 1.125, 1.25]]
        assert read_artifact(conn, run.recording_id, "a.bin") == b"7 bytes"
        assert load_checkpoints(conn, [run.id])[run.id].state == b"0123456789"
        assert delete_experiment(conn, reuse.id) == BYTES
    assert counted(db) == {}


def test_the_worker_of_a_deleted_run_is_fenced(db: Database) -> None:
    new = submit(db)
    lease = claimed(db)
    with db.write() as conn:
        delete_experiment(conn, new.id)
    with db.write() as conn:
        assert write_frames(conn, [(lease.runs[0], frame([0]))]) == {new.runs[0].id}
        assert beat(conn, lease, {}, None, 60).lost == {new.runs[0].id}
    assert counted(db) == {}


def test_space_goes_back_to_the_disk(db: Database) -> None:
    reclaim(db)


def test_the_sqlite_file_shrinks(sqlite_db: Database) -> None:
    db = sqlite_db
    path = Path(db.url.removeprefix("sqlite:///"))
    new = submit(db)
    (run,) = claimed(db).runs
    noise = np.random.default_rng(0).standard_normal((4096, 50))
    names = tuple(f"metric_{i}" for i in range(50))
    with db.write() as conn:
        for start in (0, 4096):
            write_frames(conn, [(run, Frame(np.arange(start, start + 4096), names, noise))])
    reclaim(db)
    full = path.stat().st_size
    with db.write() as conn:
        freed = delete_experiment(conn, new.id)
    reclaim(db)
    assert freed > 3_000_000
    assert full - path.stat().st_size > 0.9 * freed


def test_space_is_given_back_over_connections_that_readers_used(sqlite_db: Database) -> None:
    db = sqlite_db
    experiment = trained(db, 20)
    with db.write() as conn:
        delete_experiment(conn, experiment)
    with ExitStack() as readers:
        # Every connection of the pool was a reader's last.
        for _ in range(5):
            conn = readers.enter_context(db.read())
            conn.execute(select(func.count()).select_from(metadata.tables["runs"])).scalar_one()
    reclaim(db)
    with db.engine.connect() as conn:
        cursor = conn.connection.cursor()
        assert cursor.execute("PRAGMA freelist_count").fetchone() == (0,)
        cursor.close()


def test_two_deletions_at_once_leave_no_recording(db: Database) -> None:
    first = trained(db, 3)
    with db.read() as conn:
        runs = list_runs(conn, first, limit=10)
    shared = experiment(3)
    reused = [replace(run, source_run=source.id) for run, source in zip(shared.runs, runs, strict=True)]
    with db.write() as conn:
        insert_experiment(conn, replace(shared, runs=reused))

    def second() -> int:
        with db.write() as conn:
            return delete_experiment(conn, shared.id)

    with ThreadPoolExecutor(1) as pool:
        with db.write() as conn:
            freed = delete_experiment(conn, first)
            other = pool.submit(second)
            # On PostgreSQL the other is on its way by now; SQLite lets it begin afterwards.
            time.sleep(0.5)
        assert freed + other.result(30) == 3 * BYTES
    assert counted(db) == {}
