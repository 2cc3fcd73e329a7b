"""Experiments, frames and results to store."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.store import (
    Claimed,
    Database,
    Finish,
    Frame,
    Lease,
    NewExperiment,
    NewRun,
    Queue,
    State,
    Vectors,
    claim,
    finish,
    insert_experiment,
    list_runs,
    new_id,
)


def experiment(count: int = 1, *, batch: int = 100, **changes: Any) -> NewExperiment:
    """An experiment of `count` runs, `batch` of them planned together."""
    fields = dict(
        device="auto", queue="cpu", steps=1000, source_run=None, digest=new_id("digest_"), short=False
    )
    given = {name: changes.pop(name, default) for name, default in fields.items()}
    digest = given.pop("digest")
    runs = [
        NewRun(
            id=new_id("run_"),
            cell=cell,
            seed=cell,
            axes={"/regularization/l1": 1e-5 * cell},
            batch_key=f"batch-{cell // batch:06d}",
            digest=f"{digest}-{cell}",
            **given,
        )
        for cell in range(count)
    ]
    described = dict(name="l1 groks", tags=("demo",), problem="sparse_recovery", spec={"steps": 1000})
    return NewExperiment(id=new_id("exp_"), digest=digest, runs=runs, **{**described, **changes})


def submit(db: Database, count: int = 1, **changes: Any) -> NewExperiment:
    """Store an experiment of `count` runs."""
    new = experiment(count, **changes)
    with db.write() as conn:
        insert_experiment(conn, new)
    return new


def claimed(db: Database, *, queue: Queue = "cpu", worker: str = "w1", seconds: float = 60.0) -> Lease:
    """A claim that must find something."""
    with db.write() as conn:
        lease = claim(conn, queue=queue, worker=worker, lease_seconds=seconds)
    assert lease is not None
    return lease


def frame(steps: Sequence[int], *names: str, offset: float = 0.0) -> Frame:
    """Points whose values follow from their step and metric."""
    names = names or ("train_error", "test_error")
    column = np.array(steps, np.int64)
    values = np.stack([column + 0.25 * j + offset for j in range(len(names))], axis=1).astype(np.float64)
    return Frame(column, names, values)


def rows(
    steps: Sequence[int], shape: tuple[int, ...] = (3,), name: str = "parameters", offset: float = 0.0
) -> Vectors:
    """Rows whose components follow from their step and place."""
    column = np.array(steps, np.int64)
    values = column[:, None] + np.arange(math.prod(shape)) / 8 + offset
    return Vectors(name, shape, column, values)


def vectors(*new: Vectors) -> Frame:
    """A frame without points."""
    return Frame(np.empty(0, np.int64), (), np.empty((0, 0)), new)


def result(outcome: str = "grokked", **changes: Any) -> Finish:
    """What a training may have found."""
    found = dict(t1=10, t2=500, diverged_at=None, final={"test_error": 1e-4}, theory={"delay": 480.0})
    return Finish(outcome, provenance={"device": "cpu"}, **{**found, **changes})


def succeed(db: Database, runs: Sequence[Claimed]) -> None:
    """Finish runs that are still ours."""
    with db.write() as conn:
        assert finish(conn, [(run, result()) for run in runs]) == frozenset()


def states(db: Database, experiment_id: str) -> list[State]:
    """The states of an experiment's runs in cell order."""
    with db.read() as conn:
        return [run.state for run in list_runs(conn, experiment_id, limit=100_000)]
