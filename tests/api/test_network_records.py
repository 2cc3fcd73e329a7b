"""What networks leave, over HTTP: series of layers, results and files of runs that were really trained."""

import copy
import csv
import io
import math
from typing import Any

import numpy as np
import pytest
from httpx import Client
from safetensors.numpy import load

from core.problems import draw_network, network_arrays
from core.spec import METRICS, expand, parse_spec
from tests.api.networks import CSV, HELD_OUT, LAYERED, METRICS_OF_ALL, VECTORS, get, series
from tests.api.played import Json, run_ids, submit
from tests.api.served import Service
from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER, changed


@pytest.fixture
def client(small: Service) -> Client:
    return small.client


def test_layers_have_series_and_vectors_of_their_own(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["groks"]
    steps, norms = series(client, run, "l2_norm[decoder.0]")
    assert steps == list(range(0, 601, 10))
    (rows,) = get(client, f"/v1/runs/{run}/series", metric=VECTORS[0])["series"]
    assert (rows["shape"], rows["steps"]) == ([64], steps)
    values = np.array(rows["values"])
    assert (np.diff(values, axis=1) <= 0).all()
    assert np.linalg.norm(values, axis=1) == pytest.approx(norms)
    whole = series(client, run, "l2_norm")[1]
    assert all(part < all_of_it for part, all_of_it in zip(norms, whole, strict=True))


def test_layers_are_columns_of_the_csv(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["groks"]
    asked = ["l2_norm[decoder.0]", VECTORS[0]]
    answer = client.get(f"/v1/runs/{run}/series", params={"metric": asked}, headers=CSV)
    header, first, *rest = csv.reader(io.StringIO(answer.text))
    assert header == ["step", asked[0], *(f"{VECTORS[0]}[{i}]" for i in range(64))]
    assert len(rest) == 60
    assert first[0] == "0"
    assert float(first[1]) == pytest.approx(np.linalg.norm(np.array(first[2:], dtype=float)))


def test_layers_of_many_runs_come_in_one_answer(client: Client, runs: dict[str, list[str]]) -> None:
    experiment = get(client, f"/v1/runs/{runs['swept'][0]}")["experiment_id"]
    path = f"/v1/experiments/{experiment}/series"
    found = get(client, path, metric="l2_norm[decoder.0]")["series"]
    assert [part["run"] for part in found] == runs["swept"]
    assert all(part["metric"] == "l2_norm[decoder.0]" and part["total"] > 20 for part in found)
    lines = list(csv.reader(io.StringIO(client.get(path, params={"metric": LAYERED[1]}, headers=CSV).text)))
    assert lines[0] == ["run", "step", "l2_norm[decoder.0]"]
    assert {line[0] for line in lines[1:]} == set(runs["swept"])


@pytest.mark.parametrize(
    "name", ["l2_norm[decoder.7]", "l2_norm[]", "train_loss[decoder.0]", "l2_norm[decoder.0"]
)
def test_a_layer_that_was_not_recorded_is_refused(
    client: Client, runs: dict[str, list[str]], name: str
) -> None:
    answer = client.get(f"/v1/runs/{runs['groks'][0]}/series", params={"metric": name})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["value"]) == ("/query/metric", name)
    assert "l2_norm[decoder.0]" in error["message"]


def test_metrics_of_layers_are_summed_up_behind_those_of_all(
    client: Client, runs: dict[str, list[str]]
) -> None:
    (run,) = runs["groks"]
    found = {item["name"]: item for item in get(client, f"/v1/runs/{run}/metrics")["items"]}
    places = {metric.name: place for place, metric in enumerate(METRICS)}
    order = sorted([*METRICS_OF_ALL, *VECTORS], key=lambda name: (places[name.partition("[")[0]], name))
    assert list(found) == order
    assert {item["n"] for item in found.values()} == {61}
    assert found["rank[decoder.1]"]["last"] == 17
    assert found[VECTORS[0]]["shape"] == [64]


def test_the_catalogue_tells_what_networks_have_by_layer_and_at_what_cost(client: Client) -> None:
    found = {item["name"]: item for item in get(client, "/v1/metrics-catalogue")["items"]}
    assert list(found) == [metric.name for metric in METRICS]
    assert found["l2_norm"] == {**found["l2_norm"], "of": [], "by_layer": True, "cost": None}
    assert found["nuclear_norm"]["of"] == ["matrix", "network"]
    assert "singular value decomposition" in found["nuclear_norm"]["cost"]
    assert found["test_accuracy"] == {
        **found["test_accuracy"],
        "of": ["classification"],
        "needs": "test",
        "by_layer": False,
        "cost": None,
    }
    assert found["fourier_concentration"]["of"] == ["modular_arithmetic"]
    assert found["singular_values"]["vector"] is True
    assert all(item["formula"] and item["unit"] and item["description"] for item in found.values())


def test_every_kind_of_problem_and_its_fields_are_listed(client: Client) -> None:
    found = {item["kind"]: item for item in get(client, "/v1/problems")["items"]}
    assert {"modular_arithmetic", "teacher_student", "dataset"} <= found.keys()
    assert found["modular_arithmetic"]["fields"]["properties"]["modulus"]["default"] == 97


# Results


def results(client: Client, run: str) -> list[dict[str, str]]:
    """The CSV of all results of the run's experiment."""
    experiment = get(client, f"/v1/runs/{run}")["experiment_id"]
    answer = client.get(f"/v1/experiments/{experiment}/results", headers=CSV)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_results_have_a_column_for_each_layered_metric(client: Client, runs: dict[str, list[str]]) -> None:
    lines = results(client, runs["swept"][0])
    assert [line["run"] for line in lines] == runs["swept"]
    assert [line["/problem/operation"] for line in lines] == ["+", "+", "*", "*"]
    for line in lines:
        final = get(client, f"/v1/runs/{line['run']}")["final"]
        assert set(final) == {"test_accuracy", "l2_norm[decoder.0]", "rank[embedding.0]"}
        assert {name: float(line[name]) for name in final} == final


def test_results_have_test_metrics_where_an_axis_sets_data_aside(
    client: Client, runs: dict[str, list[str]]
) -> None:
    for line in results(client, runs["held out"][0]):
        final = get(client, f"/v1/runs/{line['run']}")["final"]
        assert "test_loss" in final
        assert {name: float(line[name]) for name in final} == final


# Files


def files(client: Client, run: str) -> dict[str, Json]:
    return {item["name"]: item for item in get(client, f"/v1/runs/{run}/artifacts")["items"]}


def fetched(client: Client, run: str, name: str) -> dict[str, np.ndarray[Any, Any]]:
    answer = client.get(f"/v1/runs/{run}/artifacts/{name}")
    assert answer.status_code == 200, answer.text
    return load(answer.content)


def test_parameters_are_files_that_say_when_they_are_from(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["refined"]
    found, answer = files(client, run), get(client, f"/v1/runs/{run}")
    assert {name: item["description"] for name, item in found.items()} == {
        "parameters.safetensors": "the parameters at the last step",
        "parameters.t1.safetensors": "the parameters at t1, layer by layer",
        "parameters.t2.safetensors": "the parameters at t2, layer by layer",
        "checkpoint.safetensors": f"the state of training at step {answer['step']}",
        "instance.safetensors": "the data that the run learns from",
    }
    steps = {"parameters": 600, "parameters.t1": answer["t1"], "parameters.t2": answer["t2"]}
    for name, step in steps.items():
        tensors = fetched(client, run, f"{name}.safetensors")
        assert tensors.keys() == {"step", "embedding.0", "embedding.1", "decoder.0", "decoder.1"}
        assert tensors["step"].tolist() == [step]
        assert tensors["decoder.1"].shape == (17, 64)
    last = fetched(client, run, "parameters.safetensors")
    norm = math.sqrt(sum(float((tensor**2).sum()) for name, tensor in last.items() if name != "step"))
    assert norm == pytest.approx(answer["final"]["l2_norm"])


def test_parameters_at_powers_of_two_are_those_of_the_next_evaluation(
    client: Client, runs: dict[str, list[str]]
) -> None:
    (run,) = runs["groks"]
    kept = {
        int(name.split("-")[1].split(".")[0]): item
        for name, item in files(client, run).items()
        if name.startswith("parameters.step-")
    }
    assert sorted(kept) == [10, 20, 40, 70, 130, 260, 520]
    for step, item in kept.items():
        assert item["description"] == f"the parameters at step {step}, layer by layer"
        tensors = load(client.get(item["links"]["self"]).content)
        assert tensors["step"].tolist() == [step]
    steps, norms = series(client, run, "l2_norm[decoder.0]")
    at_40 = fetched(client, run, "parameters.step-40.safetensors")
    assert np.linalg.norm(at_40["decoder.0"]) == pytest.approx(norms[steps.index(40)])


@pytest.mark.parametrize(
    "spec",
    [MODULAR, changed(MODULAR, {"/problem/split": "published"}), TEACHER, CLASSES, NUMBERS, DIGITS, HELD_OUT],
)
def test_the_instance_of_each_problem_is_what_its_run_learns_from(client: Client, spec: Json) -> None:
    asked = copy.deepcopy({**spec, "seed": 11, "device": "cuda"})
    run = run_ids(client, submit(client, asked))[-1]
    cell = expand(parse_spec(asked))[-1]
    want, tensors = network_arrays(draw_network(cell.spec)), fetched(client, run, "instance.safetensors")
    assert tensors.keys() == want.keys()
    for name, array in want.items():
        assert tensors[name].dtype == array.dtype
        assert np.array_equal(tensors[name], array)
    teacher = {"teacher.0", "teacher.1"} if spec is TEACHER else set()
    tested = set() if spec in (CLASSES, NUMBERS) else {"test_inputs", "test_targets"}
    assert tensors.keys() == {"train_inputs", "train_targets"} | teacher | tested
