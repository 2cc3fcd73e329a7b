"""Retention: what ended long ago goes, with its space; what is young, alive or reused stays."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, text

import core.store.retention as retention
from core.store import (
    TERMINAL,
    Database,
    ExperimentState,
    Frame,
    cancel_experiment,
    get_experiment,
    get_run,
    list_runs,
    read_series,
    write_frames,
)
from core.store.retention import Pruned, disk_bytes, foresee, prune
from core.store.tables import recordings
from tests.core.store.samples import claimed, submit, succeed
from tests.core.store.test_deletion import BYTES, counted, trained

ENDED: tuple[ExperimentState, ...] = ("succeeded", "failed", "cancelled")
HOUR = 3600.0


def age(db: Database, experiment_id: str, hours: float, cells: int = 100_000) -> None:
    """Makes the first cells of an experiment end so many hours earlier."""
    with db.write() as conn:
        conn.execute(
            text("UPDATE runs SET finished_at = finished_at - :s WHERE experiment_id = :id AND cell < :n"),
            {"s": hours * HOUR, "id": experiment_id, "n": cells},
        )


def test_what_ended_long_ago_goes_and_the_rest_stays(db: Database) -> None:
    old, young, partly = trained(db, 3), trained(db), trained(db, 2)
    age(db, old, 2)
    age(db, partly, 2, cells=1)
    expected = Pruned(1, 3, 3, 3 * BYTES)
    assert foresee(db, HOUR, ENDED) == expected
    assert prune(db, HOUR, ENDED) == expected
    assert prune(db, HOUR, ENDED) == Pruned(0, 0, 0, 0)
    with db.read() as conn:
        assert get_experiment(conn, old) is None
        assert all(get_experiment(conn, kept) is not None for kept in (young, partly))
    age(db, young, 2)
    age(db, partly, 2)
    prune(db, HOUR, ENDED)
    assert counted(db) == {"audit": 3}, "the three deletions stay told, and nothing else"


def test_experiments_that_are_not_over_stay(db: Database) -> None:
    waiting = submit(db, 3, batch=1)
    succeed(db, claimed(db).runs)
    claimed(db)
    age(db, waiting.id, 1000)
    assert foresee(db, HOUR, ENDED) == prune(db, HOUR, ENDED) == Pruned(0, 0, 0, 0)
    with db.read() as conn:
        states = [run.state for run in list_runs(conn, waiting.id, limit=9)]
    assert states == ["succeeded", "running", "queued"]


def test_a_state_chooses(db: Database) -> None:
    done = trained(db)
    stopped = submit(db, 2)
    with db.write() as conn:
        cancel_experiment(conn, stopped.id)
    for experiment in (done, stopped.id):
        age(db, experiment, 2)
    assert prune(db, HOUR, ["failed"]) == Pruned(0, 0, 0, 0)
    assert prune(db, HOUR, ["cancelled"]).runs == 2
    with db.read() as conn:
        assert get_experiment(conn, done) is not None
        assert get_experiment(conn, stopped.id) is None
    assert set(ENDED) == set(TERMINAL)


def test_a_recording_stays_while_a_younger_run_uses_it(db: Database) -> None:
    source = trained(db, digest="same")
    with db.read() as conn:
        (old,) = list_runs(conn, source, limit=1)
    reuse = submit(db, digest="same", source_run=old.id)
    age(db, source, 2)
    expected = Pruned(1, 1, 0, 0)
    assert foresee(db, HOUR, ENDED) == expected
    assert prune(db, HOUR, ENDED) == expected
    with db.read() as conn:
        run = get_run(conn, reuse.runs[0].id)
        assert run is not None
        (part,) = read_series(conn, run.recording_id, ["train_error"])
    assert part.values.tolist() == [0.0, 1.0, 2.0]
    age(db, reuse.id, 2)
    assert prune(db, HOUR, ENDED) == Pruned(1, 1, 1, BYTES)
    assert counted(db) == {"audit": 2}, "both deletions stay told, and nothing else"


def test_recordings_that_lost_their_run_are_swept(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "RECORDINGS_A_STEP", 2)
    monkeypatch.setattr(retention, "_SCANNED_A_LOOK", 3)
    gone, kept = trained(db, 5), trained(db, 4)
    with db.write() as conn:
        conn.execute(text("DELETE FROM experiments WHERE id = :id"), {"id": gone})
    expected = Pruned(0, 0, 5, 5 * BYTES)
    assert foresee(db, HOUR, ENDED) == expected
    assert prune(db, HOUR, ENDED) == expected
    with db.read() as conn:
        mine = {run.recording_id for run in list_runs(conn, kept, limit=9)}
        assert set(conn.scalars(select(recordings.c.id))) == mine


def test_space_is_given_back(db: Database) -> None:
    new = submit(db)
    (run,) = claimed(db).runs
    noise = np.random.default_rng(0).standard_normal((4096, 50))
    names = tuple(f"metric_{i}" for i in range(50))
    with db.write() as conn:
        for start in (0, 4096):
            write_frames(conn, [(run, Frame(np.arange(start, start + 4096), names, noise))])
    succeed(db, [run])
    age(db, new.id, 2)
    before = disk_bytes(db)
    freed = prune(db, HOUR, ENDED).bytes_freed
    assert freed > 3_000_000
    assert before - disk_bytes(db) > 0.9 * freed
    if db.dialect == "sqlite":
        assert Path(db.url.removeprefix("sqlite:///")).stat().st_size == disk_bytes(db)
