"""Runs that learn from an uploaded dataset: the very numbers of the same arrays inline."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from api.submission import assemble, check, store
from api.uploads import read_content
from core.store import (
    Database,
    DatasetCache,
    Run,
    insert_dataset,
    list_runs,
    read_artifact,
    read_series,
    summaries,
)
from core.store.tables import dataset_chunks, datasets
from tests.api.archives import npz
from tests.worker.batches import bench, take
from worker.execute import execute

DRAWN = np.random.default_rng(1)
X, TRUTH = DRAWN.normal(size=(8, 12)), np.eye(12)[3]
NUMBERS = {"inputs": X, "targets": X @ TRUTH}
CLASSES = {"inputs": DRAWN.normal(size=(20, 3)), "targets": np.arange(20) % 3}
TESTED = {"test_inputs": DRAWN.normal(size=(6, 3)), "test_targets": np.arange(6) % 3}
LINEAR = {
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-3},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.01},
    "steps": 400,
}
NETWORK = {
    "model": {"kind": "mlp", "hidden": [5]},
    "optimizer": {"kind": "adam", "learning_rate": 0.01, "batch_size": 4},
    "steps": 60,
}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "linear with true parameters": (LINEAR, {**NUMBERS, "true_parameters": TRUTH}, {}),
    "linear with a share to test on": (LINEAR, NUMBERS, {"test_fraction": 0.25}),
    "a network of numbers": (NETWORK, NUMBERS, {"test_fraction": 0.25}),
    "a network of classes": (NETWORK, CLASSES, {"task": "classification", "test_fraction": 0.3}),
    "a network of classes with tests": (NETWORK, {**CLASSES, **TESTED}, {"task": "classification"}),
}


def upload(db: Database, arrays: dict[str, Any], folder: Path) -> str:
    file = io.BytesIO(npz(arrays))
    with read_content(file, None, folder, 2**20) as content, db.write() as conn:
        return insert_dataset(conn, content.new, content.chunks())[0].id


def trained(db: Database, body: dict[str, Any]) -> list[Run]:
    """The runs of a spec, trained to their end, in cell order."""
    made = assemble(check(json.dumps(body).encode(), db, DatasetCache(), 2**40))
    with db.write() as conn:
        store(conn, made)
    execute(bench(db), take(db))
    with db.read() as conn:
        return list_runs(conn, made.experiment.id, limit=10)


@pytest.mark.parametrize("name", CASES)
def test_uploaded_and_inline_data_give_the_same_numbers(db: Database, tmp_path: Path, name: str) -> None:
    method, arrays, more = CASES[name]
    common = {**method, "reuse": False, "sweep": {"seeds": {"count": 2}}}
    inline = {part: array.tolist() for part, array in arrays.items()}
    dataset = upload(db, arrays, tmp_path)
    given = trained(db, {**common, "problem": {"kind": "dataset", **inline, **more}})
    named = trained(db, {**common, "problem": {"kind": "dataset", "dataset": dataset, **more}})
    assert [run.state for run in named] == ["succeeded"] * 2
    for one, other in zip(given, named, strict=True):
        assert (one.outcome, one.t1, one.t2, one.step) == (other.outcome, other.t1, other.t2, other.step)
        assert one.final == other.final
        assert one.theory == other.theory
        with db.read() as conn:
            metrics = [summary.name for summary in summaries(conn, one.recording_id)]
            assert metrics
            for a, b in zip(
                read_series(conn, one.recording_id, metrics),
                read_series(conn, other.recording_id, metrics),
                strict=True,
            ):
                assert np.array_equal(a.steps, b.steps)
                assert a.values.tobytes() == b.values.tobytes(), a.metric
            files = [read_artifact(conn, run.recording_id, "parameters.safetensors") for run in (one, other)]
            assert files[0] == files[1]


def test_a_dataset_that_was_deleted_is_still_learned_from(db: Database, tmp_path: Path) -> None:
    dataset = upload(db, NUMBERS, tmp_path)
    body = {**LINEAR, "reuse": False, "problem": {"kind": "dataset", "dataset": dataset}}
    (first,) = trained(db, body)
    made = assemble(check(json.dumps(body).encode(), db, DatasetCache(), 2**40))
    with db.write() as conn:
        store(conn, made)
        # As a retry finds it, of a run whose dataset was deleted after it had failed.
        conn.execute(update(datasets).values(deleted_at=1.0))
    execute(bench(db), take(db))
    with db.read() as conn:
        (again,) = list_runs(conn, made.experiment.id, limit=10)
    assert (again.state, again.final) == ("succeeded", first.final)


def test_a_damaged_dataset_fails_its_runs(db: Database, tmp_path: Path) -> None:
    dataset = upload(db, NUMBERS, tmp_path)
    with db.write() as conn:
        conn.execute(update(dataset_chunks).values(n=dataset_chunks.c.n - 1))
    body = {**NETWORK, "problem": {"kind": "dataset", "dataset": dataset, "test_fraction": 0.25}}
    (run,) = trained(db, body)
    assert (run.state, run.cause) == ("failed", "internal")
    assert dataset in str(run.message)
