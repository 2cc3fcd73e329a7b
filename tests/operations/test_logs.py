"""The logs of real processes: every line that belongs to a batch, a run or a request says so."""

from collections.abc import Callable
from pathlib import Path

from tests.faults.lab import SPEC
from tests.operations.processes import Api, Json, Process, migrate, until

ENDLESS = 10**9


def test_lines_of_a_batch_carry_it_and_lines_of_a_run_carry_that(
    tmp_path: Path, start_api: Callable[..., Api], start_worker: Callable[..., Process]
) -> None:
    migrate(tmp_path, {})
    api, worker = start_api({}), start_worker({})
    short = _submit(api, sweep={"seeds": {"count": 3}})
    until(lambda: _state(api, short) == "succeeded", 120)
    long = _submit(api, steps=ENDLESS)
    until(lambda: _state(api, long) == "running")
    api.http.post(f"/v1/experiments/{long}/cancel")
    until(lambda: _state(api, long) == "cancelled")
    runs = {run["id"]: run for run in api.http.get(f"/v1/experiments/{short}/runs").json()["items"]}
    assert worker.terminate(15) == 0

    ended = worker.logged("run succeeded")
    assert {line["run"] for line in ended} == runs.keys()
    for line in ended:
        run = runs[line["run"]]
        assert (line["attempt"], line["worker"], line["experiment"]) == (1, run["worker"], short)
        assert line["batch"]
        assert line["outcome"] == run["outcome"]
    # Told by the thread of the heartbeat.
    (cancelled,) = worker.logged("run is to be cancelled")
    assert (cancelled["experiment"], cancelled["attempt"]) == (long, 1)
    assert {"run", "batch", "worker"} <= cancelled.keys()
    first = worker.lines.index(worker.logged("batch claimed")[0])
    last = worker.lines.index(ended[-1])
    assert all({"experiment", "batch", "worker"} <= line.keys() for line in worker.lines[first : last + 1])
    for line in worker.lines:
        assert {"at", "level", "logger", "message"} <= line.keys()


def test_lines_of_a_request_carry_its_id(tmp_path: Path, start_api: Callable[..., Api]) -> None:
    api = start_api({"GROKLAB_DATABASE_URL": "postgresql://127.0.0.1:1/none"})
    api.http.get("/v1/experiments", headers={"X-Request-Id": "mine-1"})
    (line,) = [line for line in api.lines if line.get("request_id") == "mine-1"]
    assert line["message"] == "database unavailable"


def _submit(api: Api, **fields: object) -> str:
    made = api.http.post("/v1/experiments", json={**SPEC, "reuse": False, **fields})
    assert made.status_code == 202, made.text
    found: str = made.json()["id"]
    return found


def _state(api: Api, experiment: str) -> str:
    found: Json = api.http.get(f"/v1/experiments/{experiment}").json()
    return str(found["state"])
