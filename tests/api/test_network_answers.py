"""Networks over HTTP: specs, dry runs, and the answers about runs that were really trained."""

import copy
import csv
import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from httpx import Client
from safetensors.numpy import load

from core.analysis import plateau
from core.problems import draw_network, network_arrays
from core.spec import METRICS, batch_seconds, expand, parse_spec, plan
from core.store import claim, open_database, upgrade
from tests.api.played import Json, run_ids, submit
from tests.api.served import Service, served
from tests.core.spec.test_network_rules import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER, changed
from tests.worker.batches import bench
from worker.execute import execute
from worker.settings import Settings

CSV = {"Accept": "text/csv"}
LAYERED = ["l2_norm", "l2_norm[decoder.0]", "rank[decoder.1]"]
METRICS_OF_ALL = ["train_loss", "test_loss", "train_accuracy", "test_accuracy", *LAYERED]
VECTORS = ["singular_values[decoder.0]"]
GROKS: Json = {
    "name": "a small network that groks",
    "problem": {"kind": "modular_arithmetic", "modulus": 17, "train_fraction": 0.8},
    "model": {"kind": "encoder_decoder", "hidden": [64]},
    "regularization": {"l2": 3e-3},
    "optimizer": {"kind": "adam", "learning_rate": 0.01},
    "steps": 600,
    "precision": "float64",
    "record": {
        "per_decade": None,
        "first": 0,
        "every": 10,
        "metrics": [*METRICS_OF_ALL, *VECTORS],
        "checkpoints": "powers_of_two",
    },
    "detect": {"train_threshold": 0.99, "test_threshold": 0.5},
}
REFINED = changed(GROKS, {"/record/refine_crossings": True, "/record/checkpoints": "crossings"})
DENSE = changed(GROKS, {"/record": {"per_decade": None, "first": 600, "metrics": METRICS_OF_ALL}})
OPERATIONS = ["+", "*"]
SWEPT: Json = {
    **MODULAR,
    "record": {"metrics": ["test_accuracy", "l2_norm[decoder.0]", "rank[embedding.0]"]},
    "sweep": {"axes": [{"path": "/problem/operation", "values": OPERATIONS}], "seeds": {"count": 2}},
}
HELD_OUT: Json = {
    **CLASSES,
    "sweep": {"axes": [{"path": "/problem/test_fraction", "values": [0.25, 0.5]}]},
}
DIVERGES = changed(TEACHER, {"/optimizer/learning_rate": 1e6, "/steps": 60})
ASKED: dict[str, Json] = {
    "groks": GROKS,
    "refined": REFINED,
    "dense": DENSE,
    "teacher": TEACHER,
    "numbers": NUMBERS,
    "swept": SWEPT,
    "held out": HELD_OUT,
    "diverges": DIVERGES,
}


def train_all(service: Service) -> None:
    """Trains whatever waits."""
    while True:
        with service.db.write() as conn:
            lease = claim(conn, queue="cpu", worker="here", lease_seconds=60)
        if lease is None:
            return
        execute(bench(service.db, lease_seconds=60), lease)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own, so that what was trained serves all tests."""
    folder = tmp_path_factory.mktemp("networks")
    url = f"sqlite:///{folder}/groklab.db"
    upgrade(url)
    settings = Settings(state_dir=folder, database_url=url, broker_url="filesystem://")
    db = open_database(url)
    with served(settings) as client:
        yield Service(settings, db, client)
    db.dispose()


@pytest.fixture(scope="module")
def runs(small: Service) -> dict[str, list[str]]:
    """The trained runs of each spec, in cell order."""
    made = {name: submit(small.client, spec) for name, spec in ASKED.items()}
    train_all(small)
    return {name: run_ids(small.client, experiment) for name, experiment in made.items()}


@pytest.fixture
def client(small: Service) -> Client:
    return small.client


def get(client: Client, path: str, **parameters: Any) -> Json:
    answer = client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def analysis(client: Client, run: str, **parameters: Any) -> Json:
    return get(client, f"/v1/runs/{run}/analysis", **parameters)


def series(client: Client, run: str, name: str) -> tuple[list[int], list[float]]:
    """Steps and values of a metric."""
    (part,) = get(client, f"/v1/runs/{run}/series", metric=name)["series"]
    return part["steps"], part["values"]


def first_at_least(client: Client, run: str, name: str, level: float) -> tuple[int, int]:
    """The first recorded step with at least this value, behind the one before."""
    steps, values = series(client, run, name)
    place = next(i for i, value in enumerate(values) if value >= level)
    return steps[max(place - 1, 0)], steps[place]


# Submission


@pytest.mark.parametrize("spec", [MODULAR, TEACHER, CLASSES, NUMBERS, DIGITS])
def test_a_spec_of_a_network_is_taken_and_answered_with_its_defaults(client: Client, spec: Json) -> None:
    found = submit(client, {**spec, "device": "cuda"})["spec"]
    assert found["precision"] == "float32"
    regression = spec in (TEACHER, NUMBERS)
    assert found["detect"] == (
        {"metric": "loss", "train_threshold": 1e-2, "test_threshold": 1e-1}
        if regression
        else {"metric": "accuracy", "train_threshold": 0.9999, "test_threshold": 0.9999}
    )
    assert client.post("/v1/experiments", json={**found, "device": "cuda"}).status_code == 202


@pytest.mark.parametrize(
    ("change", "pointer", "value"),
    [
        ({"/model/embedding": 5}, "/model/embedding", 5),
        ({"/optimizer/momentum": 0.9}, "/optimizer/momentum", 0.9),
        ({"/regularization/sobolev_1": 1.0}, "/regularization/sobolev_1", 1.0),
        ({"/problem/modulus": 9, "/problem/operation": "/"}, "/problem/modulus", 9),
    ],
)
def test_a_bad_one_is_a_422_with_pointer_value_and_rule(
    client: Client, change: Json, pointer: str, value: object
) -> None:
    answer = client.post("/v1/experiments", json=changed(MODULAR, change))
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["value"]) == (pointer, value)
    assert error["message"]


def test_a_dry_run_has_costs_and_no_theory(client: Client) -> None:
    sweep = {"axes": [{"path": "/regularization/l2", "values": [1e-4, 1e-3]}], "seeds": {"count": 3}}
    spec = {**MODULAR, "sweep": sweep}
    answer = client.post("/v1/experiments?dry_run=true", json=spec)
    assert answer.status_code == 200, answer.text
    found, cells = answer.json(), expand(parse_spec(spec))
    assert (found["cells"], found["batch_count"]) == (6, 1)
    assert (found["predicted"], found["warnings"]) == ([], [])
    assert found["batches"] == [{"runs": 6, "bytes": plan(cells)[0].bytes}]
    cost = {"run_steps": 120, "bytes": plan(cells)[0].bytes}
    assert found["cost"] == {**cost, "seconds": pytest.approx(batch_seconds([c.spec for c in cells]))}


def test_a_dry_run_of_networks_beside_linear_models_predicts_those_alone(client: Client) -> None:
    linear: Json = {
        "problem": {"kind": "sparse_recovery", "dimension": 20, "sparsity": 2, "measurements": 8},
        "model": {"kind": "linear"},
        "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    }
    kinds = ("problem", "model", "optimizer")
    rows = [[spec[kind] for kind in kinds] for spec in (MODULAR, linear, TEACHER)]
    axis = {"paths": [f"/{kind}" for kind in kinds], "values": rows}
    spec = {**MODULAR, "steps": 10**5, "sweep": {"axes": [axis]}}
    found = client.post("/v1/experiments?dry_run=true", json=spec).json()
    assert [one["cell"] for one in found["predicted"]] == [1]
    assert found["batch_count"] == 3


@pytest.mark.parametrize("path", ["/v1/experiments", "/v1/experiments?dry_run=true"])
def test_more_memory_than_there_is_is_refused_at_once(client: Client, path: str) -> None:
    huge = changed(TEACHER, {"/problem/train_size": 10**6, "/problem/dimension": 10_000})
    answer = client.post(path, json=huge)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == "/problem"
    assert "bytes at once; this asks for about" in error["message"]


# Runs and analysis


def test_a_trained_network_is_a_run_like_any_other(client: Client, runs: dict[str, list[str]]) -> None:
    run = get(client, f"/v1/runs/{runs['groks'][0]}")
    assert (run["state"], run["outcome"], run["step"]) == ("succeeded", "grokked", 600)
    assert run["t1"] < run["t2"]
    assert run["delay"] == run["t2"] - run["t1"]
    assert list(run["final"]) == METRICS_OF_ALL
    assert run["final"]["test_accuracy"] > 0.5
    assert run["provenance"]["engine"] == "loop"


def test_a_network_is_judged_by_what_it_detects_between_two_evaluations(
    client: Client, runs: dict[str, list[str]]
) -> None:
    (run,) = runs["groks"]
    found = analysis(client, run)
    assert found["detector"] == {
        "kind": "threshold",
        "train_metric": "train_accuracy",
        "train_threshold": 0.99,
        "test_metric": "test_accuracy",
        "test_threshold": 0.5,
        "sustained": 1,
        "exact": False,
    }
    for name, part, level in (("t1", "train", 0.99), ("t2", "test", 0.5)):
        low, high = first_at_least(client, run, f"{part}_accuracy", level)
        assert found[name] == {"value": high, "status": "observed", "bracket": [low, high]}
        assert high - low == 10
    assert (found["outcome"], found["delay"]) == ("grokked", found["t2"]["value"] - found["t1"]["value"])
    theory = found["theory"]
    assert (theory["delay"], theory["ratio"], theory["in_regime"]) == (None, None, False)
    assert theory["regime"] == ["a linear model"]


def test_refined_crossings_are_exact_to_the_step(client: Client, runs: dict[str, list[str]]) -> None:
    (plain,), (refined,), (dense,) = (runs[name] for name in ("groks", "refined", "dense"))
    found, bracketed = analysis(client, refined), analysis(client, plain)
    assert found["detector"]["exact"] is True
    for name, part, level in (("t1", "train", 0.99), ("t2", "test", 0.5)):
        low, high = bracketed[name]["bracket"]
        every_step = series(client, dense, f"{part}_accuracy")[1]
        exact = next(step for step in range(low + 1, high + 1) if every_step[step] >= level)
        assert found[name] == {"value": exact, "status": "observed", "bracket": [exact, exact]}
    assert series(client, refined, "test_loss") == series(client, plain, "test_loss")


@pytest.mark.parametrize("level", [0.1, 0.3, 0.6])
def test_an_accuracy_is_looked_for_from_below(
    client: Client, runs: dict[str, list[str]], level: float
) -> None:
    (run,) = runs["groks"]
    found = analysis(client, run, test_threshold=level)
    low, high = first_at_least(client, run, "test_accuracy", level)
    assert found["t2"] == {"value": high, "status": "observed", "bracket": [low, high]}
    assert (found["detector"]["test_threshold"], found["detector"]["exact"]) == (level, False)


def test_an_accuracy_that_is_not_reached_is_censored(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["groks"]
    best = max(series(client, run, "test_accuracy")[1])
    found = analysis(client, run, test_threshold=math.nextafter(best, 2), sustained=2)
    assert found["t2"] == {"value": None, "status": "censored", "bracket": [600, None]}
    assert found["outcome"] == "memorised_only"


def test_a_sustained_accuracy_stays(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["groks"]
    steps, values = series(client, run, "test_accuracy")
    place = next(i for i in range(len(values) - 4) if min(values[i : i + 5]) >= 0.5)
    assert analysis(client, run, sustained=5)["t2"]["value"] == steps[place]


def test_a_plateau_of_accuracies_lies_above_the_threshold(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["groks"]
    steps, values = series(client, run, "test_accuracy")
    want = plateau(np.array(steps), np.array(values), 0.5, direction="above")
    found = analysis(client, run, detector="plateau")
    assert want.step is not None
    assert found["t2"]["by_rule"] == {"step": want.step, "error": want.error, "final": want.final}
    assert (found["t2"]["value"], found["t2"]["status"]) == (want.crossing.value, "observed")
    assert want.error is not None
    assert want.error > 0.5
    assert found["t1"]["value"] == first_at_least(client, run, "train_accuracy", 0.99)[1]
    assert want.final is not None
    refused = analysis(client, run, detector="plateau", test_threshold=min(1.0, 1.1 * want.final))
    assert (refused["t2"]["value"], refused["t2"]["status"]) == (None, "censored")
    assert refused["t2"]["by_rule"] == found["t2"]["by_rule"]


@pytest.mark.parametrize("name", ["train_threshold", "test_threshold"])
def test_an_accuracy_over_one_is_refused(client: Client, runs: dict[str, list[str]], name: str) -> None:
    answer = client.get(f"/v1/runs/{runs['groks'][0]}/analysis", params={name: 1.5})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["value"]) == (f"/query/{name}", 1.5)
    assert "at most 1 for an accuracy" in error["message"]
    assert analysis(client, runs["teacher"][0], **{name: 1.5})["detector"][name] == 1.5


def test_a_regression_is_judged_by_its_loss_from_above(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["teacher"]
    start = series(client, run, "test_loss")[1][0]
    found = analysis(client, run, train_threshold=1e9, test_threshold=2 * start)
    assert found["detector"]["train_metric"] == "train_loss"
    assert found["detector"]["test_metric"] == "test_loss"
    assert found["t1"] == found["t2"] == {"value": 0, "status": "observed", "bracket": [0, 0]}
    assert found["outcome"] == "generalised_at_once"
    assert {"zero_baseline", "mean_baseline", "ridge_baseline", "train_r2"} <= set(
        get(client, f"/v1/runs/{run}")["final"]
    )


def test_a_network_that_diverges_says_so_and_keeps_its_series(
    client: Client, runs: dict[str, list[str]]
) -> None:
    (name,) = runs["diverges"]
    run = get(client, f"/v1/runs/{name}")
    assert (run["state"], run["outcome"]) == ("succeeded", "diverged")
    assert run["diverged_at"] > 0
    (part,) = get(client, f"/v1/runs/{name}/series", metric="train_loss")["series"]
    assert part["steps"][-1] == run["diverged_at"]
    assert str(len(part["values"]) - 1) in part["nonfinite"]
    assert analysis(client, name)["outcome"] == "diverged"


def test_without_test_data_other_questions_are_a_conflict(client: Client, runs: dict[str, list[str]]) -> None:
    (run,) = runs["numbers"]
    found = analysis(client, run)
    assert (found["t2"]["value"], found["t2"]["bracket"]) == (None, [20, None])
    answer = client.get(f"/v1/runs/{run}/analysis", params={"train_threshold": 0.5})
    assert answer.status_code == 409
    assert "did not record test_loss" in answer.json()["detail"]


# Series


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
