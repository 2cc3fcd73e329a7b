"""Hypothesis strategies for linear problems: small ones of every kind."""

from typing import Any

import numpy as np
from hypothesis import strategies as st


def powers_of_ten(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda x: float(10.0**x))


def _numbers(seed: int, *shape: int) -> Any:
    return (np.random.default_rng(seed).standard_normal(shape) / 3).tolist()


def _own(seed: int, rows: int, columns: int, test: str) -> dict[str, Any]:
    own = {"kind": "dataset", "inputs": _numbers(seed, rows, columns), "targets": _numbers(seed + 1, rows)}
    tests: dict[str, dict[str, Any]] = {
        "nothing": {},
        "truth": {"true_parameters": _numbers(seed + 2, columns)},
        "data": {"test_inputs": _numbers(seed + 3, 3, columns), "test_targets": _numbers(seed + 4, 3)},
        "split": {"test_fraction": 0.3},
    }
    return own | tests[test]


# The norm of one number is taken without squaring it, and so stays finite longer: two measurements or more.
_MEASURED = {
    "measurements": st.integers(2, 40),
    "coherence": st.sampled_from([0.0, 0.3, 1.0]),
    "snr": st.none() | powers_of_ten(-1, 4),
}
_SIDE = st.integers(1, 8)
linear_problems = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("sparse_recovery"),
            "dimension": st.integers(1, 30),
            "sparsity": st.integers(1, 5),
            "basis": st.sampled_from(["identity", "orthonormal", "fourier"]),
            **_MEASURED,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["matrix_completion", "matrix_sensing"]),
            "rows": _SIDE,
            "columns": _SIDE,
            "rank": st.integers(1, 3),
            **_MEASURED,
        }
    ),
    st.builds(
        _own,
        seed=st.integers(0, 1000),
        rows=st.integers(4, 9),
        columns=_SIDE,
        test=st.sampled_from(["nothing", "truth", "data", "split"]),
    ),
)


@st.composite
def linear_specs(draw: st.DrawFn) -> dict[str, Any]:
    """Whole specs of linear models, each field in its range; fields may contradict each other."""
    optional = {
        "seed": st.integers(0, 2**53 - 1),
        "rng": st.sampled_from(["default", "default", "numpy-legacy"]),
        "engine": st.sampled_from(["auto", "loop", "closed_form", "exact_jump"]),
        "precision": st.sampled_from(["float64", "float32"]),
        "record": st.just("paper") | _record,
        "regularization": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("l1", "l2_squared", "nuclear"), st.just(0.0) | powers_of_ten(-5, 0))
        ),
        "detect": st.fixed_dictionaries(
            {}, optional={"train_threshold": powers_of_ten(-6, 0), "test_threshold": powers_of_ten(-4, 0)}
        ),
        "stop": st.fixed_dictionaries({}, optional={"when_generalised": st.booleans()}),
    }
    required = {
        "problem": linear_problems,
        "model": st.fixed_dictionaries(
            {"kind": st.just("linear")}, optional={"depth": st.integers(1, 3), "init": _starts}
        ),
        "optimizer": st.just({"kind": "convex"}) | _methods,
        "steps": st.integers(1, 300),
    }
    return draw(st.fixed_dictionaries(required, optional=optional))


_starts = st.fixed_dictionaries(
    {"kind": st.sampled_from(["constant", "sign_symmetric", "normal", "least_squares", "zeros"])},
    optional={"scale": powers_of_ten(-6, 0)},
)
_methods = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["subgradient", "projected_subgradient", "proximal"]),
        "learning_rate": powers_of_ten(-3, 0),
    }
)
_record = st.fixed_dictionaries(
    {},
    optional={
        "per_decade": st.none() | st.integers(1, 50),
        "first": st.integers(0, 50),
        "every": st.none() | st.integers(1, 400),
        "parameters_per_decade": st.integers(0, 10),
        "metrics": st.just("default")
        | st.lists(
            st.sampled_from(["train_error", "test_error", "l1_norm", "parameters", "rank"]), min_size=1
        ),
    },
)
