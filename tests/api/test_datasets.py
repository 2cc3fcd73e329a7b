"""Datasets over HTTP: the same numbers are the same dataset; what uses one keeps it."""

import copy
from typing import Any

import numpy as np
import pytest
from httpx import Client
from safetensors.numpy import load

from tests.api.archives import CLASSES, GOOD, npz, upload
from tests.api.played import PlayedWorker, run_ids

SPEC: dict[str, Any] = {
    "model": {"kind": "linear"},
    "regularization": {"l1": 1e-4},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.01},
    "steps": 100,
}
NETWORK: dict[str, Any] = {
    "model": {"kind": "mlp", "hidden": [4]},
    "optimizer": {"kind": "sgd", "learning_rate": 0.01},
    "steps": 10,
}


def spec(dataset: str, **problem: Any) -> dict[str, Any]:
    return {**copy.deepcopy(SPEC), "problem": {"kind": "dataset", "dataset": dataset, **problem}}


def made(client: Client, arrays: Any = GOOD) -> str:
    answer = upload(client, npz(arrays))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def refused(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    for query in ("", "?dry_run=true"):
        answer = client.post(f"/v1/experiments{query}", json=body)
        assert answer.status_code == 422, answer.text
    fault: dict[str, Any] = answer.json()["errors"][0]
    return fault


def test_an_upload_is_a_resource(client: Client) -> None:
    answer = upload(client, npz(GOOD), name="my data")
    assert answer.status_code == 201
    told = answer.json()
    assert answer.headers["Location"] == told["links"]["self"] == f"/v1/datasets/{told['id']}"
    assert told["id"].startswith("ds_")
    assert (told["name"], told["classes"], told["experiments"]) == ("my data", None, 0)
    assert told["arrays"] == [
        {"name": "inputs", "shape": [12, 4], "dtype": "float64"},
        {"name": "targets", "shape": [12], "dtype": "float64"},
    ]
    found = client.get(told["links"]["self"])
    assert found.json() == told
    tag = {"If-None-Match": found.headers["ETag"]}
    assert client.get(told["links"]["self"], headers=tag).status_code == 304
    assert client.get("/v1/datasets").json()["items"] == [told]


def test_the_same_numbers_are_the_same_dataset(client: Client) -> None:
    first = upload(client, npz(CLASSES), name="first").json()
    assert first["classes"] == 3
    other = {
        "targets": CLASSES["y"].astype(">f4"),
        "inputs": np.asfortranarray(CLASSES["X"].astype(np.float64)),
        **{name: CLASSES[name] for name in ("test_targets", "test_inputs")},
    }
    again = upload(client, npz(other, compressed=True), name="second")
    assert again.status_code == 200
    assert again.json() == first
    changed = {**other, "targets": np.roll(CLASSES["y"], 1)}
    assert upload(client, npz(changed)).status_code == 201


def test_a_key_gives_the_first_answer_whatever_the_boundary(client: Client) -> None:
    first = upload(client, npz(GOOD), key="once")
    assert first.status_code == 201
    again = upload(client, npz(GOOD), key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    misused = upload(client, npz(CLASSES), key="once")
    assert misused.status_code == 422
    assert misused.json()["type"].endswith("idempotency-key-reused")
    assert len(client.get("/v1/datasets").json()["items"]) == 1


def test_lists_come_in_pages(client: Client) -> None:
    ids = [made(client, {**GOOD, "targets": GOOD["targets"] + n}) for n in range(3)]
    first = client.get("/v1/datasets?limit=2").json()
    assert [item["id"] for item in first["items"]] == ids[:0:-1]
    rest = client.get(f"/v1/datasets?limit=2&cursor={first['next_cursor']}").json()
    assert [item["id"] for item in rest["items"]] == ids[:1]
    assert rest["next_cursor"] is None
    assert client.get("/v1/datasets?cursor=exp_x").status_code == 422


@pytest.mark.parametrize("odd", ["none", "ds_" + "0" * 26, "%00", "x" * 3000])
def test_no_such_dataset_is_a_404(client: Client, odd: str) -> None:
    assert client.get(f"/v1/datasets/{odd}").status_code == 404
    assert client.delete(f"/v1/datasets/{odd}").status_code == 404


def test_a_spec_names_a_dataset(client: Client) -> None:
    dataset = made(client)
    dry = client.post("/v1/experiments?dry_run=true", json=spec(dataset, test_fraction=0.25)).json()
    assert dry["cells"] == 1
    assert dry["spec"]["problem"]["dataset"] == dataset
    told = client.post("/v1/experiments", json=spec(dataset, test_fraction=0.25))
    assert told.status_code == 202
    assert told.json()["digest"] == dry["digest"]
    assert client.get(f"/v1/datasets/{dataset}").json()["experiments"] == 1


def test_the_digest_is_of_the_numbers(client: Client) -> None:
    first = made(client)
    one = client.post("/v1/experiments?dry_run=true", json=spec(first)).json()["digest"]
    assert client.delete(f"/v1/datasets/{first}").status_code == 200
    second = made(client)
    assert second != first
    assert client.post("/v1/experiments?dry_run=true", json=spec(second)).json()["digest"] == one
    other = made(client, {**GOOD, "targets": -GOOD["targets"]})
    assert client.post("/v1/experiments?dry_run=true", json=spec(other)).json()["digest"] != one


def test_faults_of_a_spec_are_found_before_anything_is_stored(client: Client) -> None:
    plain, classes = made(client), made(client, CLASSES)
    known = made(client, {**GOOD, "true_parameters": np.ones(4)})
    unknown = "ds_" + "0" * 26
    assert refused(client, spec(unknown)) == {
        "pointer": "/problem/dataset",
        "message": "the id of an uploaded dataset",
        "value": unknown,
    }
    assert refused(client, spec("exp_1"))["pointer"] == "/problem/dataset"
    assert refused(client, spec(plain, inputs=[[1.0]]))["pointer"] == "/problem/inputs"
    assert refused(client, spec(plain, builtin="digits"))["pointer"] == "/problem/builtin"
    assert refused(client, spec(plain, test_fraction=0.001))["pointer"] == "/problem/test_fraction"
    assert refused(client, spec(classes, test_fraction=0.5))["pointer"] == "/problem/test_fraction"
    network = {**NETWORK, "problem": {"kind": "dataset", "dataset": plain, "task": "classification"}}
    fault = refused(client, network)
    assert fault["pointer"] == "/problem/dataset"
    assert f"targets[0] is {GOOD['targets'][0]:g}" in fault["message"]
    network["problem"]["dataset"] = known
    assert refused(client, network)["pointer"] == "/problem/task"
    network["problem"]["task"] = "regression"
    assert refused(client, network)["pointer"] == "/model/kind"
    unstable = spec(plain)
    unstable["optimizer"]["learning_rate"] = 10.0
    assert refused(client, unstable)["pointer"] == "/optimizer/learning_rate"
    assert client.get("/v1/experiments").json()["items"] == []


def test_a_sweep_goes_over_datasets(client: Client) -> None:
    ids = [made(client, {**GOOD, "targets": GOOD["targets"] + n}) for n in range(2)]
    sweep = {"axes": [{"path": "/problem/dataset", "values": ids}], "seeds": {"count": 2}}
    body = {**spec(ids[0], test_fraction=0.5), "sweep": sweep}
    told = client.post("/v1/experiments", json=body)
    assert told.status_code == 202, told.text
    assert sum(told.json()["counts"].values()) == 4
    assert client.get(f"/v1/datasets/{ids[1]}").json()["experiments"] == 1
    sweep["axes"] = [{"path": "/problem/dataset", "values": [ids[0], "ds_" + "0" * 26]}]
    assert refused(client, body)["pointer"] == "/sweep/axes/0/values/1"
    whole = [{"kind": "dataset", "dataset": one} for one in ids]
    sweep["axes"] = [{"path": "/problem", "values": whole}]
    assert client.post("/v1/experiments?dry_run=true", json=body).status_code == 200


def test_a_dataset_in_use_stays_until_its_experiments_have_gone(client: Client, worker: PlayedWorker) -> None:
    dataset = made(client)
    told = client.post("/v1/experiments", json=spec(dataset)).json()
    busy = client.delete(f"/v1/datasets/{dataset}")
    assert busy.status_code == 409
    assert "1 experiment" in busy.json()["detail"]
    worker.finish_everything()
    assert client.delete(f"/v1/datasets/{dataset}").json() == {"id": dataset, "bytes_freed": 0}
    assert client.get(f"/v1/datasets/{dataset}").status_code == 404
    assert client.get("/v1/datasets").json()["items"] == []
    assert refused(client, spec(dataset))["pointer"] == "/problem/dataset"
    run = run_ids(client, told)[0]
    assert client.get(f"/v1/runs/{run}/analysis").status_code == 200
    assert client.get(told["links"]["results"], headers={"Accept": "text/csv"}).status_code == 200
    instance = load(client.get(f"/v1/runs/{run}/artifacts/instance.safetensors").content)
    assert np.array_equal(instance["design"], GOOD["inputs"])
    freed = client.delete(told["links"]["self"]).json()["bytes_freed"]
    assert freed >= 8 * 12 * 4
    assert made(client) != dataset


def test_an_upload_brings_a_deleted_dataset_back(client: Client, worker: PlayedWorker) -> None:
    dataset = made(client)
    client.post("/v1/experiments", json=spec(dataset))
    worker.finish_everything()
    client.delete(f"/v1/datasets/{dataset}")
    back = upload(client, npz(GOOD), name="back")
    assert (back.status_code, back.json()["id"], back.json()["name"]) == (201, dataset, "back")
    again = client.post("/v1/experiments", json=spec(dataset)).json()
    assert again["state"] == "succeeded"


def test_an_unused_dataset_gives_its_space_back(client: Client) -> None:
    told = upload(client, npz(GOOD)).json()
    assert client.delete(f"/v1/datasets/{told['id']}").json()["bytes_freed"] == told["bytes"] > 0
    assert client.delete(f"/v1/datasets/{told['id']}").status_code == 404
