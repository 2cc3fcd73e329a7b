"""What users do with runs that have ended, by real processes: the same bits as undisturbed."""

import json
import os
import signal
import subprocess

import pytest

from tests.faults import oracle
from tests.faults.lab import Lab

LONG = 2_000_000


@pytest.fixture(scope="module", autouse=True)
def worker(shared: Lab) -> "subprocess.Popen[bytes]":
    """One worker with one training process, for all tests."""
    return shared.worker()


def test_cancelled_runs_go_on_from_their_kept_state_to_the_same_bits(shared: Lab) -> None:
    spec = {"steps": LONG, "sweep": {"seeds": {"count": 3}}}
    experiment = shared.submit(**spec)
    shared.midway(experiment, 150_000)
    shared.post(f"/v1/experiments/{experiment}/cancel")
    assert {run["state"] for run in shared.finish(experiment)} == {"cancelled"}
    shared.post(f"/v1/experiments/{experiment}/retry")
    shared.finish(experiment)
    calm = shared.submit(**spec)
    shared.finish(calm)
    oracle.check(shared.database, [experiment, calm])
    oracle.same(shared.database, experiment, calm)


def test_an_extended_sweep_is_one_that_was_trained_at_once(shared: Lab) -> None:
    spec = {"sweep": {"seeds": {"count": 3}}}
    experiment = shared.submit(**spec, steps=2_001)
    shared.finish(experiment)
    told = json.loads(
        shared.run("extend", experiment, "--steps", str(LONG), "--json", "--url", shared.url).stdout
    )
    assert (told["id"], told["counts"]["queued"]) == (experiment, 3)
    shared.midway(experiment, 5_000)
    shared.finish(experiment)
    calm = shared.submit(**spec, steps=LONG)
    shared.finish(calm)
    oracle.check(shared.database, [experiment, calm])
    oracle.same(shared.database, experiment, calm)


def test_a_verification_survives_its_worker(shared: Lab, worker: "subprocess.Popen[bytes]") -> None:
    experiment = shared.submit(steps=LONG, sweep={"seeds": {"count": 3}})
    run = shared.finish(experiment)[1]
    made = json.loads(shared.run("verify", run["id"], "--json", "--url", shared.url).stdout)
    shared.midway(made["experiment_id"], 50_000)
    (child,) = shared.children(worker)
    os.kill(child, signal.SIGKILL)
    shared.finish(made["experiment_id"])
    found = shared.get(f"/v1/runs/{run['id']}/verifications/{made['id']}")
    assert (found["state"], found["verdict"]) == ("succeeded", "equal")
    assert "lost" in shared.events(made["id"])
    assert shared.get(f"/v1/runs/{run['id']}") == run
    listed = [one["id"] for one in shared.get("/v1/experiments", limit=1000)["items"]]
    assert experiment in listed
    assert made["experiment_id"] not in listed
    oracle.check(shared.database, [experiment])
