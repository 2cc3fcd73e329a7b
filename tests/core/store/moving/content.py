"""Databases with something in every table, numbers that are hard to carry among it."""

import math

import numpy as np
from sqlalchemy import func, insert, select, update

from core.store import (
    Arrival,
    Chunk,
    Database,
    Extent,
    Frame,
    NewDataset,
    NewDelivery,
    NewWebhook,
    beat_worker,
    claim_deliveries,
    create_token,
    encode,
    finish,
    insert_dataset,
    insert_deliveries,
    insert_webhook,
    list_runs,
    new_id,
    remember,
    revoke_token,
    save_checkpoints,
    settle_delivery,
    start_verification,
    store_answer,
    write_frames,
)
from core.store.tables import CONTENT, artifacts, audit, verifications
from tests.core.store.samples import claimed, result, rows, submit, vectors
from tests.worker.batches import bench, take
from tests.worker.batches import submit as ask
from worker.execute import execute

HARD = [0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 0.1, 1.7976931348623157e308]


def train(db: Database) -> None:
    """An experiment that a worker really trains."""
    ask(db, seeds=3)
    execute(bench(db), take(db))


def fill(db: Database) -> str:
    """Finished runs, one in training, queued and reused ones, answers and workers; a finished experiment."""
    hard = submit(
        db, 2, digest="hard", tags=("demo", "größer"), spec={"steps": 1, "β": [math.nan, -math.inf]}
    )
    lease = claimed(db)
    points = np.arange(len(HARD), dtype=np.int64)
    with db.write() as conn:
        for run, signed in zip(lease.runs, (HARD, [-0.0] * len(HARD)), strict=True):
            values = np.array([signed, HARD], np.float64).T
            write_frames(conn, [(run, Frame(points, ("train_error", "test_error"), values))])
            write_frames(conn, [(run, vectors(rows([9], (2, 2))))])
        save_checkpoints(conn, [(run, 9, bytes(range(256))) for run in lease.runs], 9)
        final = {"test_error": math.nan, "train_error": math.inf, "l1_norm": -0.0}
        finish(conn, [(run, result(final=final, artifacts={"a.bin": b"\0\xff"})) for run in lease.runs])
    with db.read() as conn:
        done = list_runs(conn, hard.id, limit=10)
    submit(db, 1, digest="hard", source_run=done[0].id)
    with db.write() as conn:
        assert start_verification(conn, done[1].id, new_id("exp_"), new_id("run_"))
        conn.execute(update(verifications).values(result={"verdict": "equal", "largest": 1e-300}))
        numbers = np.array([0.0, 5e-324, 0.1, 1e100])
        extents = [Extent("inputs", (2, 1), "float64"), Extent("targets", (2,), "int8")]
        labels = {"targets": {"largest": 1e100, "odd": [1, 1e100]}}
        new = NewDataset("content", "größer", extents, labels, 32)
        kept, _ = insert_dataset(conn, new, [Chunk(4, *encode(numbers))])
    submit(db, 1, name=None, datasets=(kept.id,))
    claimed(db)
    submit(db, 5, tags=())
    with db.write() as conn:
        beat_worker(conn, "w1", queue="cpu", host="somewhere", pid=7, state="idle", info={"cores": 2})
        remember(conn, "key", "/v1/experiments", "fingerprint")
        store_answer(conn, "key", "/v1/experiments", 202, {"Location": "/v1"}, b"{}")
        remember(conn, "key", "/v1/other", "fingerprint")
        revoke_token(conn, create_token(conn, "größer", "admin")[0].id)
        conn.execute(insert(audit).values(at=1.5, action="delete", experiment_id=hard.id, data={"bytes": 7}))
        hook = insert_webhook(conn, NewWebhook("https://größer", ("run.t2",), "secret", hard.id, "demo"))
        insert_deliveries(conn, [NewDelivery(f"dlv_{n}", hook.id, "run.t2", n, b"{}") for n in range(2)])
        due = claim_deliveries(conn, 1, 1.5)
        settle_delivery(conn, due[0], Arrival(500, "größer"), None)
    return hard.id


def make_heavy(db: Database, experiment_id: str, files: int) -> None:
    """Adds files of a mebibyte each to the first recording of an experiment."""
    noise = np.random.default_rng(0)
    with db.read() as conn:
        recording = list_runs(conn, experiment_id, limit=1)[0].recording_id
    for number in range(files):
        with db.write() as conn:
            row = {"recording_id": recording, "name": f"{number:04d}.bin", "created_at": 1.5}
            conn.execute(insert(artifacts).values(**row, data=noise.bytes(2**20)))


def counts(db: Database) -> dict[str, int]:
    """Rows of each table."""
    with db.read() as conn:
        return {
            str(table.name): conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in CONTENT
        }


def everything(db: Database) -> dict[str, list[str]]:
    """Every value of every row as Python sees it, -0.0 in numbers apart: SQLite keeps one zero."""
    with db.read() as conn:
        return {
            str(table.name): sorted(
                repr([value + 0.0 if isinstance(value, float) else value for value in row])
                for row in conn.execute(select(table))
            )
            for table in CONTENT
        }
