"""Undisturbed: submitted over HTTP, trained by a worker, read back; where torch is loaded, and where not."""

import signal
import time

from tests.faults.lab import Lab, alive, maps_torch, whole


def test_sweep_is_trained_torch_stays_in_the_child_and_ctrl_c_ends_the_worker(lab: Lab) -> None:
    worker = lab.worker()
    experiment = lab.submit(sweep={"seeds": {"count": 4}})
    runs = lab.finish(experiment)
    whole(runs, lab)
    assert [run["seed"] for run in runs] == [0, 1, 2, 3]
    assert len({run["worker"] for run in runs}) == 1
    (child,) = lab.children(worker)
    assert runs[0]["worker"].split(":")[1] == str(child)
    assert maps_torch(child)
    assert not maps_torch(worker.pid)
    assert not maps_torch(lab.api.pid)
    lab.kill(worker, signal.SIGINT)
    assert worker.wait(15) == 0
    assert not alive(child)


def test_cancel_stops_a_long_run_within_seconds(shared: Lab) -> None:
    shared.worker()
    experiment = shared.submit(steps=10**9)
    shared.midway(experiment)
    begin = time.monotonic()
    shared.post(f"/v1/experiments/{experiment}/cancel")
    run = shared.finish(experiment, 15)[0]
    assert time.monotonic() - begin < 8
    assert run["state"] == "cancelled"
    assert shared.series(run["id"])["test_error"][0][0] == 0
