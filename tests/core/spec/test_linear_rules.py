"""What the linear problems refuse: pointer, rule and value of each fault."""

from typing import Any

import pytest

from core.spec import SpecInvalid, available_metrics, engine_of, expand, parse_spec
from tests.core.spec.test_parse import BASE

MATRIX = {"kind": "matrix_completion"}
SENSING = {"kind": "matrix_sensing"}
FOURIER = {"kind": "sparse_recovery", "basis": "fourier"}
OWN: dict[str, Any] = {"kind": "dataset", "inputs": [[1.0, 2.0], [0.0, 1.0]], "targets": [1.0, 2.0]}
HUGE = {"kind": "sparse_recovery", "dimension": 10**5, "measurements": 10**4}
CONVEX = {"kind": "convex"}
DEEP = {"kind": "linear", "depth": 2}


def method(kind: str) -> dict[str, Any]:
    return {"kind": kind, "learning_rate": 0.1}


LARGE = {"kind": "sparse_recovery", "dimension": 1000, "measurements": 300}
LASSO: dict[str, Any] = {"regularization": {"l1": 0.1}, "optimizer": method("proximal")}
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    # Matrices
    "rank over the size": (
        {"problem": {**MATRIX, "rows": 4, "rank": 5, "measurements": 9}},
        "/problem/rank",
        "at most min(rows",
    ),
    "more entries than there are": (
        {"problem": {**MATRIX, "rows": 4, "columns": 6, "measurements": 25}},
        "/problem/measurements",
        "at most rows x columns = 24",
    ),
    "more measurements than entries": (
        {"problem": {**SENSING, "measurements": 101}},
        "/problem/measurements",
        "at most rows x columns = 100",
    ),
    "selection over one": ({"problem": {**MATRIX, "coherence": 1.5}}, "/problem/coherence", "equal to 1"),
    "selection below zero": ({"problem": {**SENSING, "coherence": -0.1}}, "/problem/coherence", "equal to 0"),
    "no rows": ({"problem": {**MATRIX, "rows": 0}}, "/problem/rows", "equal to 1"),
    "a vector option": (
        {"problem": {**MATRIX, "sparsity": 5}},
        "/problem/sparsity",
        "there are rows, columns",
    ),
    "a basis of a matrix": ({"problem": {**MATRIX, "basis": "fourier"}}, "/problem/basis", "no such field"),
    "a vector metric": (
        {"problem": MATRIX, "record": {"metrics": ["support_norm"]}},
        "/record/metrics/0",
        "singular_values",
    ),
    "a matrix metric of vectors": (
        {"record": {"metrics": ["train_error", "nuclear_norm"]}},
        "/record/metrics/1",
        "support_norm",
    ),
    "the nuclear norm of vectors": (
        {"regularization": {"nuclear": 0.1}},
        "/regularization/nuclear",
        "vectors",
    ),
    "two norms in a proximal step": (
        {"problem": MATRIX, "optimizer": method("proximal"), "regularization": {"l1": 1.0, "nuclear": 1.0}},
        "/regularization/nuclear",
        "0 beside l1",
    ),
    "two norms in one minimiser": (
        {"problem": MATRIX, "optimizer": CONVEX, "regularization": {"l1": 1.0, "nuclear": 1.0}},
        "/regularization/nuclear",
        "convex",
    ),
    "a deep matrix of great size": (
        {"problem": {**MATRIX, "columns": 1025}, "model": DEEP},
        "/problem/columns",
        "at most 1024",
    ),
    # Depth
    "depth with projection": (
        {"model": DEEP, "optimizer": method("projected_subgradient")},
        "/optimizer/kind",
        "not defined for depth 2",
    ),
    "depth with proximal steps": (
        {"problem": MATRIX, "model": DEEP, "optimizer": method("proximal")},
        "/optimizer/kind",
        "not defined for depth 2",
    ),
    "depth with a convex method": ({"model": DEEP, "optimizer": CONVEX}, "/optimizer/kind", "depth 2"),
    "no depth": ({"model": {"kind": "linear", "depth": 0}}, "/model/depth", "equal to 1"),
    # Complex numbers
    "complex in single precision": (
        {"problem": FOURIER, "precision": "float32"},
        "/precision",
        "float64 with the fourier basis",
    ),
    "a large basis": (
        {"problem": {**FOURIER, "dimension": 1025}},
        "/problem/dimension",
        "at most 1024",
    ),
    # Engines and methods
    "a closed form with l1": (
        {"engine": "closed_form", "regularization": {"l1": 1e-3}},
        "/engine",
        "no penalty but l2_squared",
    ),
    "a closed form of depth 2": ({"engine": "closed_form", "model": DEEP}, "/engine", "depth 1"),
    "a closed form with projection": (
        {"engine": "closed_form", "optimizer": method("projected_subgradient")},
        "/engine",
        "subgradient or proximal",
    ),
    "a closed form in single precision": (
        {"engine": "closed_form", "precision": "float32"},
        "/engine",
        "float64",
    ),
    "jumps of subgradient steps": (
        {"engine": "exact_jump", "regularization": {"l1": 1e-3}},
        "/engine",
        "exact_jump asks for optimizer proximal with l1",
    ),
    "jumps of projected steps": (
        {"engine": "exact_jump", "optimizer": method("projected_subgradient")},
        "/engine",
        "subgradient or proximal",
    ),
    "jumps of depth 2": (
        {"engine": "exact_jump", "model": DEEP, "regularization": {"l1": 1e-3}},
        "/engine",
        "depth 1",
    ),
    "jumps of singular values": (
        {"engine": "exact_jump", "problem": MATRIX, "regularization": {"nuclear": 1e-3}},
        "/engine",
        "no penalty but l1 and l2_squared",
    ),
    "jumps of complex numbers": (
        {
            "engine": "exact_jump",
            "problem": FOURIER,
            "optimizer": method("proximal"),
            "regularization": {"l1": 1e-3},
        },
        "/engine",
        "real parameters with l1",
    ),
    "jumps in single precision": (
        {
            "engine": "exact_jump",
            "precision": "float32",
            "optimizer": method("proximal"),
            "regularization": {"l1": 1e-3},
        },
        "/engine",
        "float64",
    ),
    "jumps of a huge design": (
        {
            "problem": {**HUGE, "dimension": 2000, "measurements": 1000},
            "engine": "exact_jump",
            "optimizer": method("proximal"),
            "regularization": {"l1": 1e-3},
        },
        "/engine",
        "exact_jump is too slow for 1000 measurements of 2000 parameters",
    ),
    "jumps of a convex method": (
        {"engine": "exact_jump", "optimizer": CONVEX},
        "/engine",
        "takes no steps",
    ),
    "a loop of a convex method": ({"engine": "loop", "optimizer": CONVEX}, "/engine", "takes no steps"),
    "a learning rate of a convex method": (
        {"optimizer": {**CONVEX, "learning_rate": 0.1}},
        "/optimizer/learning_rate",
        "no such field; there are kind",
    ),
    "a huge convex problem": (
        {
            "problem": {"kind": "sparse_recovery", "dimension": 10**5, "measurements": 10**4},
            "optimizer": CONVEX,
        },
        "/optimizer/kind",
        "too slow for 10000 measurements of 100000 parameters",
    ),
    "a huge closed form": (
        {
            "problem": {"kind": "sparse_recovery", "dimension": 10**5, "measurements": 10**4},
            "engine": "closed_form",
        },
        "/engine",
        "too slow for 10000 measurements of 100000 parameters",
    ),
    "a huge projection": (
        {"problem": HUGE, "optimizer": method("projected_subgradient")},
        "/optimizer/kind",
        "projection is too slow for 10000 measurements of 100000 parameters",
    ),
    "a huge least-squares start": (
        {"problem": HUGE, "model": {"kind": "linear", "init": {"kind": "least_squares"}}},
        "/model/init/kind",
        "least_squares is too slow",
    ),
    # Legacy draws
    "legacy noise on matrices": (
        {"rng": "numpy-legacy", "problem": {**MATRIX, "snr": 1.0}},
        "/problem/snr",
        "numpy-legacy",
    ),
    "a legacy split": (
        {"rng": "numpy-legacy", "problem": {**OWN, "test_fraction": 0.5}},
        "/problem/test_fraction",
        "numpy-legacy",
    ),
    "a legacy normal start": (
        {"rng": "numpy-legacy", "model": {"kind": "linear", "init": {"kind": "normal"}}},
        "/model/init/kind",
        "numpy-legacy",
    ),
    # Records
    "more iterates than fit": (
        {
            "problem": {"kind": "sparse_recovery", "dimension": 10**5},
            "record": {"parameters_per_decade": 1000},
        },
        "/record",
        "at most 20000000 numbers",
    ),
    "iterates twice": (
        {"record": {"metrics": ["parameters"], "parameters_per_decade": 5}},
        "/record/parameters_per_decade",
        "`parameters` among the metrics",
    ),
    # Own data
    "rows of different length": (
        {"problem": {**OWN, "inputs": [[1.0, 2.0], [1.0]]}},
        "/problem/inputs/1",
        "2 numbers, as in the first row",
    ),
    "infinite inputs": (
        {"problem": {**OWN, "inputs": [[1.0, float("inf")], [0.0, 1.0]]}},
        "/problem/inputs/0/1",
        "finite",
    ),
    "targets that are no numbers": (
        {"problem": {**OWN, "targets": [1.0, float("nan")]}},
        "/problem/targets/1",
        "finite",
    ),
    "numbers whose squares are none": (
        {"problem": {**OWN, "targets": [1.0, -1e200]}},
        "/problem/targets/1",
        "greater than or equal to -1e+100",
    ),
    "numbers whose squares vanish": (
        {"problem": {**OWN, "targets": [1.0, 1e-200]}},
        "/problem/targets/1",
        "0, or of size at least 1e-100",
    ),
    "numbers as text": ({"problem": {**OWN, "targets": [1.0, "2"]}}, "/problem/targets/1", "number"),
    "no inputs": ({"problem": {**OWN, "inputs": []}}, "/problem/inputs", "at least 1"),
    "too few targets": ({"problem": {**OWN, "targets": [1.0]}}, "/problem/targets", "2 numbers"),
    "too many true parameters": (
        {"problem": {**OWN, "true_parameters": [1.0, 2.0, 3.0]}},
        "/problem/true_parameters",
        "2 numbers",
    ),
    "test inputs without targets": (
        {"problem": {**OWN, "test_inputs": [[1.0, 2.0]]}},
        "/problem/test_targets",
        "go together",
    ),
    "test inputs of another width": (
        {"problem": {**OWN, "test_inputs": [[1.0]], "test_targets": [1.0]}},
        "/problem/test_inputs/0",
        "2 numbers",
    ),
    "two ways to test": (
        {"problem": {**OWN, "true_parameters": [1.0, 2.0], "test_fraction": 0.5}},
        "/problem/test_fraction",
        "one way to test, not true_parameters and test_fraction",
    ),
    "a share that leaves nothing": (
        {"problem": {**OWN, "test_fraction": 0.1}},
        "/problem/test_fraction",
        "on either side",
    ),
    "too many numbers": (
        {"problem": {**OWN, "inputs": [[0.0] * 250] * 200, "targets": [0.0] * 200}},
        "/problem",
        "at most 50000 numbers inline; these arrays have 50200",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_fault_names_the_field_and_what_is_allowed(name: str) -> None:
    change, pointer, allowed = BAD[name]
    with pytest.raises(SpecInvalid) as caught:
        expand(parse_spec({**BASE, **change}))
    error, *_ = caught.value.errors
    assert error.pointer == pointer
    assert allowed in error.message
    given: Any = {**BASE, **change}
    for part in pointer.split("/")[1:]:
        given = given[int(part)] if isinstance(given, list) else given.get(part)
    if isinstance(given, list):
        assert error.value in (given, len(given))
    elif not isinstance(given, dict):
        assert repr(error.value) == repr(given)


@pytest.mark.parametrize(
    ("change", "engine"),
    [
        ({}, "closed_form"),
        ({"optimizer": method("proximal")}, "closed_form"),
        ({"regularization": {"l2_squared": 0.1}, "problem": MATRIX}, "closed_form"),
        ({"engine": "loop"}, "loop"),
        ({"regularization": {"l1": 0.1}}, "loop"),
        ({"model": DEEP}, "loop"),
        ({"precision": "float32"}, "loop"),
        ({"problem": {"kind": "sparse_recovery", "dimension": 10**5, "measurements": 1000}}, "loop"),
        ({"optimizer": CONVEX}, "convex"),
        ({"engine": "exact_jump"}, "closed_form"),
        ({"engine": "exact_jump", "problem": FOURIER}, "closed_form"),
        ({"engine": "exact_jump", **LASSO}, "exact_jump"),
        ({"engine": "exact_jump", **LASSO, "problem": MATRIX}, "exact_jump"),
        ({**LASSO, "steps": 2 * 10**6 - 1}, "loop"),
        ({**LASSO, "steps": 2 * 10**6}, "exact_jump"),
        ({**LASSO, "steps": 2 * 10**6, "problem": MATRIX}, "exact_jump"),
        ({**LASSO, "steps": 2 * 10**6, "engine": "loop"}, "loop"),
        ({**LASSO, "steps": 2 * 10**6, "problem": FOURIER}, "loop"),
        ({**LASSO, "steps": 2 * 10**6, "problem": LARGE}, "loop"),
        ({**LASSO, "steps": 10**7, "problem": LARGE}, "exact_jump"),
        ({"regularization": {"l1": 0.1}, "steps": 10**8}, "loop"),
    ],
)
def test_the_engine_that_fits_is_taken(change: dict[str, Any], engine: str) -> None:
    assert engine_of(parse_spec({**BASE, **change})) == engine


def test_without_anything_to_test_on_there_is_no_test_metric() -> None:
    names = available_metrics(parse_spec({**BASE, "problem": OWN}))
    assert "train_error" in names
    assert not {"test_error", "support_norm", "l1_error_per_dimension"} & set(names)
