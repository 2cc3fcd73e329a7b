"""Runs as a worker would have recorded them, written straight into a database."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.store import (
    Claimed,
    Database,
    Frame,
    NewExperiment,
    NewRun,
    claim,
    insert_experiment,
    new_id,
    open_database,
    upgrade,
    write_frames,
)

FRAME = 4096
"""Points that a worker hands over at once, at most."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An experiment and its runs, all of them in training."""

    experiment: str
    runs: tuple[str, ...]


def record_runs(url: str, runs: int, points: int) -> Recorded:
    """Records `test_error` of so many runs at so many points each."""
    upgrade(url)
    db = open_database(url)
    try:
        found = new_runs(db, runs, points)
        for frame in frames(points):
            with db.write() as conn:
                write_frames(conn, [(run, frame) for run in found])
        return Recorded(found[0].experiment_id, tuple(run.run_id for run in found))
    finally:
        db.dispose()


def new_experiment(runs: int, steps: int, batches: int) -> NewExperiment:
    """An experiment of so many runs, dealt out to so many batches."""
    experiment = new_id("exp_")
    new = [
        NewRun(
            id=new_id("run_"),
            cell=cell,
            seed=cell,
            axes={},
            digest=f"{experiment} {cell}",
            steps=steps,
            device="auto",
            queue="cpu",
            batch_key=str(cell % batches),
        )
        for cell in range(runs)
    ]
    return NewExperiment(experiment, None, (), "sparse_recovery", {}, "digest", new)


def new_runs(db: Database, runs: int, steps: int) -> tuple[Claimed, ...]:
    """The runs of a new experiment, claimed."""
    with db.write() as conn:
        insert_experiment(conn, new_experiment(runs, steps, batches=1))
        lease = claim(conn, queue="cpu", worker="bench", lease_seconds=3600)
    assert lease is not None
    return lease.runs


def frames(points: int, names: tuple[str, ...] = ("test_error",)) -> Iterator[Frame]:
    """An error at every step that falls as a power of the step, with noise; metrics differ by a factor."""
    noise = np.random.default_rng(0).lognormal(0.0, 0.3, FRAME)
    factors = 1.0 + np.arange(len(names))
    for begin in range(0, points, FRAME):
        steps = np.arange(begin, min(begin + FRAME, points), dtype=np.int64)
        error = (1.0 + steps) ** -0.5 * noise[: steps.size]
        yield Frame(steps, names, error[:, None] * factors)
