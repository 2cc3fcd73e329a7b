"""Experiments as the API stores them, claimed as a worker does, for tests."""

from typing import Any

from core.spec import canonical, digest, expand, parse_spec, plan
from core.store import (
    Database,
    Lease,
    NewExperiment,
    NewRun,
    Run,
    claim,
    get_run,
    insert_experiment,
    list_runs,
    new_id,
)
from worker.bench import Bench
from worker.settings import Settings
from worker.shutdown import Shutdown

SPEC: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery", "dimension": 20, "sparsity": 2, "measurements": 10},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-4},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 500,
}
LEASE_SECONDS = 2.0


def submit(db: Database, seeds: int = 1, *, short: bool = False, **fields: Any) -> list[str]:
    """Stores an experiment of one batch, which need not be what `short` says; its run ids in cell order."""
    spec = parse_spec({**SPEC, "sweep": {"seeds": {"count": seeds}}, **fields})
    cells = expand(spec)
    assert len(plan(cells)) == 1
    runs = [
        NewRun(
            id=new_id("run_"),
            cell=c.index,
            seed=c.seed,
            axes=c.axes,
            digest=digest(c.spec),
            steps=spec.steps,
            device=spec.device,
            queue="cpu",
            batch_key="0",
            short=short,
        )
        for c in cells
    ]
    with db.write() as conn:
        insert_experiment(
            conn,
            NewExperiment(new_id("exp_"), None, (), spec.problem.kind, canonical(spec), digest(spec), runs),
        )
    return [run.id for run in runs]


def take(db: Database, worker: str = "host:1:abc") -> Lease:
    """Claims the only batch that waits."""
    with db.write() as conn:
        lease = claim(conn, queue="cpu", worker=worker, lease_seconds=LEASE_SECONDS)
    assert lease is not None
    return lease


def bench(db: Database, shutdown: Shutdown | None = None, **settings: Any) -> Bench:
    """A worker process's tools."""
    given = {"lease_seconds": LEASE_SECONDS, "state_dir": "/nonexistent", **settings}
    return Bench(Settings(**given), db, "cpu", shutdown or Shutdown())


def runs_of(db: Database, run_ids: list[str]) -> list[Run]:
    """The runs as they stand, in cell order."""
    with db.read() as conn:
        first = get_run(conn, run_ids[0])
        assert first is not None
        return list_runs(conn, first.experiment_id, limit=1000)
