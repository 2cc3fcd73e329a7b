"""Polar factors of many matrices, in either of the two ways, beside NumPy's decomposition of each."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from core.training.spectral import polar_factor

EPS = 2.3e-16


def matrices(shape: tuple[int, int], conditions: Sequence[float], seed: int = 0) -> torch.Tensor:
    """One matrix for each condition number, its singular values spread evenly over the decades."""
    generator = np.random.default_rng(seed)
    stacked = []
    for condition in conditions:
        left, _, right = np.linalg.svd(generator.standard_normal(shape), full_matrices=False)
        stacked.append((left * np.logspace(0, -np.log10(condition), min(shape))) @ right)
    return torch.from_numpy(np.stack(stacked))


def expected(matrix: torch.Tensor) -> np.ndarray:
    left, singular, right = np.linalg.svd(matrix.numpy(), full_matrices=False)
    return np.asarray((left * (singular > 1e-14 * singular[0])) @ right)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (20, 20), (12, 7), (7, 12)])
@pytest.mark.parametrize("count", [1, 40])
def test_it_is_as_accurate_as_a_singular_value_decomposition(shape: tuple[int, int], count: int) -> None:
    conditions = np.logspace(0, 9 if min(shape) > 1 else 0, count)
    batch = matrices(shape, conditions.tolist())
    for condition, matrix, factor in zip(conditions, batch, polar_factor(batch), strict=True):
        np.testing.assert_allclose(factor.numpy(), expected(matrix), rtol=0, atol=60 * EPS * condition)


def test_a_batch_of_well_conditioned_matrices_is_not_left_to_lapack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.linalg, "svd")
    batch = matrices((20, 20), np.logspace(0, 4, 64).tolist())
    for matrix, factor in zip(batch, polar_factor(batch), strict=True):
        np.testing.assert_allclose(factor.numpy(), expected(matrix), rtol=0, atol=1e-11)


def test_a_factor_does_not_depend_on_the_matrices_beside_it() -> None:
    batch = matrices((9, 9), np.logspace(0, 8, 32).tolist())
    whole, halves = polar_factor(batch), torch.cat([polar_factor(batch[:16]), polar_factor(batch[16:])])
    torch.testing.assert_close(whole, halves, rtol=0, atol=1e-13)


def test_singular_values_that_are_zero_contribute_zero() -> None:
    batch = matrices((8, 8), [10.0] * 16)
    batch[3] = 0.0
    left, _, right = np.linalg.svd(batch[5].numpy())
    batch[5] = torch.from_numpy(np.outer(left[:, 0], right[0]) + 0.5 * np.outer(left[:, 1], right[1]))
    factors = polar_factor(batch)
    assert not factors[3].any()
    np.testing.assert_allclose(
        factors[5].numpy(), np.outer(left[:, 0], right[0]) + np.outer(left[:, 1], right[1]), atol=1e-12
    )


@pytest.mark.parametrize("lost", [float("nan"), float("inf"), 1e200])
def test_a_diverging_matrix_does_not_touch_the_others(lost: float) -> None:
    batch = matrices((6, 6), [10.0] * 16)
    alone = polar_factor(batch)
    batch[2, 1, 4] = lost
    factors = polar_factor(batch)
    if np.isfinite(lost):
        np.testing.assert_allclose(factors[2].numpy(), expected(batch[2]), atol=1e-9)
    else:
        assert factors[2].isnan().all()
    others = [place for place in range(16) if place != 2]
    torch.testing.assert_close(factors[others], alone[others], rtol=0, atol=1e-13)
