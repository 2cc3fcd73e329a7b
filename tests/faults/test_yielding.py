"""One worker process with a long batch in hand, and a short one that is posted meanwhile."""

import signal
from collections.abc import Iterator

import pytest

from tests.faults.lab import Json, Lab, whole

ENDLESS = 10**9
SHORT, SHORTEST = 1_500_000, 2000
"""Steps of batches that are planned as short: seconds, and less than one."""


@pytest.fixture
def busy(shared: Lab) -> Iterator[str]:
    """The only worker trains an endless experiment; its id."""
    worker = shared.worker()
    experiment = shared.submit(steps=ENDLESS)
    shared.midway(experiment, 20_000)
    yield experiment
    shared.post(f"/v1/experiments/{experiment}/cancel")
    shared.kill(worker)
    shared.until(lambda: shared.runs(experiment)[0]["state"] == "cancelled", 20)


def the_run(lab: Lab, experiment: str) -> Json:
    (run,) = lab.runs(experiment)
    return run


@pytest.mark.slow
def test_it_is_done_while_the_long_one_goes_on_and_loses_nothing(shared: Lab, busy: str) -> None:
    (short,) = shared.finish(shared.submit(steps=SHORTEST), 30)
    whole([short], shared)
    between = the_run(shared, busy)
    assert between["state"] == "running"
    assert between["worker"] == short["worker"]
    shared.midway(busy, between["step"] + 50_000)
    long = the_run(shared, busy)
    assert (long["attempt"], long["losses"]) == (1, 0)
    assert set(shared.events(long["id"])) <= {"created", "claimed", "t1", "t2"}

    # Undisturbed, to the same recorded steps.
    shared.post(f"/v1/experiments/{busy}/cancel")
    shared.finish(busy, 20)
    disturbed = shared.series(long["id"])
    calm = shared.submit(steps=ENDLESS)
    shared.midway(calm, disturbed["test_error"][0][-1])
    shared.post(f"/v1/experiments/{calm}/cancel")
    (run,) = shared.finish(calm, 20)
    for metric, (steps, values) in shared.series(run["id"]).items():
        n = len(disturbed[metric][0])
        assert n <= len(steps)
        assert (steps[:n], values[:n]) == disturbed[metric]


def both_trained(lab: Lab, long: str) -> str:
    """A short experiment that has begun while the long one stands still; its id."""
    short = lab.submit(steps=SHORT)
    lab.midway(short, 2000)
    assert the_run(lab, long)["state"] == "running"
    return short


@pytest.mark.slow
def test_a_worker_told_to_stop_in_an_interlude_gives_both_back(shared: Lab) -> None:
    worker = shared.worker()
    long = shared.submit(steps=ENDLESS)
    shared.midway(long)
    short = both_trained(shared, long)
    worker.terminate()
    assert worker.wait(15) == 0
    for experiment in (short, long):
        run = the_run(shared, experiment)
        assert (run["state"], run["losses"]) == ("queued", 0)
        assert run["step"] > 0
    shared.post(f"/v1/experiments/{long}/cancel")
    worker = shared.worker()
    whole(shared.finish(short, 60), shared)
    assert "resumed" in shared.events(the_run(shared, short)["id"])
    shared.kill(worker)


@pytest.mark.slow
def test_a_worker_killed_in_an_interlude_loses_its_two_leases_and_no_more(lab: Lab) -> None:
    worker = lab.worker()
    long = lab.submit(steps=ENDLESS)
    lab.midway(long)
    short = both_trained(lab, long)
    lab.kill(worker, signal.SIGKILL)
    lab.worker()
    whole(lab.finish(short, 90), lab)
    for experiment in (short, long):
        assert lab.events(the_run(lab, experiment)["id"]).count("lost") == 1
