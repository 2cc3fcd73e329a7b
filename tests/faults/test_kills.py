"""kill -9 of each kind of process, and a long freeze, in the middle of a sweep of two hundred runs."""

import os
import signal

import pytest

from core.store import list_runs
from tests.faults import oracle
from tests.faults.lab import Lab, alive
from tests.faults.sweeps import RUNS, amid, submit_sweep


@pytest.fixture(scope="module")
def calm_sweep(stack_lab: Lab) -> str:
    """The sweep that nobody disturbed."""
    worker = stack_lab.worker()
    experiment = submit_sweep(stack_lab)
    assert len(stack_lab.finish(experiment, 180)) == RUNS
    stack_lab.kill(worker)
    oracle.check(stack_lab.database, [experiment])
    return experiment


def survived(lab: Lab, experiment: str, calm: str) -> int:
    """Waits for the end and checks everything; how many attempts there were beyond the first of each run."""
    lab.finish(experiment, 180)
    oracle.check(lab.database, [experiment, calm])
    oracle.same(lab.database, experiment, calm)
    with lab.database.read() as conn:
        return sum(run.attempt - 1 for run in list_runs(conn, experiment, limit=RUNS))


@pytest.mark.slow
def test_worker_killed_with_all_its_processes(stack_lab: Lab, calm_sweep: str) -> None:
    worker = stack_lab.worker(concurrency=2)
    experiment = submit_sweep(stack_lab)
    amid(stack_lab, experiment)
    stack_lab.kill(worker)
    other = stack_lab.worker()
    assert survived(stack_lab, experiment, calm_sweep) > 0
    stack_lab.kill(other)


def test_child_killed(stack_lab: Lab, calm_sweep: str) -> None:
    worker = stack_lab.worker()
    experiment = submit_sweep(stack_lab)
    amid(stack_lab, experiment)
    (child,) = stack_lab.children(worker)
    os.kill(child, signal.SIGKILL)
    assert survived(stack_lab, experiment, calm_sweep) > 0
    stack_lab.kill(worker)


@pytest.mark.slow
def test_parent_killed(stack_lab: Lab, calm_sweep: str) -> None:
    worker = stack_lab.worker()
    experiment = submit_sweep(stack_lab)
    amid(stack_lab, experiment)
    (child,) = stack_lab.children(worker)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    stack_lab.until(lambda: not alive(child), 30)
    other = stack_lab.worker()
    assert survived(stack_lab, experiment, calm_sweep) > 0
    stack_lab.kill(other)


@pytest.mark.slow
def test_api_killed(stack_lab: Lab, calm_sweep: str) -> None:
    worker = stack_lab.worker()
    experiment = submit_sweep(stack_lab)
    amid(stack_lab, experiment)
    stack_lab.kill(stack_lab.api)
    stack_lab.api.wait()
    stack_lab.restart_api()
    survived(stack_lab, experiment, calm_sweep)
    stack_lab.kill(worker)


@pytest.mark.slow
def test_worker_frozen_for_longer_than_its_lease(stack_lab: Lab, calm_sweep: str) -> None:
    frozen = stack_lab.worker()
    experiment = submit_sweep(stack_lab)
    amid(stack_lab, experiment)
    stack_lab.kill(frozen, signal.SIGSTOP)
    other = stack_lab.worker()
    assert survived(stack_lab, experiment, calm_sweep) > 0
    before = stack_lab.runs(experiment)
    stack_lab.kill(frozen, signal.SIGCONT)
    # Awake again, it finds out what it lost, and takes new work.
    stack_lab.kill(other)
    later = submit_sweep(stack_lab, steps=2000)
    stack_lab.finish(later, 90)
    assert stack_lab.runs(experiment) == before
    oracle.check(stack_lab.database, [experiment, later])
    oracle.same(stack_lab.database, experiment, calm_sweep)
    stack_lab.kill(frozen)
