"""Dry runs: everything that submitting would do is told, and nothing is done."""

from typing import Any

import pytest
from httpx import Client

from core.problems import theory
from core.spec import cells_at, parse_spec
from core.store import beat_worker
from tests.api.played import Json, PlayedWorker, spec, submit, sweep
from tests.api.served import Service

PATH = "/v1/experiments?dry_run=true"
WITHIN_REACH = {"train_threshold": 0.5, "test_threshold": 0.5}
LARGE = {"problem__dimension": 2000, "problem__measurements": 800, "optimizer__learning_rate": 0.01}


def dry_run(client: Client, data: Json, **headers: str) -> Json:
    """The service's answer to a dry run of the spec."""
    answer = client.post(PATH, json=data, headers=headers)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_it_tells_what_submitting_does_and_stores_nothing(client: Client) -> None:
    data = sweep(seeds=3, l1=[1e-4, 1e-3])
    found = dry_run(client, data)
    assert client.get("/v1/experiments").json()["items"] == []
    assert client.get("/v1/queue").json()["items"][0]["queued_runs"] == 0
    assert (found["cells"], found["reused"], found["batch_count"]) == (6, 0, 1)
    assert found["batches"] == [{"runs": 6, "bytes": found["cost"]["bytes"]}]
    assert found["cost"]["run_steps"] == 600
    assert 0 < found["cost"]["seconds"] < 1
    made = submit(client, data)
    assert (found["spec"], found["digest"]) == (made["spec"], made["digest"])


def test_it_predicts_sixteen_cells_from_the_first_to_the_last(client: Client) -> None:
    data = sweep(seeds=23, l1=[1e-4, 1e-3])
    found = dry_run(client, data)
    assert [one["cell"] for one in found["predicted"]] == list(range(0, 46, 3))
    few = dry_run(client, sweep(seeds=8, l1=[1e-4, 1e-3]))
    assert [one["cell"] for one in few["predicted"]] == list(range(16))
    last = found["predicted"][15]
    assert (last["seed"], last["axes"]) == (22, {"/regularization/l1": 1e-3})
    cell = cells_at(parse_spec(data), [45])[0]
    assert last["theory"] == {**theory(cell.spec), "regime": list(theory(cell.spec)["regime"])}
    assert last["t2"] == last["t1"] + last["delay"]
    assert last["delay"] == last["theory"]["delay"]


def test_a_late_t2_is_one_warning_that_names_the_first_cell(client: Client) -> None:
    steps = {"path": "/steps", "values": [10**6, 1000, 2000]}
    late = dry_run(client, spec(sweep={"axes": [steps]}, detect=WITHIN_REACH))
    t2 = late["predicted"][1]["t2"]
    digits, exponent = f"{t2:.4g}".split("e") if t2 >= 1e4 else (f"{t2:.4g}", "")
    shown = f"{digits}e{int(exponent)}" if exponent else digits
    assert late["warnings"] == [
        f"predicted t2 of {shown} exceeds steps = 1000 (2 of 3 cells looked at, the first is cell 1)"
    ]
    one = dry_run(client, spec(steps=100_000, regularization={"l1": 1e-7}))
    assert len(one["warnings"]) == 1
    assert one["warnings"][0].startswith("predicted t2 of ")
    assert one["warnings"][0].endswith(" exceeds steps = 1e5 (cell 0)")


def test_steps_that_barely_reach_t2_are_a_warning(client: Client) -> None:
    t2 = dry_run(client, spec(steps=10**6, detect=WITHIN_REACH))["predicted"][0]["t2"]
    (warning,) = dry_run(client, spec(steps=int(1.9 * t2), detect=WITHIN_REACH))["warnings"]
    assert " leaves little room in steps = " in warning
    assert dry_run(client, spec(steps=int(2.1 * t2), detect=WITHIN_REACH))["warnings"] == []


def test_the_predicted_t1_is_that_of_the_threshold(client: Client) -> None:
    thresholds = {"path": "/detect/train_threshold", "values": [0.5, 0.05, 1e-9]}
    loose, strict, never = dry_run(client, spec(sweep={"axes": [thresholds]}))["predicted"]
    assert 0 < loose["t1"] < strict["t1"] < strict["theory"]["t1"]
    assert never["t1"] == never["theory"]["t1"]


def test_a_threshold_below_what_the_penalty_leaves_is_a_warning(client: Client) -> None:
    data = spec(
        steps=10**8,
        sweep={"axes": [{"path": "/regularization/l1", "values": [1e-7, 1e-3, 2e-3]}]},
        detect={"train_threshold": 1e-5, "test_threshold": 0.5},
    )
    found = dry_run(client, data)
    floors = [one["theory"]["train_floor"] for one in found["predicted"]]
    assert floors[0] < 1e-5 < floors[1]
    (warning,) = found["warnings"]
    assert warning.startswith("train_threshold = 1e-5 is below what the penalty leaves of the train error")
    assert warning.endswith(": no t1 is to be expected (2 of 3 cells looked at, the first is cell 1)")
    for part, step in (("train", "t1"), ("test", "t2")):
        strict = {**WITHIN_REACH, f"{part}_threshold": 1e-9}
        (warning,) = dry_run(client, spec(steps=10**6, detect=strict))["warnings"]
        assert warning.startswith(f"{part}_threshold = 1e-9 is below")
        assert warning.endswith(f"no {step} is to be expected (cell 0)")


def test_leaving_the_regime_of_theory_is_a_warning(client: Client) -> None:
    found = dry_run(client, sweep(l1=[1e-4, 1e3]) | {"steps": 10**6, "seed": 0})
    (assumption,) = found["predicted"][1]["theory"]["regime"]
    assert assumption.startswith("a strength below ")
    assert found["warnings"] == [f"out of the regime of the delay law, which needs {assumption} (cell 1)"]
    plain = dry_run(client, spec(regularization={}))
    assert (plain["predicted"][0]["delay"], plain["predicted"][0]["t2"]) == (None, None)
    assert "which needs an l1 penalty alone (cell 0)" in plain["warnings"][0]


def test_designs_too_large_for_theory_are_left_out_and_said_so(sqlite_client: Client) -> None:
    found = dry_run(sqlite_client, spec(**LARGE))
    assert found["predicted"] == []
    assert found["warnings"] == ["no prediction: the design is too large for exact theory (cell 0)"]


def test_cuda_without_a_worker_of_the_gpu_queue_is_a_warning(service: Service) -> None:
    data = spec(device="cuda", steps=10**6, detect=WITHIN_REACH)
    found = dry_run(service.client, data)
    assert found["warnings"] == [
        "1 run asks for cuda while no worker of the queue gpu is alive, and would wait for one"
    ]
    with service.db.write() as conn:
        beat_worker(conn, "w1", queue="gpu", host="here", pid=1, state="idle")
    assert dry_run(service.client, data)["warnings"] == []


def test_runs_that_are_taken_over_cost_nothing(client: Client, worker: PlayedWorker) -> None:
    submit(client, sweep(seeds=2))
    worker.finish_everything()
    found = dry_run(client, sweep(seeds=3))
    assert (found["cells"], found["reused"], found["cost"]["run_steps"]) == (3, 2, 100)
    assert [batch["runs"] for batch in found["batches"]] == [1]
    known = dry_run(client, sweep(seeds=2))
    assert known["cost"] == {"run_steps": 0, "seconds": 0, "bytes": 0}
    assert (known["batches"], known["batch_count"]) == ([], 0)
    assert dry_run(client, sweep(seeds=2) | {"reuse": False})["reused"] == 0


def test_at_most_a_hundred_batches_are_shown(sqlite_client: Client) -> None:
    steps = {"path": "/steps", "values": list(range(100, 221))}
    found = dry_run(sqlite_client, spec(sweep={"axes": [steps]}))
    assert (len(found["batches"]), found["batch_count"]) == (100, 121)
    assert found["cost"]["run_steps"] == sum(range(100, 221))


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 0},
        {"problem__measurements": 0},
        {"optimizer__learning_rate": 5.0},
        {"problem__sparsity": 21},
        {"sweep": {"axes": [{"path": "/steps", "values": [5, 5]}]}},
    ],
)
def test_a_bad_spec_is_refused_as_ever(shared_client: Client, changes: Json) -> None:
    asked = shared_client.post(PATH, json=spec(**changes))
    posted = shared_client.post("/v1/experiments", json=spec(**changes))
    assert (asked.status_code, asked.content) == (422, posted.content)


@pytest.mark.parametrize("value", ["maybe", "", "2"])
def test_dry_run_is_a_flag(shared_client: Client, value: str) -> None:
    answer = shared_client.post("/v1/experiments", params={"dry_run": value}, json=spec())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/dry_run"


def test_dry_run_false_submits(client: Client) -> None:
    answer = client.post("/v1/experiments?dry_run=false", json=spec())
    assert answer.status_code == 202
    assert len(client.get("/v1/experiments").json()["items"]) == 1


def test_a_dry_run_neither_uses_nor_uses_up_a_key(client: Client) -> None:
    key: dict[str, Any] = {"Idempotency-Key": "key 1"}
    dry_run(client, spec(), **key)
    made = submit(client, spec(), **key)
    assert dry_run(client, spec(), **key)["cells"] == 1, "not the answer that is kept"
    dry_run(client, spec(steps=50), **key)
    assert submit(client, spec(), **key)["id"] == made["id"]


def test_data_without_anything_to_test_on_are_a_warning(sqlite_client: Client) -> None:
    data: Json = {
        "problem": {"kind": "dataset", "task": "classification", "inputs": [[0], [1]], "targets": [0, 1]},
        "model": {"kind": "mlp", "hidden": [4]},
        "optimizer": {"kind": "adam", "learning_rate": 0.01},
        "steps": 10,
    }
    [warning] = dry_run(sqlite_client, data)["warnings"]
    assert warning == "1 run has nothing to test on, and so no t2 (the first is cell 0)"
    tested = {**data, "problem": {**data["problem"], "test_inputs": [[2]], "test_targets": [1]}}
    assert dry_run(sqlite_client, tested)["warnings"] == []


def test_a_seed_that_the_sweep_overrides_is_a_warning_there_and_in_the_answer(client: Client) -> None:
    data = sweep(seeds=3, l1=[1e-4]) | {"seed": 9, "steps": 10**6, "detect": WITHIN_REACH}
    said = ["seed = 9 is not used: /sweep/seeds overrides it with 0 to 2"]
    assert dry_run(client, data)["warnings"] == said
    assert submit(client, data)["warnings"] == said
    assert submit(client, data | {"seed": 2})["warnings"] == []
    assert submit(client, spec())["warnings"] == []
