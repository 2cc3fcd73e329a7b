"""Specs that cannot be run: the answer names the field and what is allowed, and nothing is stored."""

import json
from typing import Any

import pytest
from httpx import Client

from tests.api.played import Json, spec

_AXIS = {"path": "/regularization/l1", "values": [1e-4]}
_MANY = {"path": "/regularization/l1", "logspace": {"start": 1e-9, "stop": 1e-3, "num": 1000}}

JSON = {"Content-Type": "application/json"}
BAD: dict[str, tuple[Json, str, Any]] = {
    "unknown field": (spec(colour=1), "/colour", 1),
    "unknown nested field": (spec(problem__colour=1), "/problem/colour", 1),
    "missing steps": ({k: v for k, v in spec().items() if k != "steps"}, "/steps", None),
    "no measurements": (spec(problem__measurements=0), "/problem/measurements", 0),
    "sparsity over dimension": (spec(problem__sparsity=21), "/problem/sparsity", 21),
    "negative strength": (spec(regularization__l1=-1.0), "/regularization/l1", -1.0),
    "learning rate over the bound": (spec(optimizer__learning_rate=50.0), "/optimizer/learning_rate", 50.0),
    "steps as text": (spec(steps="many"), "/steps", "many"),
    "control character in the name": (spec(name="a\u0000b"), "/name", "a\u0000b"),
    "path that does not exist": (
        spec(sweep={"axes": [{"path": "/regularization/l7", "values": [1]}]}),
        "/sweep/axes/0/values/0",
        1,
    ),
    "value of a wrong type": (
        spec(sweep={"axes": [{"path": "/regularization/l1", "values": [1e-4, "x"]}]}),
        "/sweep/axes/0/values/1",
        "x",
    ),
    "too many cells": (spec(sweep={"axes": [_MANY], "seeds": {"count": 1000}}), "/sweep", 1_000_000),
    "equal cells": (
        spec(sweep={"axes": [{"path": "/regularization/l1", "values": [1e-4, 1e-4]}]}),
        "/sweep",
        {"/regularization/l1": 1e-4},
    ),
    "axis set twice": (spec(sweep={"axes": [_AXIS, _AXIS]}), "/sweep/axes/1", "/regularization/l1"),
}


@pytest.mark.parametrize("name", BAD)
def test_the_answer_points_at_the_field(shared_client: Client, name: str) -> None:
    data, pointer, value = BAD[name]
    answer = shared_client.post("/v1/experiments", json=data)
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "errors"} <= problem.keys()
    assert problem["status"] == 422
    fault = problem["errors"][0]
    assert (fault["pointer"], fault["value"]) == (pointer, value)
    assert fault["message"]
    assert shared_client.get("/v1/experiments").json()["items"] == []


@pytest.mark.parametrize("body", [[], [1], "text", 1, None, True])
def test_a_body_that_is_no_object_is_refused(shared_client: Client, body: Any) -> None:
    answer = shared_client.post("/v1/experiments", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_very_many_faults_are_cut_short(shared_client: Client) -> None:
    answer = shared_client.post(
        "/v1/experiments", json=spec(tags=[""] * 30, **{f"x{i}": i for i in range(50)})
    )
    problem = answer.json()
    assert answer.status_code == 422
    assert len(problem["errors"]) == 20
    assert "80 faults" in problem["detail"]


def test_a_long_value_is_shortened(shared_client: Client) -> None:
    answer = shared_client.post("/v1/experiments", json=spec(steps="x" * 10_000))
    assert len(answer.content) < 2_000


def test_a_number_beyond_64_bits_is_refused(shared_client: Client) -> None:
    answer = shared_client.post("/v1/experiments", json=spec(seed=10**30))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/seed"
