"""Processes are killed, stopped and frozen; every run still ends with the series of an undisturbed one."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.faults.conftest import open_lab
from tests.faults.lab import LEASE_SECONDS, Lab, alive, whole

LONG = 6_000_000


@pytest.fixture(scope="module")
def calm(shared: Lab) -> str:
    """An undisturbed run to compare with; its id."""
    worker = shared.worker()
    run_id: str = shared.finish(shared.submit(steps=LONG))[0]["id"]
    shared.kill(worker)
    return run_id


@pytest.mark.slow
def test_run_that_was_given_back_and_then_lost_has_the_series_of_an_undisturbed_one(
    shared: Lab, calm: str
) -> None:
    worker = shared.worker()
    experiment = shared.submit(steps=LONG)
    shared.midway(experiment, LONG // 4)
    begin = time.monotonic()
    worker.terminate()
    assert worker.wait(15) == 0
    assert time.monotonic() - begin < 10
    run = shared.runs(experiment)[0]
    assert (run["state"], run["losses"]) == ("queued", 0)
    assert run["step"] > LONG // 4

    worker = shared.worker()
    shared.midway(experiment, LONG // 2)
    shared.kill(worker)
    worker = shared.worker()
    run = shared.finish(experiment)[0]
    shared.kill(worker)
    whole([run], shared)
    assert run["attempt"] == 3
    story = shared.events(run["id"])
    assert (story.count("released"), story.count("lost"), story.count("resumed")) == (1, 1, 2)
    assert shared.series(run["id"]) == shared.series(calm)


@pytest.mark.slow
def test_killed_before_the_first_checkpoint_starts_again(tmp_path: Path, shared: Lab, calm: str) -> None:
    with open_lab("embedded", tmp_path, {"GROKLAB_CHECKPOINT_SECONDS": "3600"}) as lab:
        worker = lab.worker()
        experiment = lab.submit(steps=LONG)
        lab.midway(experiment, LONG // 4)
        lab.kill(worker)
        lab.worker()
        run = lab.finish(experiment)[0]
        assert "restarted" in lab.events(run["id"])
        assert lab.series(run["id"]) == shared.series(calm)


@pytest.mark.slow
def test_killed_child_is_replaced_and_its_run_goes_on(shared: Lab, calm: str) -> None:
    worker = shared.worker()
    experiment = shared.submit(steps=LONG)
    shared.midway(experiment, LONG // 3)
    (child,) = shared.children(worker)
    os.kill(child, signal.SIGKILL)
    run = shared.finish(experiment)[0]
    assert run["attempt"] >= 2
    assert shared.series(run["id"]) == shared.series(calm)
    # The replacement, too, gives its runs back in time.
    experiment = shared.submit(steps=10**9)
    shared.midway(experiment)
    worker.terminate()
    assert worker.wait(15) == 0
    assert shared.runs(experiment)[0]["state"] == "queued"
    shared.post(f"/v1/experiments/{experiment}/cancel")


@pytest.mark.slow
def test_child_whose_parent_was_killed_gives_its_run_back(shared: Lab, calm: str) -> None:
    worker = shared.worker()
    experiment = shared.submit(steps=LONG)
    shared.midway(experiment, LONG // 3)
    (child,) = shared.children(worker)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    shared.until(lambda: not alive(child), 10)
    assert shared.runs(experiment)[0]["state"] == "queued"
    worker = shared.worker()
    run = shared.finish(experiment)[0]
    shared.kill(worker)
    assert shared.series(run["id"]) == shared.series(calm)


@pytest.mark.slow
def test_frozen_worker_that_wakes_after_its_lease_writes_nothing(shared: Lab, calm: str) -> None:
    frozen = shared.worker()
    experiment = shared.submit(steps=LONG)
    shared.midway(experiment, LONG // 4)
    shared.kill(frozen, signal.SIGSTOP)
    other = shared.worker()
    run = shared.finish(experiment)[0]
    before = (run, shared.events(run["id"]), shared.series(run["id"]))
    shared.kill(frozen, signal.SIGCONT)
    time.sleep(2 * LEASE_SECONDS)
    after = shared.runs(experiment)[0]
    assert (after, shared.events(run["id"]), shared.series(run["id"])) == before
    assert before[2] == shared.series(calm)
    shared.kill(frozen)
    shared.kill(other)


@pytest.mark.slow
def test_two_workers_share_500_runs_without_loss_or_repetition(lab: Lab) -> None:
    experiments = [lab.submit(sweep={"seeds": {"count": 25}}, seed=n, steps=1000 + n) for n in range(20)]
    workers = [lab.worker(), lab.worker()]
    for experiment in experiments:
        runs = lab.finish(experiment, 300)
        assert len(runs) == 25
        whole(runs, lab)
        for run in runs:
            assert run["attempt"] == 1
            assert lab.events(run["id"]).count("finished") == 1
    for worker in workers:
        lab.kill(worker)
