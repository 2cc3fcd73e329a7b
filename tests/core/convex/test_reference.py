"""The reference minimiser beside what has to hold of it: formulas, optimality conditions, dual programs."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from core.convex import NotConverged, reference, splitting
from core.problems import Dense, Entries, Instance, RankOne, draw
from core.problems.operators import Numbers
from core.spec import expand, parse_spec

SPARSE = {"kind": "sparse_recovery", "dimension": 40}
COMPLETION = {"kind": "matrix_completion", "rows": 8, "columns": 6}
SENSING = {"kind": "matrix_sensing", "rows": 5, "columns": 7}


def _instance(problem: dict[str, Any], seed: int = 0) -> Instance:
    spec = {"problem": problem, "model": {"kind": "linear"}, "optimizer": {"kind": "convex"}, "steps": 1}
    return draw(expand(parse_spec({**spec, "seed": seed}))[0].spec)


def _solve(it: Instance, l1: float = 0.0, l2_squared: float = 0.0, nuclear: float = 0.0) -> Numbers:
    return reference(it.operator, it.targets, l1, l2_squared, nuclear)


def _dual(it: Instance, a: Numbers, l2_squared: float) -> Numbers:
    """What the penalty's gradient must be at a minimiser."""
    return it.operator.adjoint(it.targets - it.operator.apply(a)) - l2_squared * a


def _matrix(it: Instance) -> Numbers:
    """X as a matrix of N rows."""
    size = math.prod(it.operator.shape)
    return np.stack([it.operator.apply(e.reshape(it.operator.shape)) for e in np.eye(size)], axis=1)


@pytest.mark.parametrize(
    "problem",
    [
        {**SPARSE, "measurements": 15},
        {**SPARSE, "measurements": 60, "snr": 10.0},
        {**SPARSE, "measurements": 15, "basis": "fourier"},
        {**COMPLETION, "measurements": 20},
        {**SENSING, "measurements": 20},
    ],
)
def test_ridge_is_its_normal_equations(problem: dict[str, Any]) -> None:
    it = _instance(problem)
    x = _matrix(it)
    expected = np.linalg.solve(x.conj().T @ x + 0.3 * np.eye(x.shape[1]), x.conj().T @ it.targets)
    assert np.allclose(_solve(it, l2_squared=0.3).ravel(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("strength", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("l2_squared", [0.0, 1e-2])
@pytest.mark.parametrize(
    "problem",
    [
        {**SPARSE, "measurements": 15},
        {**SPARSE, "measurements": 60, "snr": 10.0},
        {**SPARSE, "measurements": 15, "basis": "fourier"},
        {**COMPLETION, "measurements": 20},
        {**SENSING, "measurements": 20},
    ],
)
def test_the_lasso_balances_loss_and_penalty(
    problem: dict[str, Any], l2_squared: float, strength: float
) -> None:
    it = _instance(problem, seed=3)
    a = _solve(it, l1=strength, l2_squared=l2_squared)
    dual = _dual(it, a, l2_squared)
    rounding = 1e-11 * np.abs(a).max(initial=1.0)
    assert np.abs(dual).max() <= strength + rounding
    there = a != 0
    assert np.allclose(dual[there], strength * a[there] / np.abs(a[there]), rtol=0, atol=rounding)


@pytest.mark.parametrize("strength", [1.0, 1e-2, 1e-4])
@pytest.mark.parametrize("l2_squared", [0.0, 1e-2])
@pytest.mark.parametrize("measurements", [15, 35])
@pytest.mark.parametrize("kind", [COMPLETION, SENSING])
def test_the_nuclear_norm_balances_the_loss(
    kind: dict[str, Any], measurements: int, l2_squared: float, strength: float
) -> None:
    it = _instance({**kind, "measurements": measurements}, seed=1)
    a = _solve(it, nuclear=strength, l2_squared=l2_squared)
    dual = _dual(it, a, l2_squared)
    assert np.linalg.norm(dual, 2) <= strength + 1e-10
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    kept = singular > 1e-9
    assert np.allclose(left[:, kept].T @ dual, strength * right[kept], rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("measurements", [8, 12, 20])
def test_basis_pursuit_has_the_value_of_its_dual_program(seed: int, measurements: int) -> None:
    it = _instance({**SPARSE, "measurements": measurements}, seed)
    a = _solve(it)
    x = it.design
    dual = linprog(
        -it.targets, A_ub=np.vstack([x.T, -x.T]), b_ub=np.ones(2 * x.shape[1]), bounds=(None, None)
    )
    assert np.allclose(x @ a, it.targets, rtol=0, atol=1e-12)
    assert np.abs(a).sum() == pytest.approx(-dual.fun, rel=1e-9)


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        ({**SPARSE, "measurements": 8}, "l1"),
        ({**SPARSE, "measurements": 8, "basis": "fourier"}, "l1"),
        ({**COMPLETION, "measurements": 25}, "nuclear"),
        ({**SENSING, "measurements": 15}, "nuclear"),
    ],
)
def test_without_a_strength_it_is_the_limit_of_vanishing_strength(problem: dict[str, Any], name: str) -> None:
    """The penalised minimiser has the least norm of all points that fit as well, so it comes from below."""
    it = _instance(problem, seed=2)
    limit, near = _solve(it), _solve(it, **{name: 1e-6})
    assert np.allclose(it.operator.apply(limit), it.targets, rtol=0, atol=1e-10)
    assert 0 <= _norm(limit) - _norm(near) < 1e-4 * _norm(limit)


def _norm(a: Numbers) -> float:
    return float(np.abs(a).sum() if a.ndim == 1 else np.linalg.norm(a, "nuc"))


@pytest.mark.parametrize(
    "problem",
    [
        {**SPARSE, "measurements": 25, "sparsity": 3},
        {**SPARSE, "measurements": 25, "sparsity": 3, "basis": "orthonormal"},
        {**SPARSE, "measurements": 25, "sparsity": 3, "basis": "fourier"},
        {**COMPLETION, "rank": 1, "measurements": 40},
        {**SENSING, "rank": 1, "measurements": 28},
    ],
)
def test_enough_measurements_give_the_truth_back(problem: dict[str, Any]) -> None:
    it = _instance(problem)
    assert np.linalg.norm(_solve(it) - it.truth) < 1e-10 * np.linalg.norm(it.truth)


def test_contradicting_measurements_are_met_by_least_squares() -> None:
    it = _instance({**SPARSE, "measurements": 60, "snr": 1.0})
    assert np.allclose(_solve(it), np.linalg.lstsq(it.design, it.targets)[0], rtol=0, atol=1e-10)
    repeated = Dense(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0]]))
    assert np.allclose(reference(repeated, np.array([1.0, 3.0])), [0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    "operator",
    [
        Dense(np.zeros((3, 4))),
        Dense(np.eye(3, 4)),
        Entries((3, 4), np.array([0, 5])),
        RankOne(np.eye(3), np.eye(3)),
    ],
)
def test_nothing_measured_gives_zero(operator: Any) -> None:
    targets = np.zeros(operator.rows)
    strengths = [(0.0, 0.0, 0.0), (0.1, 0.0, 0.0), (0.0, 0.1, 0.0), (0.0, 0.0, 0.1)]
    for l1, l2_squared, nuclear in strengths[: 2 + len(operator.shape)]:
        assert not reference(operator, targets, l1, l2_squared, nuclear).any()


def test_a_strong_penalty_gives_exactly_zero() -> None:
    it = _instance({**SPARSE, "measurements": 15})
    largest = float(np.abs(it.design.T @ it.targets).max())
    assert not _solve(it, l1=largest).any()
    assert _solve(it, l1=0.999 * largest).any()


def test_two_norms_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match=r"l1 = 0\.1 beside nuclear = 0\.2"):
        reference(Entries((2, 2), np.array([0])), np.ones(1), l1=0.1, nuclear=0.2)


def test_moves_that_no_longer_change_end_the_acceleration_alone() -> None:
    it = _instance({"kind": "matrix_sensing", "rows": 5, "columns": 1, "rank": 1, "measurements": 1})
    a = _solve(it, l1=1e-3)
    assert np.abs(_dual(it, a, 0.0)).max() <= 1e-3 + 1e-11


def test_it_can_be_interrupted() -> None:
    def attend() -> None:
        raise TimeoutError

    it = _instance({**COMPLETION, "measurements": 20})
    with pytest.raises(TimeoutError):
        reference(it.operator, it.targets, attend=attend)


def test_an_iteration_that_runs_out_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MAX_ITERATIONS", 5)
    it = _instance({**COMPLETION, "measurements": 20})
    with pytest.raises(NotConverged, match="after 5 iterations"):
        reference(it.operator, it.targets)


def test_the_two_exact_methods_agree() -> None:
    """A real problem in complex numbers goes to the splitting, not to the active set or the program."""
    for seed in range(4):
        it = _instance({**SPARSE, "measurements": 15}, seed)
        lifted: NDArray[np.complex128] = it.design.astype(np.complex128)
        for l1 in (0.0, 1e-2, 1e-4):
            other = reference(Dense(lifted), it.targets.astype(np.complex128), l1)
            assert np.allclose(other, reference(it.operator, it.targets, l1), rtol=0, atol=1e-8)
