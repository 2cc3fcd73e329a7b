"""What simple predictors reach, against fits made one by one."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.problems import Examples, NetworkInstance, baselines, draw_network
from core.problems.baselines import tuned_ridge
from core.spec import parse_spec
from tests.core.spec.test_network_rules import NUMBERS, TEACHER

Array = NDArray[np.float64]
GRID = np.logspace(-6, 6, 121)


def fit(inputs: Array, targets: Array, strength: float) -> Array:
    """argmin ||X a - y||^2 + lambda ||a||^2, by its normal equations with n unknowns."""
    found = np.linalg.solve(inputs.T @ inputs + strength * np.eye(inputs.shape[1]), inputs.T @ targets)
    return np.asarray(found, dtype=np.float64)


def strengths(inputs: Array) -> Array:
    """What is tried: multiples of the mean of the eigenvalues of X'X that X can have."""
    mean = np.trace(inputs.T @ inputs) / min(inputs.shape)
    tried: Array = GRID * mean
    return tried


def refitted(inputs: Array, targets: Array, tested: Array) -> Array:
    """Predictions of the strength whose refits without one row miss that row least."""
    errors = []
    for strength in strengths(inputs):
        missed = []
        for row in range(len(inputs)):
            rest = np.delete(inputs, row, axis=0), np.delete(targets, row, axis=0)
            missed.append(inputs[row] @ fit(*rest, strength) - targets[row])
        errors.append(np.mean(np.square(missed)))
    predicted: Array = tested @ fit(inputs, targets, strengths(inputs)[int(np.argmin(errors))])
    return predicted


def data(rows: int, width: int, outputs: int, noise: float, seed: int) -> tuple[Array, Array, Array]:
    """Inputs, targets that are linear but for the noise, and inputs to test on."""
    draw = np.random.default_rng(seed)
    inputs, tested = draw.standard_normal((rows, width)), draw.standard_normal((9, width))
    targets = inputs @ draw.standard_normal((width, outputs)) + noise * draw.standard_normal((rows, outputs))
    return inputs, targets, tested


@pytest.mark.parametrize(
    ("rows", "width", "outputs", "noise"),
    [(12, 4, 1, 0.5), (12, 4, 3, 5.0), (8, 8, 2, 1.0), (6, 15, 2, 0.3), (2, 5, 1, 1.0), (30, 1, 1, 2.0)],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_ridge_is_that_of_refits_without_each_row(
    rows: int, width: int, outputs: int, noise: float, seed: int
) -> None:
    inputs, targets, tested = data(rows, width, outputs, noise, seed)
    want = refitted(inputs, targets, tested)
    assert np.allclose(tuned_ridge(inputs, targets, tested), want, rtol=1e-6, atol=1e-6)


def test_a_linear_law_is_answered_with_itself_and_noise_with_little() -> None:
    inputs, targets, tested = data(40, 3, 1, 0.0, 0)
    exact = tested @ np.linalg.lstsq(inputs, targets, rcond=None)[0]
    assert np.allclose(tuned_ridge(inputs, targets, tested), exact, rtol=1e-4)
    noise = np.random.default_rng(3).standard_normal((40, 1))
    assert np.abs(tuned_ridge(inputs, noise, tested)).max() < 0.5


def test_the_ridge_knows_nothing_of_the_units() -> None:
    inputs, targets, tested = data(10, 4, 2, 1.0, 5)
    plain = tuned_ridge(inputs, targets, tested)
    assert np.allclose(tuned_ridge(1e6 * inputs, targets, 1e6 * tested), plain, rtol=1e-9)
    assert np.allclose(tuned_ridge(inputs, 1e-6 * targets, tested), 1e-6 * plain, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-100, 1e-30, 1e30, 1e100])
def test_numbers_as_large_or_small_as_any_have_a_finite_ridge(scale: float) -> None:
    inputs, targets, tested = data(6, 9, 1, 1.0, 2)
    found = tuned_ridge(scale * inputs, targets, scale * tested)
    assert np.allclose(found, tuned_ridge(inputs, targets, tested), rtol=1e-6)


def test_inputs_of_zeros_are_answered_with_zero() -> None:
    found = tuned_ridge(np.zeros((3, 2)), np.ones((3, 4)), np.ones((5, 2)))
    assert found.tolist() == np.zeros((5, 4)).tolist()


def test_targets_of_zeros_are_answered_with_zero() -> None:
    inputs, _, tested = data(6, 3, 1, 0.0, 0)
    assert not tuned_ridge(inputs, np.zeros((6, 2)), tested).any()


@pytest.mark.parametrize("seed", range(8))
def test_where_every_strength_misses_by_the_same_the_weakest_is_taken(seed: int) -> None:
    """Without its row nothing is left that knows of it: one row alone, and rows that are orthogonal."""
    draw = np.random.default_rng(seed)
    row, target = draw.standard_normal((1, 4)), draw.standard_normal((1, 2))
    assert tuned_ridge(row, target, row) == pytest.approx(target / (1 + 1e-6), rel=1e-9)
    rows, targets = np.linalg.qr(draw.standard_normal((5, 5)))[0][:3], draw.standard_normal((3, 1))
    assert tuned_ridge(rows, targets, rows) == pytest.approx(targets / (1 + 1e-6), rel=1e-9)


def test_equal_rows_and_columns_of_rank_one_are_fitted() -> None:
    inputs = np.ones((5, 3))
    targets = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])
    found = tuned_ridge(inputs, targets, np.ones((1, 3)))
    assert found == pytest.approx(refitted(inputs, targets, np.ones((1, 3))), rel=1e-6)


def instance(**changes: Any) -> NetworkInstance:
    draw = np.random.default_rng(7)
    train = Examples(draw.standard_normal((8, 3)), draw.standard_normal((8, 2)) + np.array([1.0, -2.0]))
    test = Examples(draw.standard_normal((5, 3)), draw.standard_normal((5, 2)))
    return NetworkInstance(**{"train": train, "test": test, **changes})


def test_baselines_are_mean_squared_errors_on_the_test_data() -> None:
    it = instance()
    assert it.test is not None
    tested, mean = it.test.targets, it.train.targets.mean(0)
    ridge = refitted(it.train.inputs, it.train.targets, it.test.inputs)
    found = baselines(it)
    assert found is not None
    assert found.zero == pytest.approx((tested**2).sum() / 10)
    assert found.mean == pytest.approx(((tested - mean) ** 2).sum() / 10)
    assert found.ridge == pytest.approx(((tested - ridge) ** 2).sum() / 10, rel=1e-6)


def test_the_mean_is_that_of_each_output_apart() -> None:
    train = Examples(np.ones((2, 1)), np.array([[1.0, -10.0], [3.0, -30.0]]))
    found = baselines(instance(train=train, test=Examples(np.ones((1, 1)), np.array([[2.0, -20.0]]))))
    assert found is not None
    assert found.mean == 0
    assert found.zero == (4 + 400) / 2


def test_without_test_data_there_are_no_baselines() -> None:
    assert baselines(instance(test=None)) is None
    assert baselines(draw_network(parse_spec(NUMBERS))) is None


def test_the_ridge_of_a_teacher_is_better_than_the_mean() -> None:
    """A relu network is half linear: with ten inputs for each number the ridge finds that half."""
    wide = {**TEACHER["problem"], "activation": "relu", "dimension": 10, "hidden": 50, "train_size": 100}
    found = baselines(draw_network(parse_spec({**TEACHER, "problem": {**wide, "test_size": 500}})))
    assert found is not None
    assert found.ridge < 0.8 * min(found.mean, found.zero)
