"""Specs to submit, and a worker that a test plays by hand."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from httpx import Client

from core.store import (
    Claimed,
    Database,
    Finish,
    Frame,
    Lease,
    Vectors,
    claim,
    finish,
    save_checkpoints,
    write_frames,
)

Json = dict[str, Any]

SPEC: Json = {
    "name": "small",
    "tags": ["test"],
    "problem": {"kind": "sparse_recovery", "dimension": 20, "sparsity": 2, "measurements": 8},
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-4},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 100,
    "seed": 7,
}


def spec(**changes: Any) -> Json:
    """The small spec with some fields set; `a__b` sets field b of object a."""
    made = copy.deepcopy(SPEC)
    for path, value in changes.items():
        *parents, last = path.split("__")
        at = made
        for parent in parents:
            at = at[parent]
        at[last] = value
    return made


def sweep(seeds: int = 1, **axes: Sequence[float]) -> Json:
    """The small spec over penalties and seeds."""
    lines = [{"path": f"/regularization/{name}", "values": list(values)} for name, values in axes.items()]
    return spec(sweep={"axes": lines, "seeds": {"start": 0, "count": seeds}})


def submit(client: Client, data: Json | None = None, **headers: str) -> Json:
    """The experiment that the service made of the spec."""
    answer = client.post("/v1/experiments", json=data or SPEC, headers=headers)
    assert answer.status_code == 202, answer.text
    made: Json = answer.json()
    return made


def run_ids(client: Client, experiment: Json) -> list[str]:
    """The runs of the experiment, in cell order."""
    items = client.get(f"/v1/experiments/{experiment['id']}/runs?limit=1000").json()["items"]
    return [item["id"] for item in items]


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Waits until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


class PlayedWorker:
    """What a worker does to the store, without training."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def claim(self, lease_seconds: float = 60.0) -> Lease:
        with self.db.write() as conn:
            lease = claim(conn, queue="cpu", worker="played", lease_seconds=lease_seconds)
        assert lease is not None
        return lease

    def write(self, claimed: Claimed, steps: Sequence[int], **values: Sequence[float]) -> None:
        frame = Frame(
            np.array(steps, dtype=np.int64),
            tuple(values),
            np.array(list(values.values()), dtype=np.float64).T.copy(),
        )
        with self.db.write() as conn:
            assert not write_frames(conn, [(claimed, frame)])

    def write_rows(
        self, claimed: Claimed, metric: str, steps: Sequence[int], values: Sequence[Any], *shape: int
    ) -> None:
        """Rows of a vector metric, each of the shape."""
        column = np.array(steps, dtype=np.int64)
        rows = np.array(values, dtype=np.float64).reshape(len(steps), -1)
        nothing = np.empty(0, dtype=np.int64), (), np.empty((0, 0))
        with self.db.write() as conn:
            frame = Frame(*nothing, (Vectors(metric, shape, column, rows),))
            assert not write_frames(conn, [(claimed, frame)])

    def keep(self, claimed: Claimed, step: int, state: bytes) -> None:
        """A checkpoint."""
        with self.db.write() as conn:
            assert not save_checkpoints(conn, [(claimed, step, state)], step)

    def finish(
        self,
        claimed: Claimed,
        t1: int | None = 10,
        t2: int | None = 60,
        outcome: str = "grokked",
        final: Mapping[str, float] | None = None,
        theory: Json | None = None,
        artifacts: Mapping[str, bytes] | None = None,
        last_step: int | None = None,
    ) -> None:
        end = Finish(
            outcome,
            t1,
            t2,
            None,
            final or {"train_error": 1e-4},
            theory or {"delay": 40.0},
            {"torch": "none"},
            artifacts=artifacts or {},
            last_step=last_step,
        )
        with self.db.write() as conn:
            assert not finish(conn, [(claimed, end)])

    def finish_everything(self, last_step: int | None = None) -> int:
        """Claims and ends whatever is queued, with a checkpoint if `last_step` is told: how many runs."""
        done = 0
        while True:
            with self.db.write() as conn:
                lease = claim(conn, queue="cpu", worker="played", lease_seconds=60)
            if lease is None:
                return done
            for claimed in lease.runs:
                self.write(
                    claimed, range(5), train_error=[1, 0.5, 0.2, 0.1, 0.05], test_error=[1, 1, 1, 1, 1]
                )
                if last_step is not None:
                    self.keep(claimed, last_step, b"state")
                self.finish(claimed, last_step=last_step)
                done += 1
