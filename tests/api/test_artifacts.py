"""Files of a run: kept ones, and ones that are made when they are asked for."""

from typing import Any

import numpy as np
import pytest
from httpx import Client
from safetensors.numpy import load, save

import api.artifacts
from core.problems import arrays, draw
from core.spec import expand, parse_spec
from tests.api.played import SPEC, PlayedWorker, run_ids, submit, sweep

FINAL = save({"parameters": np.array([1.5, -2.0])})


def files(client: Client, run: str) -> dict[str, Any]:
    answer = client.get(f"/v1/runs/{run}/artifacts").json()
    assert answer["next_cursor"] is None
    return {item["name"]: item for item in answer["items"]}


@pytest.fixture
def run(client: Client, worker: PlayedWorker) -> str:
    """An ended run with every kind of file."""
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write_rows(claimed, "parameters", [0, 4, 9], [[[1, 2], [3, 4]]] * 3, 2, 2)
    worker.keep(claimed, 9, b"state")
    worker.finish(claimed, artifacts={"parameters.safetensors": FINAL})
    return run_ids(client, made)[0]


def test_files_are_listed_with_their_size_where_they_are_kept(client: Client, run: str) -> None:
    found = files(client, run)
    assert {name: item["bytes"] for name, item in found.items()} == {
        "parameters.safetensors": len(FINAL),
        "checkpoint.safetensors": 5,
        "iterates.safetensors": None,
        "instance.safetensors": None,
    }
    assert client.get(f"/v1/runs/{run}").json()["links"]["artifacts"] == f"/v1/runs/{run}/artifacts"
    for item in found.values():
        assert item["description"]
        assert client.get(item["links"]["self"]).status_code == 200


def test_a_file_is_a_download_that_is_unchanged_until_it_changes(client: Client, run: str) -> None:
    for name in files(client, run):
        path = f"/v1/runs/{run}/artifacts/{name}"
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        unchanged = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        head = client.head(path)
        assert head.headers["Content-Length"] == str(len(answer.content))
    tags = {client.head(f"/v1/runs/{run}/artifacts/{name}").headers["ETag"] for name in files(client, run)}
    assert len(tags) == 4


def test_kept_files_come_as_they_were_kept(client: Client, run: str) -> None:
    assert client.get(f"/v1/runs/{run}/artifacts/parameters.safetensors").content == FINAL
    assert client.get(f"/v1/runs/{run}/artifacts/checkpoint.safetensors").content == b"state"


def test_iterates_are_the_recorded_parameters(client: Client, run: str) -> None:
    tensors = load(client.get(f"/v1/runs/{run}/artifacts/iterates.safetensors").content)
    assert tensors.keys() == {"steps", "parameters"}
    assert tensors["steps"].dtype == np.int64
    assert tensors["steps"].tolist() == [0, 4, 9]
    assert tensors["parameters"].dtype == np.float64
    assert tensors["parameters"].tolist() == [[[1, 2], [3, 4]]] * 3


def test_complex_iterates_are_two_tensors(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write_rows(claimed, "parameters.re", [0, 1], [[1, 2], [3, 4]], 2)
    worker.write_rows(claimed, "parameters.im", [0, 1], [[5, 6], [7, 8]], 2)
    path = f"/v1/runs/{run_ids(client, made)[0]}/artifacts/iterates.safetensors"
    answer = client.get(path)
    tensors = load(answer.content)
    assert tensors.keys() == {"steps", "parameters.re", "parameters.im"}
    assert tensors["parameters.im"].tolist() == [[5, 6], [7, 8]]
    worker.write_rows(claimed, "parameters.re", [2], [[9, 9]], 2)
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


def test_the_instance_is_what_the_run_of_that_cell_learns_from(client: Client) -> None:
    made = submit(client, sweep(seeds=2))
    cell = expand(parse_spec(sweep(seeds=2)))[1]
    instance = draw(cell.spec)
    run = run_ids(client, made)[1]
    tensors = load(client.get(f"/v1/runs/{run}/artifacts/instance.safetensors").content)
    for name, array in arrays(instance).items():
        assert tensors[name].tobytes() == array.tobytes()
        assert tensors[name].shape == array.shape
    assert tensors["design"].shape == (SPEC["problem"]["measurements"], SPEC["problem"]["dimension"])


def test_the_data_of_a_very_big_run_are_not_drawn(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_ids(client, submit(client))[0]
    assert "instance.safetensors" in files(client, run)
    monkeypatch.setattr(api.artifacts, "MAX_DRAWN_BYTES", 1000)
    assert "instance.safetensors" not in files(client, run)
    assert client.get(f"/v1/runs/{run}/artifacts/instance.safetensors").status_code == 404


def test_an_unknown_file_is_a_404_that_names_those_there_are(client: Client, run: str) -> None:
    answer = client.get(f"/v1/runs/{run}/artifacts/parameters.pt")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    for name in files(client, run):
        assert name in answer.json()["detail"]


def test_a_new_run_has_its_data_alone(client: Client) -> None:
    run = run_ids(client, submit(client))[0]
    assert list(files(client, run)) == ["instance.safetensors"]
    for name in ("parameters", "checkpoint", "iterates"):
        assert client.get(f"/v1/runs/{run}/artifacts/{name}.safetensors").status_code == 404


def test_another_form_is_a_406(client: Client, run: str) -> None:
    path = f"/v1/runs/{run}/artifacts/parameters.safetensors"
    assert client.get(path, headers={"Accept": "text/csv"}).status_code == 406


def test_a_reused_run_has_the_files_of_its_source_and_keeps_them(client: Client, run: str) -> None:
    source = client.get(f"/v1/runs/{run}").json()["experiment_id"]
    reused = run_ids(client, submit(client))[0]
    assert files(client, reused).keys() == files(client, run).keys()
    client.delete(f"/v1/experiments/{source}")
    assert client.get(f"/v1/runs/{run}/artifacts").status_code == 404
    assert client.get(f"/v1/runs/{reused}/artifacts/parameters.safetensors").content == FINAL
    iterates = load(client.get(f"/v1/runs/{reused}/artifacts/iterates.safetensors").content)
    assert iterates["steps"].tolist() == [0, 4, 9]


def test_a_deleted_experiment_counts_the_bytes_of_its_files(client: Client, run: str) -> None:
    experiment = client.get(f"/v1/runs/{run}").json()["links"]["experiment"]
    freed = client.delete(experiment).json()
    assert len(FINAL) + len(b"state") < freed["bytes_freed"] < len(FINAL) + len(b"state") + 3 * 8 + 12 * 8 + 1
