"""What a spec accepts, and how it says no."""

import json
from typing import Any

import pytest

from core.spec import GOLDEN_EXAMPLE, ExperimentSpec, Record, SpecInvalid, expand, parse_spec

BASE: dict[str, Any] = {
    "problem": {"kind": "sparse_recovery"},
    "model": {"kind": "linear"},
    "optimizer": {"kind": "subgradient", "learning_rate": 0.1},
    "steps": 1000,
}


def axis(path: str, *values: object) -> dict[str, Any]:
    return {"sweep": {"axes": [{"path": path, "values": list(values)}]}}


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown field": ({"colour": 1}, "/colour", "no such field; there are name, tags, problem,"),
    "no measurements": (
        {"problem": {"kind": "sparse_recovery", "measurements": 0}},
        "/problem/measurements",
        "1",
    ),
    "unknown problem": ({"problem": {"kind": "tea"}}, "/problem/kind", "sparse_recovery"),
    "missing kind": ({"problem": {}}, "/problem/kind", "one of sparse_recovery, matrix_completion"),
    "sparsity over dimension": (
        {"problem": {"kind": "sparse_recovery", "dimension": 10, "sparsity": 11}},
        "/problem/sparsity",
        "at most dimension = 10",
    ),
    "coherence over one": (
        {"problem": {"kind": "sparse_recovery", "coherence": 1.5}},
        "/problem/coherence",
        "1",
    ),
    "more selected rows than columns": (
        {"problem": {"kind": "sparse_recovery", "dimension": 5, "sparsity": 1, "coherence": 1.0}},
        "/problem/coherence",
        "at most dimension = 5",
    ),
    "negative strength": (
        {"regularization": {"l1": -1.0}},
        "/regularization/l1",
        "greater than or equal to 0",
    ),
    "infinite strength": ({"regularization": {"l1": float("inf")}}, "/regularization/l1", "finite"),
    "not a number": ({"regularization": {"l1": float("nan")}}, "/regularization/l1", "finite"),
    "an integer beyond float": ({"regularization": {"l1": 10**400}}, "/regularization/l1", "number"),
    "learning rate 0": (
        {"optimizer": {"kind": "proximal", "learning_rate": 0}},
        "/optimizer/learning_rate",
        "0",
    ),
    "steps as text": ({"steps": "many"}, "/steps", "integer"),
    "steps as a digit string": ({"steps": "12"}, "/steps", "integer"),
    "steps as truth": ({"steps": True}, "/steps", "integer"),
    "broken steps": ({"steps": 10.5}, "/steps", "integer"),
    "too many steps": ({"steps": 10**13}, "/steps", "1000000000000"),
    "control characters in a name": ({"name": "a\x00b"}, "/name", "without control characters"),
    "too many tags": ({"tags": ["x"] * 33}, "/tags", "32"),
    "unknown preset": ({"record": "journal"}, "/record", "`paper`"),
    "unknown metric": ({"record": {"metrics": ["train_error", "luck"]}}, "/record/metrics/1", "train_error"),
    "metric named twice": ({"record": {"metrics": ["l1_norm", "l1_norm"]}}, "/record/metrics/1", "twice"),
    "too many points": ({"steps": 10**9, "record": {"every": 1}}, "/record", "at most 5000000"),
    "depth with a proximal step": (
        {"model": {"kind": "linear", "depth": 2}, "optimizer": {"kind": "proximal", "learning_rate": 0.1}},
        "/optimizer/kind",
        "depth 2",
    ),
    "depth from least squares": (
        {"model": {"kind": "linear", "depth": 2, "init": {"kind": "least_squares"}}},
        "/model/init/kind",
        "not defined",
    ),
    "legacy signs": (
        {"rng": "numpy-legacy", "problem": {"kind": "sparse_recovery", "signal": "sign"}},
        "/problem/signal",
        "numpy-legacy",
    ),
    "legacy seed": ({"rng": "numpy-legacy", "seed": 2**32}, "/seed", "4294967295"),
    "device": ({"device": "abacus"}, "/device", "cuda"),
    "axis without a field": (
        axis("/regularization/l7", 1),
        "/sweep/axes/0/values/0",
        "with /regularization/l7 = 1: no such field; there are l1, l2, l2_squared",
    ),
    "axis below a misspelt field": (
        axis("/regularisation/l1", 1),
        "/sweep/axes/0",
        "the path of a field of the spec, such as /regularization/l1 (did you mean regularization?)",
    ),
    "axis below a number": (axis("/steps/more", 1), "/sweep/axes/0", "path of a field"),
    "axis of the wrong type": (axis("/regularization/l1", 1e-3, "a"), "/sweep/axes/0/values/1", "number"),
    "axis over seeds": (axis("/seed", 1, 2), "/sweep/axes/0", "/sweep/seeds"),
    "axis that breaks a rule": (axis("/problem/sparsity", 5, 101), "/sweep/axes/0/values/1", "cell 1"),
    "axis of a field beside the faulty one": (
        axis("/problem/dimension", 100, 1),
        "/sweep/axes/0",
        "with /problem/dimension = 1, /problem/sparsity = 5: at most dimension = 1 (first in cell 1)",
    ),
    "axis of a field elsewhere": (
        {
            "optimizer": {"kind": "proximal", "learning_rate": 0.1},
            **axis("/model/depth", 1, 2),
        },
        "/optimizer/kind",
        "only subgradient, as proximal is not defined for depth 2 (first in cell 1)",
    ),
    "grid of a wrong strength": (
        {
            "sweep": {
                "axes": [{"path": "/regularization/nuclear", "linspace": {"start": 0, "stop": 1, "num": 3}}]
            }
        },
        "/sweep/axes/0",
        "with /regularization/nuclear = 0.5: only 0, as sparse_recovery has vectors",
    ),
    "axis of whole objects": (
        axis("/problem", {"kind": "sparse_recovery", "sparsity": 101}),
        "/sweep/axes/0/values/0",
        "at most dimension",
    ),
    "equal cells": (axis("/regularization/l1", 1, 1.0), "/sweep", "cells 0 and 1 are equal"),
    "axis without values": ({"sweep": {"axes": [{"path": "/steps"}]}}, "/sweep/axes/0", "exactly one"),
    "axis without a path": ({"sweep": {"axes": [{"values": [1]}]}}, "/sweep/axes/0", "`path`"),
    "ragged zip": (
        {"sweep": {"axes": [{"paths": ["/steps", "/seed"], "values": [[1]]}]}},
        "/sweep/axes/0",
        "one value for each",
    ),
    "two axes, one path": (
        {"sweep": {"axes": [{"path": "/steps", "values": [1]}, {"path": "/steps", "values": [2]}]}},
        "/sweep/axes/1",
        "no other axis",
    ),
    "logspace through zero": (
        {"sweep": {"axes": [{"path": "/steps", "logspace": {"start": 0, "stop": 1, "num": 2}}]}},
        "/sweep/axes/0/logspace",
        "greater than 0",
    ),
    "logspace of exponents": (
        {"sweep": {"axes": [{"path": "/steps", "logspace": {"start": -3, "stop": -6, "num": 4}}]}},
        "/sweep/axes/0/logspace",
        "not exponents, and greater than 0: for 10^-3 to 10^-6 write start = 1e-3, stop = 1e-6",
    ),
    "misspelt field that must be there": (
        {"optimizer": {"kind": "subgradient", "learning_rte": 0.1}},
        "/optimizer/learning_rte",
        "no such field; there are kind, learning_rate (did you mean learning_rate?)",
    ),
    "field left out": (
        {"optimizer": {"kind": "subgradient"}},
        "/optimizer/learning_rate",
        "required: step size alpha",
    ),
    "too many cells": (
        {
            "sweep": {
                "axes": [{"path": "/regularization/l1", "linspace": {"start": 0, "stop": 1, "num": 1000}}],
                "seeds": {"count": 1000},
            }
        },
        "/sweep",
        "at most 100000 cells; this sweep has 1000000",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_fault_names_the_field_and_what_is_allowed(name: str) -> None:
    change, pointer, allowed = BAD[name]
    with pytest.raises(SpecInvalid) as caught:
        expand(parse_spec({**BASE, **change}))
    assert [e.pointer for e in caught.value.errors] == [pointer]
    assert allowed in caught.value.errors[0].message


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(SpecInvalid) as caught:
        parse_spec({**BASE, "steps": 0, "colour": 1, "regularization": {"l1": -1}})
    assert {e.pointer for e in caught.value.errors} == {"/steps", "/colour", "/regularization/l1"}
    assert {e.value for e in caught.value.errors} == {0, 1, -1}


@pytest.mark.parametrize("data", [None, 3, "spec", [], [1], {}])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(SpecInvalid):
        parse_spec(data)


@pytest.mark.parametrize("value", [2**64, 10**30, 1e300])
def test_a_huge_integer_is_a_number_like_any_other(value: float) -> None:
    spec = parse_spec({**BASE, **axis("/regularization/l1", value)})
    bound = SpecInvalid if value > 1e100 else None
    if bound is None:
        assert expand(spec)[0].spec.regularization.l1 == float(value)
        assert json.loads(json.dumps(expand(spec)[0].axes)) == {"/regularization/l1": float(value)}
    else:
        with pytest.raises(bound):
            expand(spec)


def test_deep_models_start_away_from_the_saddle() -> None:
    for depth, scale in ((1, 1e-6), (2, 1e-2), (5, 1e-2)):
        assert (
            parse_spec({**BASE, "model": {"kind": "linear", "depth": depth}}).linear_model.init.scale == scale
        )
    kept = {"kind": "linear", "depth": 2, "init": {"kind": "constant", "scale": 1e-6}}
    assert parse_spec({**BASE, "model": kept}).linear_model.init.scale == 1e-6


def test_whole_floats_are_integers() -> None:
    assert parse_spec({**BASE, "steps": 1e5}).steps == 100_000


def test_the_published_schedule_has_a_name() -> None:
    assert parse_spec({**BASE, "record": "paper"}).record == Record(per_decade=None, first=999, every=1000)


@pytest.mark.parametrize(("kind", "scale"), [("constant", 1e-6), ("sign_symmetric", 1e-2), ("normal", 1.0)])
def test_the_scale_of_a_start_defaults_by_kind(kind: str, scale: float) -> None:
    assert (
        parse_spec({**BASE, "model": {"kind": "linear", "init": {"kind": kind}}}).linear_model.init.scale
        == scale
    )


def test_the_schema_describes_every_field() -> None:
    schema = ExperimentSpec.model_json_schema()
    bare = [name for name, field in schema["properties"].items() if "description" not in field]
    assert not bare
    parse_spec(json.loads(json.dumps(GOLDEN_EXAMPLE)))
