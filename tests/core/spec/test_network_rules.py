"""What networks refuse: pointer, rule and value of each fault, alone and in a sweep."""

from typing import Any

import pytest

from core.spec import SpecInvalid, canonical, expand, parse_spec
from tests.core.spec.bad_network_runs import BAD_RUNS
from tests.core.spec.bad_networks import BAD_NETWORKS, LINEAR_MODEL, SUBGRADIENT
from tests.core.spec.network_specs import DIGITS, GOOD, MODULAR, NUMBERS, TEACHER, Change, Json, at, changed

BAD = {**BAD_NETWORKS, **BAD_RUNS}


def refused(spec: Json) -> list[Any]:
    with pytest.raises(SpecInvalid) as caught:
        expand(parse_spec(spec))
    return list(caught.value.errors)


@pytest.mark.parametrize("name", GOOD)
def test_what_is_changed_is_good_at_first(name: str) -> None:
    (cell,) = expand(parse_spec(GOOD[name]))
    assert cell.spec.precision == "float32"
    assert cell.spec.detect.metric == ("loss" if name in ("teacher", "numbers") else "accuracy")
    assert cell.spec.detect.levels == ((1e-2, 1e-1) if name in ("teacher", "numbers") else (0.9999, 0.9999))


@pytest.mark.parametrize("name", BAD)
def test_a_fault_names_the_field_and_what_is_allowed(name: str) -> None:
    base, change, pointer, allowed = BAD[name]
    given = changed(base, change)
    (error,) = refused(given)
    assert error.pointer == pointer
    assert allowed in error.message
    value = at(given, pointer)
    if isinstance(value, list):
        assert error.value in (value, len(value))
    else:
        assert error.value == value


def _sweepable(base: Json, change: Change) -> bool:
    parts = canonical(parse_spec(base))
    return all(path.split("/")[-1] in (at(parts, path.rpartition("/")[0]) or {}) for path in change)


@pytest.mark.parametrize("name", [name for name in BAD if _sweepable(*BAD[name][:2])])
def test_a_fault_in_a_sweep_names_the_axis_value_and_the_field(name: str) -> None:
    base, change, pointer, allowed = BAD[name]
    filled = canonical(parse_spec(base))
    good = [at(filled, path) for path in change]
    axis = {"paths": list(change), "values": [good, list(change.values())]}
    (error,) = refused({**base, "sweep": {"axes": [axis], "seeds": {"count": 3}}})
    set_by_axis = any(pointer.startswith(path) or path.startswith(pointer) for path in change)
    assert error.pointer == ("/sweep/axes/0/values/1" if set_by_axis else "/sweep/axes/0")
    assert error.message.startswith("with ")
    assert error.message.partition(": ")[0].count(pointer) == 1
    assert allowed in error.message


@pytest.mark.parametrize(
    ("base", "path", "values", "pointer", "fault"),
    [
        (
            {**MODULAR, "problem": {**MODULAR["problem"], "operation": "/"}},
            "/problem/modulus",
            [5, 7, 8],
            "/sweep/axes/0/values/2",
            "with /problem/modulus = 8: a prime for division (first in cell 4)",
        ),
        (
            {**MODULAR, "problem": {**MODULAR["problem"], "modulus": 6}},
            "/problem/operation",
            ["+", "/"],
            "/sweep/axes/0",
            'with /problem/operation = "/", /problem/modulus = 6: a prime for division (first in cell 2)',
        ),
        (
            {**MODULAR, "optimizer": {**MODULAR["optimizer"], "batch_size": 10}},
            "/problem/train_fraction",
            [0.8, 0.6, 0.2],
            "/optimizer/batch_size",
            "at most the 5 training inputs; null for all of them (first in cell 4)",
        ),
    ],
)
def test_a_rule_in_a_sweep_names_the_first_cell_that_breaks_it(
    base: Json, path: str, values: list[Any], pointer: str, fault: str
) -> None:
    axis = {"path": path, "values": values}
    (error,) = refused({**base, "sweep": {"axes": [axis], "seeds": {"count": 2}}})
    assert error.pointer == pointer
    assert error.message == fault


def test_a_list_without_groups_is_told_both_ways_out() -> None:
    found = refused(changed(MODULAR, {"/regularization/groups": []}))
    assert {error.pointer for error in found} == {"/regularization/groups"}
    assert "'weights'" in found[0].message
    assert "at least 1 item" in found[1].message


def test_every_fault_of_a_network_is_told_at_once() -> None:
    found = refused(
        changed(
            MODULAR,
            {
                "/rng": "numpy-legacy",
                "/engine": "closed_form",
                "/model/embedding": 6,
                "/optimizer/batch_size": 99,
                "/regularization/sobolev_1": 1,
                "/detect": {"test_threshold": 3},
            },
        )
    )
    assert {error.pointer for error in found} == {
        "/rng",
        "/engine",
        "/model/embedding",
        "/optimizer/batch_size",
        "/regularization/sobolev_1",
        "/detect/test_threshold",
    }


@pytest.mark.parametrize(
    ("base", "change"),
    [
        (MODULAR, {"/model/embedding": 5, "/model/combine": "hadamard"}),
        (MODULAR, {"/problem/operation": "/", "/problem/modulus": 2, "/problem/train_fraction": 0.5}),
        (MODULAR, {"/optimizer/batch_size": 10}),
        (MODULAR, {"/detect": {"metric": "loss", "train_threshold": 3}}),
        (MODULAR, {"/detect": {"test_threshold": 1}}),
        (MODULAR, {"/problem/split": "proportions", "/problem/class_proportions": [5, 5, 0, 0, 0]}),
        (MODULAR, {"/optimizer/schedule": {"kind": "cosine", "warmup_steps": 19}}),
        (TEACHER, {"/regularization": {"nuclear": 0.1, "sobolev_2": 1, "groups": ["layers"]}}),
        (TEACHER, {"/regularization": {"l2": 0.1, "groups": ["layers.0.bias"]}}),
        (TEACHER, {"/problem/activation": "relu", "/regularization/sobolev_1": 1}),
        (TEACHER, {"/model/hidden": [], "/optimizer/momentum": 0.9, "/optimizer/nesterov": True}),
        (NUMBERS, {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT, "/problem/true_parameters": [1, 2]}),
        (DIGITS, {"/problem/test_fraction": 0.9}),
    ],
)
def test_what_lies_on_the_good_side_of_a_rule_is_taken(base: Json, change: Change) -> None:
    assert len(expand(parse_spec(changed(base, change)))) == 1
