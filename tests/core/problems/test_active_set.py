"""The active set meets the optimality conditions, whatever the design."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.problems import minimise_l1
from core.problems.operators import Array


def _problem(seed: int, kind: str) -> tuple[Array, Array]:
    draw = np.random.default_rng(seed)
    rows, columns = (int(k) for k in draw.integers(1, 12, 2))
    design = draw.integers(-2, 3, (rows, columns)).astype(np.float64)
    if kind == "generic":
        design = draw.standard_normal((rows, columns))
    if kind == "repeated columns":
        design[:, -1] = -design[:, 0]
    return design, draw.standard_normal(rows)


@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["generic", "integers", "repeated columns"]),
    l1=st.sampled_from([1e-4, 1e-2, 1.0]),
    l2_squared=st.sampled_from([0.0, 1e-3, 1.0]),
)
def test_the_gradient_balances_the_penalty(seed: int, kind: str, l1: float, l2_squared: float) -> None:
    design, targets = _problem(seed, kind)
    a = minimise_l1(design, targets, l1, l2_squared)
    assert a is not None
    dual = design.T @ (targets - design @ a) - l2_squared * a
    assert np.all(np.abs(dual) <= l1 * (1 + 1e-8) + 1e-11)
    assert np.allclose(dual[a != 0], l1 * np.sign(a[a != 0]), rtol=1e-8, atol=1e-11)


def test_coordinates_with_a_slope_are_not_penalised() -> None:
    design, _ = _problem(5, "generic")
    slope = np.zeros(design.shape[1])
    slope[0] = 1.0
    a = minimise_l1(design, np.zeros(len(design)), 1.0, slope=slope)
    assert a is not None
    dual = -design.T @ (design @ a) - slope
    assert dual[0] == pytest.approx(0.0, abs=1e-10)
    assert np.all(np.abs(dual[1:]) <= 1 + 1e-8)


def test_an_objective_without_a_minimum_has_no_minimiser() -> None:
    design = np.array([[1.0, 0.0]])
    assert minimise_l1(design, np.zeros(1), 1.0, slope=np.array([0.0, 2.0])) is None
