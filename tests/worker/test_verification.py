"""Runs that are trained once more: in the batch that they were trained in, to the same bits."""

from typing import Any

import pytest
from sqlalchemy import select

from core.store import (
    Database,
    Verification,
    find_reusable,
    get_run,
    get_verification,
    new_id,
    start_verification,
)
from core.store.tables import experiments
from tests.worker.batches import bench, runs_of, submit, take
from tests.worker.longer import lengthen
from tests.worker.test_extension import CASES
from worker.execute import execute

NAMES = ["compiled loop", "closed form", "jumps", "deep", "float32", "network", "network in batches of data"]


def train(db: Database) -> None:
    execute(bench(db), take(db))


def verify(db: Database, run_id: str) -> Verification:
    verifying = new_id("run_")
    with db.write() as conn:
        assert start_verification(conn, run_id, new_id("exp_"), verifying)
    train(db)
    with db.read() as conn:
        found = get_verification(conn, run_id, verifying)
    assert found is not None
    assert found.state == "succeeded", found.message
    return found


def verdict(db: Database, run_id: str) -> str:
    found = verify(db, run_id).result
    assert found is not None
    said: str = found["verdict"]
    return said


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_equal_to_its_repetition(db: Database, name: str) -> None:
    ids = submit(db, seeds=3, **CASES[name], steps=600)
    train(db)
    before = runs_of(db, ids)
    assert verdict(db, ids[1]) == "equal"
    assert runs_of(db, ids) == before


def test_members_that_ended_early_leave_the_batch_where_they_did(db: Database) -> None:
    fields: dict[str, Any] = {
        "stop": {"when_generalised": True},
        "detect": {"test_threshold": 0.5},
        "regularization": {"l1": 1e-2},
        "precision": "float32",
    }
    ids = submit(db, seeds=8, steps=3000, **fields)
    train(db)
    assert len({run.step for run in runs_of(db, ids)}) > 2
    assert {verdict(db, run_id) for run_id in ids} == {"equal"}


def test_an_extended_run_is_one_that_is_trained_at_once(db: Database) -> None:
    ids = submit(db, seeds=2, steps=300)
    train(db)
    lengthen(db, ids[:1], 900)
    train(db)
    assert [verdict(db, run_id) for run_id in ids] == ["equal", "equal"]


def test_another_number_is_found(db: Database) -> None:
    ids = submit(db, seeds=2, steps=600)
    train(db)
    with db.write() as conn:
        spec = conn.execute(select(experiments.c.spec)).scalar_one()
        spec["optimizer"]["learning_rate"] = 0.101
        conn.execute(experiments.update().values(spec=spec))
    found = verify(db, ids[0])
    assert found.result is not None
    assert found.result["verdict"] == "differs"
    assert found.result["first"]["step"] >= 1


def test_the_digest_of_a_verification_is_nobodys(db: Database) -> None:
    ids = submit(db)
    train(db)
    found = verify(db, ids[0])
    with db.read() as conn:
        verifying, run = get_run(conn, found.id), get_run(conn, ids[0])
        assert verifying is not None
        assert run is not None
        assert find_reusable(conn, [run.digest, verifying.digest]).get(run.digest) == run.id
    assert verifying.digest != run.digest
