"""Runs that get more steps end as runs that had them from the start, bit for bit."""

from typing import Any

import pytest

from core.store import Database, find_reusable, list_events
from core.training.linear.compiled import disabled
from tests.worker.batches import bench, runs_of, submit, take
from tests.worker.longer import lengthen, results, series
from worker.execute import execute

PROXIMAL = {"kind": "proximal", "learning_rate": 0.05}
VECTORS = {
    "metrics": ["train_error", "test_error"],
    "parameters_per_decade": 7,
    "per_decade": 11,
    "first": 10,
}
NETWORK: dict[str, Any] = {
    "problem": {"kind": "modular_arithmetic", "modulus": 7, "train_fraction": 0.6},
    "model": {"kind": "encoder_decoder", "embedding": 16, "hidden": [16]},
    "optimizer": {"kind": "adamw", "learning_rate": 0.02, "weight_decay": 0.1},
    "regularization": {},
    "record": {"per_decade": 10, "first": 5, "checkpoints": "powers_of_two"},
}
CASES: dict[str, dict[str, Any]] = {
    "compiled loop": {},
    "closed form": {"regularization": {"l2_squared": 1e-3}},
    "jumps": {"optimizer": PROXIMAL, "engine": "exact_jump"},
    "own schedule of parameters": {"record": VECTORS},
    "vectors at every record": {
        "record": {"metrics": ["test_error", "parameters"], "per_decade": 9, "first": 3}
    },
    "deep": {"model": {"kind": "linear", "depth": 2, "init": {"kind": "constant", "scale": 0.1}}},
    "float32": {"precision": "float32"},
    "matrices": {
        "problem": {"kind": "matrix_completion", "rows": 6, "columns": 5, "measurements": 20},
        "regularization": {"nuclear": 1e-3},
    },
    "matrices, proximal": {
        "problem": {"kind": "matrix_sensing", "rows": 5, "columns": 6, "measurements": 22},
        "regularization": {"nuclear": 1e-3},
        "optimizer": PROXIMAL,
    },
    "network": NETWORK,
    "network refined": {**NETWORK, "record": {"per_decade": 10, "refine_crossings": True}},
    "network in batches of data": {
        **NETWORK,
        "optimizer": {"kind": "sgd", "learning_rate": 0.1, "momentum": 0.9, "batch_size": 8},
    },
    "cosine starts afresh": {
        **NETWORK,
        "optimizer": {"kind": "adamw", "learning_rate": 0.02, "schedule": {"kind": "cosine"}},
    },
}


def train(db: Database) -> None:
    execute(bench(db), take(db))


def same(db: Database, one: list[str], other: list[str]) -> None:
    assert results(db, one) == results(db, other)
    for a, b in zip(runs_of(db, one), runs_of(db, other), strict=True):
        found, wanted = series(db, a), series(db, b)
        assert found.keys() == wanted.keys()
        for metric, (steps, values) in wanted.items():
            assert found[metric][0].tobytes() == steps.tobytes(), metric
            assert found[metric][1].tobytes() == values.tobytes(), metric


@pytest.mark.parametrize("fields", CASES.values(), ids=CASES)
@pytest.mark.parametrize("before", [777, 1000])
def test_a_longer_run_is_one_trained_at_once(db: Database, fields: dict[str, Any], before: int) -> None:
    """One of the steps before is on every schedule, the other on none."""
    ids = submit(db, seeds=2, **fields, steps=before)
    train(db)
    assert lengthen(db, ids, 2500) == ids
    train(db)
    at_once = submit(db, seeds=2, **fields, steps=2500)
    train(db)
    same(db, ids, at_once)


def test_without_compiled_steps_too(db: Database) -> None:
    with disabled():
        test_a_longer_run_is_one_trained_at_once(db, {}, 777)


def test_a_run_may_be_extended_again_and_again(db: Database) -> None:
    ids = submit(db, steps=300)
    train(db)
    for steps in (301, 640, 2000):
        lengthen(db, ids, steps)
        train(db)
    at_once = submit(db, steps=2000)
    train(db)
    same(db, ids, at_once)
    (run,) = runs_of(db, ids)
    with db.read() as conn:
        events = list_events(conn, run.id)
    assert [e.data for e in events if e.kind == "extended"] == [
        {"steps": 301, "before": 300},
        {"steps": 640, "before": 301},
        {"steps": 2000, "before": 640},
    ]
    assert [e.data["step"] for e in events if e.kind == "resumed"] == [300, 301, 640]


def test_a_run_that_begins_to_jump_starts_afresh(db: Database) -> None:
    fields: dict[str, Any] = {"optimizer": PROXIMAL}
    ids = submit(db, steps=2000, **fields)
    train(db)
    lengthen(db, ids, 3_000_000)
    train(db)
    at_once = submit(db, steps=3_000_000, **fields)
    train(db)
    same(db, ids, at_once)
    with db.read() as conn:
        assert "restarted" in [event.kind for event in list_events(conn, ids[0])]


def test_members_that_ended_by_a_rule_keep_their_place_in_the_batch(db: Database) -> None:
    fields: dict[str, Any] = {
        "stop": {"when_generalised": True},
        "detect": {"test_threshold": 0.5},
        "regularization": {"l1": 1e-2},
        "precision": "float32",
    }
    ids = submit(db, seeds=8, steps=150, **fields)
    train(db)
    early = [run.id for run in runs_of(db, ids) if run.step < run.steps]
    assert 0 < len(early) < len(ids)
    going = lengthen(db, ids, 3000)
    assert set(going) == set(ids) - set(early)
    assert [run.steps for run in runs_of(db, ids) if run.id in early] == [150] * len(early)
    train(db)
    at_once = submit(db, seeds=8, steps=3000, **fields)
    train(db)
    for one, other in zip(runs_of(db, ids), runs_of(db, at_once), strict=True):
        assert (one.outcome, one.step, one.t1, one.t2) == (other.outcome, other.step, other.t1, other.t2)
        found, wanted = series(db, one), series(db, other)
        assert all(found[m][1].tobytes() == values.tobytes() for m, (_, values) in wanted.items())


def test_a_run_without_a_kept_state_starts_afresh(db: Database) -> None:
    ids = submit(db, steps=300)
    train(db)
    with db.write() as conn:
        conn.exec_driver_sql("DELETE FROM checkpoints")
    lengthen(db, ids, 900)
    train(db)
    at_once = submit(db, steps=900)
    train(db)
    same(db, ids, at_once)


def test_the_digest_of_a_longer_run_is_that_of_its_result(db: Database) -> None:
    ids = submit(db, steps=300)
    train(db)
    before = runs_of(db, ids)[0].digest
    lengthen(db, ids, 900)
    with db.read() as conn:
        assert find_reusable(conn, [before]) == {}
    train(db)
    after = runs_of(db, ids)[0].digest
    with db.read() as conn:
        assert find_reusable(conn, [before, after]) == {after: ids[0]}
