"""The bars: thousands of runs under fire, no false alarm at full load, a dead worker found in time."""

import os
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.store import list_events
from core.store.clock import now
from core.store.tables import run_events
from tests.faults import oracle
from tests.faults.conftest import STACKS, open_lab
from tests.faults.lab import Lab
from tests.faults.sweeps import SWEEP

EXPERIMENTS, RUNS_EACH, STEPS = 20, 100, 40_000
WORKERS, KILL_SECONDS, LEAST_KILLS = 4, 5.0, 3
SOAK_VARIABLE, SOAK_DEFAULT = "GROKLAB_TEST_SOAK_SECONDS", 600.0
DETECTED_SECONDS = {"60": 60.0, "2": 10.0}
"""By the lease in seconds; the short one leaves room for a slow machine."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_thousand_runs_and_a_kill_every_five_seconds(lab: Lab) -> None:
    workers = [lab.worker() for _ in range(WORKERS)]
    seeds = {"count": RUNS_EACH}
    asked = [
        lab.submit(seed=n, steps=STEPS + n, sweep={"seeds": seeds}, engine="loop") for n in range(EXPERIMENTS)
    ]
    dice, kills = random.Random(0), 0
    killed_at = time.monotonic()
    waiting = list(asked)
    while waiting:
        if time.monotonic() - killed_at >= KILL_SECONDS:
            victim = dice.randrange(WORKERS)
            lab.kill(workers[victim])
            workers[victim].wait()
            killed_at, kills = time.monotonic(), kills + 1
            workers[victim] = lab.start("worker", "--concurrency", "1")
        found = lab.ask(f"/v1/experiments/{waiting[0]}")
        if found is not None and found["state"] not in ("queued", "running"):
            waiting.pop(0)
        time.sleep(0.1)
    assert kills >= LEAST_KILLS, f"over after {kills} kills"
    oracle.check(lab.database, asked)
    with lab.database.read() as conn:
        ended = select(func.count()).where(run_events.c.kind == "finished")
        assert conn.execute(ended).scalar_one() == EXPERIMENTS * RUNS_EACH


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("stack", STACKS)
def test_no_live_worker_is_declared_dead_at_full_load(stack: str, tmp_path: Path) -> None:
    seconds = float(os.environ.get(SOAK_VARIABLE, SOAK_DEFAULT))
    with open_lab(
        stack, tmp_path, {"GROKLAB_LEASE_SECONDS": "60", "GROKLAB_CHECKPOINT_SECONDS": "60"}
    ) as lab:
        lab.worker(concurrency=2)
        names = {worker["id"] for worker in lab.workers()}
        end, asked = time.monotonic() + seconds, [_load(lab, 0), _load(lab, 1)]
        while time.monotonic() < end:
            # Always one that waits, so that both processes have work at every moment.
            if not _waiting(lab):
                asked.append(_load(lab, len(asked)))
            assert {worker["id"] for worker in lab.workers()} == names
            time.sleep(1)
        for experiment in asked:
            lab.finish(experiment, 600)
        oracle.check(lab.database, asked)
        with lab.database.read() as conn:
            lost = select(func.count()).where(run_events.c.kind.in_(["lost", "released"]))
            assert conn.execute(lost).scalar_one() == 0


def _load(lab: Lab, number: int) -> str:
    """Two hundred runs that both processes share."""
    return lab.submit(seed=number, steps=300_000, sweep=SWEEP, engine="loop")


def _waiting(lab: Lab) -> bool:
    return any(queue["queued_runs"] for queue in lab.get("/v1/queue")["items"])


@pytest.mark.slow
@pytest.mark.parametrize("lease", DETECTED_SECONDS)
@pytest.mark.parametrize("stack", STACKS)
def test_dead_worker_is_found_in_time(stack: str, lease: str, tmp_path: Path) -> None:
    with open_lab(stack, tmp_path, {"GROKLAB_LEASE_SECONDS": lease}) as lab:
        worker = lab.worker()
        experiment = lab.submit(steps=10**9)
        run = lab.midway(experiment)
        lab.kill(worker)
        died = _clock(lab)
        lab.until(lambda: lab.runs(experiment)[0]["state"] == "queued", 120)
        with lab.database.read() as conn:
            (lost,) = [event for event in list_events(conn, run["id"]) if event.kind == "lost"]
        assert lost.at.timestamp() - died <= DETECTED_SECONDS[lease]


def _clock(lab: Lab) -> float:
    """Seconds on the clock of the database."""
    with lab.database.read() as conn:
        seconds: float = conn.execute(select(now())).scalar_one()
    return seconds
