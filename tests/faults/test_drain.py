"""SIGTERM: whatever a worker trains, its runs wait again, with their states, within five seconds."""

import time
from typing import Any

import pytest

from tests.faults import oracle
from tests.faults.lab import Lab

RUNS = 256
BAR_SECONDS = 5.0
STRENGTHS = {"start": 1e-6, "stop": 1e-3, "num": RUNS}
Json = dict[str, Any]


def swept(penalty: str, problem: Json, **fields: Any) -> Json:
    """As many strengths of a penalty as a batch may have runs, with more steps than anybody waits for."""
    return {
        "problem": problem,
        "model": {"kind": "linear"},
        "regularization": {penalty: 1e-5},
        "steps": 10**7,
        "allow_unstable": True,
        "sweep": {"axes": [{"path": f"/regularization/{penalty}", "logspace": STRENGTHS}]},
        **fields,
    }


def sparse(dimension: int, measurements: int) -> Json:
    """Sparse recovery of that size."""
    return {"kind": "sparse_recovery", "dimension": dimension, "measurements": measurements, "sparsity": 5}


def completion(size: int, measurements: int) -> Json:
    """A square matrix of rank 1."""
    return {
        "kind": "matrix_completion",
        "rows": size,
        "columns": size,
        "rank": 1,
        "measurements": measurements,
    }


PROXIMAL = {"kind": "proximal", "learning_rate": 0.1}
EVER = 10**12
KINDS: dict[str, Json] = {
    "vectors": swept("l1", sparse(100, 30)),
    "long vectors": swept("l1", sparse(10_000, 1000)),
    "deep vectors": swept("l1", sparse(1000, 300), model={"kind": "linear", "depth": 3}),
    "jumps": swept("l1", sparse(1000, 300), optimizer=PROXIMAL, steps=EVER),
    "closed form": swept(
        "l2_squared", sparse(3000, 1000), optimizer=PROXIMAL, steps=EVER, record={"per_decade": 1000}
    ),
    "matrices": swept("nuclear", completion(100, 3000)),
    "one large matrix": swept("nuclear", completion(1000, 300_000), sweep=None),
    "pairs": {
        "problem": {"kind": "modular_arithmetic"},
        "model": {"kind": "encoder_decoder"},
        "regularization": {"l2": 1e-6},
        "optimizer": {"kind": "adam", "learning_rate": 1e-3, "batch_size": 2048},
        "steps": 10**6,
    },
    "students": {
        "problem": {"kind": "teacher_student"},
        "model": {"kind": "mlp", "hidden": [500]},
        "regularization": {"l1": 1e-3},
        "optimizer": {"kind": "adam", "learning_rate": 1e-3},
        "steps": 10**6,
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_runs_are_given_back_within_five_seconds(stack_lab: Lab, kind: str) -> None:
    worker = stack_lab.worker()
    experiment = stack_lab.submit(**KINDS[kind])
    stack_lab.midway(experiment)
    time.sleep(2)
    began = time.monotonic()
    worker.terminate()
    worker.wait(60)
    took = time.monotonic() - began
    runs = stack_lab.runs(experiment)
    assert {(run["state"], run["losses"]) for run in runs} == {("queued", 0)}
    assert all(run["step"] > 0 for run in runs if run["attempt"] > 0)
    oracle.check(stack_lab.database, [])
    stack_lab.post(f"/v1/experiments/{experiment}/cancel")
    assert took < BAR_SECONDS
