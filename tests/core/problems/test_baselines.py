"""What simple predictors reach, against fits made one by one."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.problems import Examples, NetworkInstance, baselines, draw_network
from core.problems.baselines import tuned_ridge
from core.spec import parse_spec
from tests.core.spec.network_specs import NUMBERS, TEACHER

Array = NDArray[np.float64]
GRID = np.logspace(-6, 6, 121)


def fitted(inputs: Array, targets: Array, strength: float, tested: Array) -> Array:
    """c + X' a with c, a = argmin ||c + X a - y||^2 + lambda ||a||^2, by normal equations."""
    full = np.column_stack([np.ones(len(inputs)), inputs])
    penalty = strength * np.diag([0.0, *np.ones(inputs.shape[1])])
    found = np.linalg.solve(full.T @ full + penalty, full.T @ targets)
    predicted: Array = np.column_stack([np.ones(len(tested)), tested]) @ found
    return predicted


def strengths(inputs: Array) -> Array:
    """What is tried: multiples of the mean of the eigenvalues of X'X that X, less its mean row, has."""
    centred = inputs - inputs.mean(0)
    tried: Array = GRID * np.trace(centred.T @ centred) / np.linalg.matrix_rank(centred)
    return tried


def refitted(inputs: Array, targets: Array, tested: Array) -> Array:
    """Predictions of the strength whose refits without one row miss that row least."""
    errors = []
    for strength in strengths(inputs):
        missed = []
        for row in range(len(inputs)):
            rest = np.delete(inputs, row, axis=0), np.delete(targets, row, axis=0)
            missed.append(fitted(*rest, strength, inputs[row : row + 1]) - targets[row])
        errors.append(np.mean(np.square(missed)))
    as_good = np.array(errors) <= (1 + 1e-8) * min(errors)
    return fitted(inputs, targets, strengths(inputs)[int(np.argmax(as_good))], tested)


def data(rows: int, width: int, outputs: int, noise: float, seed: int) -> tuple[Array, Array, Array]:
    """Inputs, targets that are linear but for the noise, and inputs to test on."""
    draw = np.random.default_rng(seed)
    inputs, tested = draw.standard_normal((rows, width)), draw.standard_normal((9, width))
    targets = inputs @ draw.standard_normal((width, outputs)) + noise * draw.standard_normal((rows, outputs))
    return inputs, targets, tested


@pytest.mark.parametrize(
    ("rows", "width", "outputs", "noise"),
    [(12, 4, 1, 0.5), (12, 4, 3, 5.0), (8, 8, 2, 1.0), (6, 15, 2, 0.3), (3, 5, 1, 1.0), (30, 1, 1, 2.0)],
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
    exact = 5.0 + tested @ np.linalg.lstsq(inputs, targets, rcond=None)[0]
    assert np.allclose(tuned_ridge(inputs, targets + 5.0, tested), exact, rtol=1e-4)
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


@pytest.mark.parametrize("inputs", [np.zeros((3, 2)), np.full((3, 2), 0.1)])
def test_inputs_that_are_all_the_same_are_answered_with_the_mean(inputs: Array) -> None:
    found = tuned_ridge(inputs, np.array([[1.0], [2.0], [6.0]]), np.ones((5, 2)))
    assert found == pytest.approx(np.full((5, 1), 3.0))


def test_targets_of_zeros_are_answered_with_zero() -> None:
    inputs, _, tested = data(6, 3, 1, 0.0, 0)
    assert not tuned_ridge(inputs, np.zeros((6, 2)), tested).any()


@pytest.mark.parametrize("seed", range(8))
def test_where_every_strength_misses_by_the_same_the_weakest_is_taken(seed: int) -> None:
    """Without its row the other one alone is left, and is the answer whatever the strength."""
    draw = np.random.default_rng(seed)
    rows, targets = draw.standard_normal((2, 4)), draw.standard_normal((2, 2))
    assert tuned_ridge(rows, targets, rows) == pytest.approx(targets, abs=1e-5)


def test_a_single_row_is_answered_with_its_target() -> None:
    assert tuned_ridge(np.ones((1, 3)), np.full((1, 2), 7.0), np.zeros((4, 3))).tolist() == [[7.0, 7.0]] * 4


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


def test_the_ridge_of_a_teacher_has_its_mean_too() -> None:
    """The mean output of a relu network is not 0; a ridge through 0 would be worse than the mean."""
    found = baselines(
        draw_network(parse_spec({**TEACHER, "seed": 5, "problem": {"kind": "teacher_student"}}))
    )
    assert found is not None
    assert found.ridge < found.mean < found.zero
