"""What networks refuse: pointer, rule and value of each fault, alone and in a sweep."""

import copy
from typing import Any

import pytest

from core.spec import SpecInvalid, canonical, expand, parse_spec
from tests.core.spec.test_parse import BASE as LINEAR

Json = dict[str, Any]
Change = dict[str, Any]

MODULAR: Json = {
    "problem": {"kind": "modular_arithmetic", "modulus": 5},
    "model": {"kind": "encoder_decoder", "embedding": 4, "hidden": [3]},
    "optimizer": {"kind": "adam", "learning_rate": 1e-2},
    "steps": 20,
}
TEACHER: Json = {
    "problem": {
        "kind": "teacher_student",
        "dimension": 3,
        "hidden": 4,
        "train_size": 6,
        "test_size": 7,
        "activation": "tanh",
    },
    "model": {"kind": "mlp", "hidden": [5], "activation": "tanh", "bias": True},
    "optimizer": {"kind": "sgd", "learning_rate": 1e-2},
    "steps": 20,
}
CLASSES: Json = {
    "problem": {
        "kind": "dataset",
        "task": "classification",
        "inputs": [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]],
        "targets": [0.0, 2.0, 1.0, 0.0],
    },
    "model": {"kind": "mlp", "hidden": [3]},
    "optimizer": {"kind": "adamw", "learning_rate": 1e-2},
    "steps": 20,
}
NUMBERS: Json = {**CLASSES, "problem": {**CLASSES["problem"], "task": "regression"}}
DIGITS: Json = {**CLASSES, "problem": {"kind": "dataset", "builtin": "digits"}}
GOOD: dict[str, Json] = {
    "modular": MODULAR,
    "teacher": TEACHER,
    "classes": CLASSES,
    "numbers": NUMBERS,
    "digits": DIGITS,
}
SOBOLEV = ("sobolev_1", "sobolev_2", "sobolev_1_squared", "sobolev_2_squared")
LINEAR_MODEL = {"kind": "linear"}
SUBGRADIENT = {"kind": "subgradient", "learning_rate": 0.1}
# The table of + on Z_5 has 5 pairs of each class, of which 10 pairs in all are trained on.
TOO_MANY = [6, 4, 0, 0, 0]

BAD: dict[str, tuple[Json, Change, str, str]] = {
    # Modular arithmetic
    "division by a composite": (
        MODULAR,
        {"/problem/operation": "/", "/problem/modulus": 9},
        "/problem/modulus",
        "a prime for division",
    ),
    "no residues": (MODULAR, {"/problem/modulus": 1}, "/problem/modulus", "equal to 2"),
    "too many residues": (MODULAR, {"/problem/modulus": 1010}, "/problem/modulus", "equal to 1009"),
    "another operation": (MODULAR, {"/problem/operation": "^"}, "/problem/operation", "'x^2+xy+y^2'"),
    "nothing to train on": (
        MODULAR,
        {"/problem/train_fraction": 0.03},
        "/problem/train_fraction",
        "at least one of 25 pairs on either side",
    ),
    "nothing to test on": (
        MODULAR,
        {"/problem/train_fraction": 0.99999999999},
        "/problem/train_fraction",
        "at least one of 25 pairs on either side",
    ),
    "all of the pairs": (
        MODULAR,
        {"/problem/train_fraction": 1},
        "/problem/train_fraction",
        "less than 1",
    ),
    "none of the pairs": (
        MODULAR,
        {"/problem/train_fraction": 0},
        "/problem/train_fraction",
        "greater than 0",
    ),
    "proportions that are missing": (
        MODULAR,
        {"/problem/split": "proportions"},
        "/problem/class_proportions",
        "with the split proportions",
    ),
    "proportions of another split": (
        MODULAR,
        {"/problem/class_proportions": [1, 1, 1, 1, 1]},
        "/problem/class_proportions",
        "with no other",
    ),
    "proportions of too few classes": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": [1, 1]},
        "/problem/class_proportions",
        "5 weights, one for each class, not all 0; got 2",
    ),
    "proportions that are all zero": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": [0, 0, 0, 0, 0]},
        "/problem/class_proportions",
        "not all 0",
    ),
    "a proportion below zero": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": [1, 1, 1, 1, -1]},
        "/problem/class_proportions/4",
        "equal to 0",
    ),
    "more than a class has": (
        MODULAR,
        {"/problem/split": "proportions", "/problem/class_proportions": TOO_MANY},
        "/problem/class_proportions",
        "take 6 of the 5 pairs of class 0",
    ),
    "more than a rare class has": (
        MODULAR,
        {"/problem/operation": "x^2+xy+y^2", "/problem/split": "balanced", "/problem/train_fraction": 0.5},
        "/problem/train_fraction",
        "take 3 of the 1 pairs of class 0",
    ),
    # Models
    "no matrix to multiply": (
        MODULAR,
        {"/model/embedding": 5},
        "/model/embedding",
        "a square such as 64 with combine matrix_product",
    ),
    "no embedding": (MODULAR, {"/model/embedding": 0}, "/model/embedding", "equal to 1"),
    "a layer of nothing": (TEACHER, {"/model/hidden": [5, 0]}, "/model/hidden/1", "equal to 1"),
    "seventeen layers": (TEACHER, {"/model/hidden": [1] * 17}, "/model/hidden", "at most 16"),
    "widths of the data": (TEACHER, {"/model/inputs": 3}, "/model/inputs", "there are kind, hidden"),
    "an embedding of numbers": (TEACHER, {"/model/embedding": 4}, "/model/embedding", "no such field"),
    "another activation": (TEACHER, {"/model/activation": "elu"}, "/model/activation", "'gelu'"),
    "the published start of a perceptron": (
        TEACHER,
        {"/model/init": {"kind": "paper"}},
        "/model/init/kind",
        "'kaiming'",
    ),
    "a start of no size": (TEACHER, {"/model/init": {"scale": 0}}, "/model/init/scale", "greater than 0"),
    # What goes together
    "a perceptron of pairs": (
        MODULAR,
        {"/model": {"kind": "mlp", "hidden": [3]}},
        "/model/kind",
        "encoder_decoder for modular_arithmetic",
    ),
    "a linear model of pairs": (
        MODULAR,
        {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT},
        "/model/kind",
        "encoder_decoder for modular_arithmetic",
    ),
    "embeddings of a teacher": (
        TEACHER,
        {"/model": MODULAR["model"]},
        "/model/kind",
        "mlp for teacher_student",
    ),
    "embeddings of own data": (
        NUMBERS,
        {"/model": MODULAR["model"]},
        "/model/kind",
        "linear or mlp for dataset",
    ),
    "classes of a linear model": (
        CLASSES,
        {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT},
        "/model/kind",
        "mlp for classification",
    ),
    "digits of a linear model": (
        DIGITS,
        {"/model": LINEAR_MODEL, "/optimizer": SUBGRADIENT},
        "/model/kind",
        "mlp for classification",
    ),
    "a network of a linear problem": (
        LINEAR,
        {"/model": TEACHER["model"], "/optimizer": TEACHER["optimizer"]},
        "/model/kind",
        "linear for sparse_recovery",
    ),
    "a linear method": (MODULAR, {"/optimizer": SUBGRADIENT}, "/optimizer/kind", "one of sgd, adam, adamw"),
    "an exact network": (
        TEACHER,
        {"/optimizer": {"kind": "convex"}},
        "/optimizer/kind",
        "one of sgd, adam, adamw with model mlp",
    ),
    "a network method": (
        LINEAR,
        {"/optimizer": {"kind": "adam", "learning_rate": 0.1}},
        "/optimizer/kind",
        "one of subgradient, projected_subgradient, proximal, convex with model linear",
    ),
    "the accuracy of numbers": (TEACHER, {"/detect": {"metric": "accuracy"}}, "/detect/metric", "loss here"),
    "the error of a network": (
        MODULAR,
        {"/detect": {"metric": "error"}},
        "/detect/metric",
        "accuracy or loss here",
    ),
    "the loss of a linear model": (LINEAR, {"/detect": {"metric": "loss"}}, "/detect/metric", "error here"),
    "an accuracy over one": (
        MODULAR,
        {"/detect": {"train_threshold": 1.5}},
        "/detect/train_threshold",
        "at most 1 for an accuracy",
    ),
    "a test accuracy over one": (
        CLASSES,
        {"/detect": {"metric": "accuracy", "test_threshold": 2}},
        "/detect/test_threshold",
        "at most 1 for an accuracy",
    ),
    # Penalties
    **{
        f"{name} of classes": (
            MODULAR,
            {f"/regularization/{name}": 0.1},
            f"/regularization/{name}",
            "the target of modular_arithmetic has no known derivative",
        )
        for name in SOBOLEV
    },
    **{
        f"{name} of own numbers": (
            NUMBERS,
            {f"/regularization/{name}": 0.1},
            f"/regularization/{name}",
            "the target of dataset has no known derivative",
        )
        for name in SOBOLEV
    },
    **{
        f"{name} of a relu {who}": (
            TEACHER,
            {f"/regularization/{name}": 0.1, f"/{field}/activation": "relu"},
            f"/regularization/{name}",
            "the Hessian of a relu network is 0",
        )
        for name in ("sobolev_2", "sobolev_2_squared")
        for who, field in (("teacher", "problem"), ("student", "model"))
    },
    **{
        f"{name} of a linear model": (
            LINEAR,
            {f"/regularization/{name}": 0.1},
            f"/regularization/{name}",
            "0 with a linear model",
        )
        for name in ("l2", *SOBOLEV)
    },
    "the nuclear norm of a bias": (
        TEACHER,
        {"/regularization": {"nuclear": 0.1, "groups": ["layers.0", "layers.1.bias"]}},
        "/regularization/nuclear",
        "layers.1.bias among the groups: vectors have no nuclear norm",
    ),
    "an unknown group": (
        MODULAR,
        {"/regularization": {"l1": 0.1, "groups": ["embedding", "layers.0"]}},
        "/regularization/groups/1",
        "one of embedding, embedding.0, embedding.1, decoder, decoder.0, decoder.1",
    ),
    "a part of a name": (
        MODULAR,
        {"/regularization/groups": ["decod"]},
        "/regularization/groups/0",
        "one of embedding",
    ),
    "biases that are not there": (
        MODULAR,
        {"/regularization/groups": ["decoder.0.bias"]},
        "/regularization/groups/0",
        "decoder.1",
    ),
    "another spelling of a group": (
        MODULAR,
        {"/regularization/groups": ["Embedding"]},
        "/regularization/groups/0",
        "one of embedding",
    ),
    "a group that is no text": (
        MODULAR,
        {"/regularization/groups": ["embedding", 0]},
        "/regularization/groups/1",
        "a valid string",
    ),
    "groups of a linear model": (
        LINEAR,
        {"/regularization/groups": ["embedding"]},
        "/regularization/groups",
        "weights with a linear model",
    ),
    # Methods
    "a batch of more than all": (
        MODULAR,
        {"/optimizer/batch_size": 11},
        "/optimizer/batch_size",
        "at most the 10 training inputs",
    ),
    "a batch of what is set aside": (
        CLASSES,
        {"/optimizer/batch_size": 3, "/problem/test_fraction": 0.5},
        "/optimizer/batch_size",
        "at most the 2 training inputs",
    ),
    "a batch of nothing": (MODULAR, {"/optimizer/batch_size": 0}, "/optimizer/batch_size", "equal to 1"),
    "the momentum of adam": (
        MODULAR,
        {"/optimizer/momentum": 0.9},
        "/optimizer/momentum",
        "there are learning_rate, batch_size, schedule, kind, betas, eps, weight_decay",
    ),
    "the betas of sgd": (
        TEACHER,
        {"/optimizer/betas": [0.9, 0.99]},
        "/optimizer/betas",
        "there are learning_rate, batch_size, schedule, kind, momentum, nesterov",
    ),
    "the weight decay of sgd": (
        TEACHER,
        {"/optimizer/weight_decay": 0.1},
        "/optimizer/weight_decay",
        "momentum, nesterov",
    ),
    "betas over one": (MODULAR, {"/optimizer/betas": [0.9, 1.01]}, "/optimizer/betas/1", "less than 1"),
    "betas of one": (MODULAR, {"/optimizer/betas": [1, 0.99]}, "/optimizer/betas/0", "less than 1"),
    "three betas": (MODULAR, {"/optimizer/betas": [0.9, 0.9, 0.9]}, "/optimizer/betas", "at most 2"),
    "an eps over one": (MODULAR, {"/optimizer/eps": 2}, "/optimizer/eps", "equal to 1"),
    "a momentum of one": (TEACHER, {"/optimizer/momentum": 1}, "/optimizer/momentum", "less than 1"),
    "a look ahead without momentum": (
        TEACHER,
        {"/optimizer/nesterov": True},
        "/optimizer/nesterov",
        "false without momentum",
    ),
    "no learning rate": (MODULAR, {"/optimizer/learning_rate": 0}, "/optimizer/learning_rate", "than 0"),
    "a warm-up longer than the run": (
        MODULAR,
        {"/optimizer/schedule": {"kind": "cosine", "warmup_steps": 20}},
        "/optimizer/schedule/warmup_steps",
        "fewer than steps = 20",
    ),
    "another schedule": (
        MODULAR,
        {"/optimizer/schedule": {"kind": "step"}},
        "/optimizer/schedule/kind",
        "one of constant, warmup, cosine",
    ),
    "a warm-up of the constant rate": (
        MODULAR,
        {"/optimizer/schedule": {"kind": "constant", "warmup_steps": 5}},
        "/optimizer/schedule/warmup_steps",
        "no such field; there are kind",
    ),
    # Data
    "half a class": (
        CLASSES,
        {"/problem/targets": [0, 1, 1.5, 1]},
        "/problem/targets/2",
        "a whole number from 0 to 999",
    ),
    "a class below zero": (
        CLASSES,
        {"/problem/targets": [0, -1, 1, 1]},
        "/problem/targets/1",
        "a whole number from 0 to 999",
    ),
    "a thousand and one classes": (
        CLASSES,
        {"/problem/targets": [0, 1, 1, 1000]},
        "/problem/targets/3",
        "a whole number from 0 to 999",
    ),
    "half a class to test on": (
        CLASSES,
        {"/problem/test_inputs": [[1, 1]], "/problem/test_targets": [0.5]},
        "/problem/test_targets/0",
        "a whole number from 0 to 999",
    ),
    "true parameters of a network": (
        NUMBERS,
        {"/problem/true_parameters": [1, 2]},
        "/problem/true_parameters",
        "null with model mlp",
    ),
    "true parameters of classes": (
        CLASSES,
        {"/problem/true_parameters": [1, 2]},
        "/problem/true_parameters",
        "classification has no true parameters",
    ),
    "digits with other inputs": (
        DIGITS,
        {"/problem/inputs": [[1, 2]]},
        "/problem/inputs",
        "null with builtin digits",
    ),
    "digits as numbers": (
        DIGITS,
        {"/problem/task": "regression"},
        "/problem/task",
        "classification with builtin digits",
    ),
    "none of the digits": (
        DIGITS,
        {"/problem/test_fraction": 1e-4},
        "/problem/test_fraction",
        "at least one of 1797 inputs on either side",
    ),
    "other built-in data": (DIGITS, {"/problem/builtin": "mnist"}, "/problem/builtin", "'digits'"),
    "no teacher at all": (TEACHER, {"/problem/hidden": 0}, "/problem/hidden", "equal to 1"),
    "a teacher of no size": (TEACHER, {"/problem/output_scale": 0}, "/problem/output_scale", "than 0"),
    "an identity teacher": (TEACHER, {"/problem/activation": "identity"}, "/problem/activation", "'sin'"),
    # Runs and records
    "a closed form": (TEACHER, {"/engine": "closed_form"}, "/engine", "auto or loop"),
    "legacy draws": (MODULAR, {"/rng": "numpy-legacy"}, "/rng", "see the split published"),
    "a layer that is not there": (
        MODULAR,
        {"/record": {"metrics": ["l2_norm", "l2_norm[decoder.2]"]}},
        "/record/metrics/1",
        "l2_norm[decoder.1]",
    ),
    "the norm of a bias": (
        TEACHER,
        {"/record": {"metrics": ["l2_norm[layers.0.bias]"]}},
        "/record/metrics/0",
        "l2_norm[layers.0]",
    ),
    "the layer of an accuracy": (
        MODULAR,
        {"/record": {"metrics": ["train_accuracy[decoder.0]"]}},
        "/record/metrics/0",
        "train_accuracy",
    ),
    "singular values of all": (
        MODULAR,
        {"/record": {"metrics": ["singular_values"]}},
        "/record/metrics/0",
        "singular_values[decoder.0]",
    ),
    "the accuracy of a regression": (
        TEACHER,
        {"/record": {"metrics": ["test_accuracy"]}},
        "/record/metrics/0",
        "test_r2",
    ),
    "a baseline of classes": (
        CLASSES,
        {"/record": {"metrics": ["zero_baseline"]}},
        "/record/metrics/0",
        "train_accuracy",
    ),
    "waves without residues": (
        TEACHER,
        {"/record": {"metrics": ["fourier_concentration"]}},
        "/record/metrics/0",
        "teacher_distance",
    ),
    "a distance without a teacher": (
        NUMBERS,
        {"/record": {"metrics": ["teacher_distance"]}},
        "/record/metrics/0",
        "train_r2",
    ),
    "a test without test data": (
        NUMBERS,
        {"/record": {"metrics": ["test_loss"]}},
        "/record/metrics/0",
        "train_loss",
    ),
    "an error of a network": (
        MODULAR,
        {"/record": {"metrics": ["train_error"]}},
        "/record/metrics/0",
        "train_loss",
    ),
    "a layer named twice": (
        MODULAR,
        {"/record": {"metrics": ["rank[decoder.0]", "rank[decoder.0]"]}},
        "/record/metrics/1",
        "named twice",
    ),
    "refinement of a linear model": (
        LINEAR,
        {"/record": {"refine_crossings": True}},
        "/record/refine_crossings",
        "exact to the step",
    ),
    "checkpoints of a linear model": (
        LINEAR,
        {"/record": {"checkpoints": "powers_of_two"}},
        "/record/checkpoints",
        "parameters_per_decade",
    ),
}


def at(data: Any, pointer: str) -> Any:
    """What lies at the pointer, None for nothing."""
    for part in pointer.split("/")[1:]:
        data = data[int(part)] if isinstance(data, list) else data.get(part) if data else None
    return data


def changed(base: Json, change: Change) -> Json:
    """The spec with other values at these pointers."""
    made: Json = copy.deepcopy(base)
    for pointer, value in change.items():
        *parents, last = pointer.split("/")[1:]
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return made


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
    assert error.message.startswith(f"{pointer}: ")
    assert allowed in error.message


@pytest.mark.parametrize(
    ("base", "path", "values", "pointer", "fault"),
    [
        (
            {**MODULAR, "problem": {**MODULAR["problem"], "operation": "/"}},
            "/problem/modulus",
            [5, 7, 8],
            "/sweep/axes/0/values/2",
            "/problem/modulus: a prime for division (first in cell 4)",
        ),
        (
            {**MODULAR, "problem": {**MODULAR["problem"], "modulus": 6}},
            "/problem/operation",
            ["+", "/"],
            "/sweep/axes/0",
            "/problem/modulus: a prime for division (first in cell 2)",
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
    assert error.message.endswith(fault)


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
