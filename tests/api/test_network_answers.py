"""Networks over HTTP: specs, dry runs, and how runs that were really trained are judged."""

import math

import numpy as np
import pytest
from httpx import Client

from core.analysis import plateau
from core.spec import batch_seconds, expand, parse_spec, plan
from tests.api.networks import METRICS_OF_ALL, analysis, first_at_least, get, series
from tests.api.played import Json, submit
from tests.api.served import Service
from tests.core.spec.network_specs import CLASSES, DIGITS, MODULAR, NUMBERS, TEACHER, changed


@pytest.fixture
def client(small: Service) -> Client:
    return small.client


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
