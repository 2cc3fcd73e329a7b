"""Polar factors and soft thresholds of one small matrix, beside LAPACK's decomposition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.kernels.columns import change_one, grouped, identity_one
from core.kernels.jacobi import EPS
from core.kernels.simd import WIDTH

Array = NDArray[np.float64]


class One:
    """A matrix (m, k), m >= k, as compiled code holds it, with the room that it needs."""

    def __init__(self, matrix: Array) -> None:
        self.m, self.k = matrix.shape
        self._rows = -(-self.m // WIDTH) * WIDTH
        self._length = self._rows + -(-self.k // WIDTH) * WIDTH
        self.a = np.zeros((self.k, self._rows))
        self.a[:, : self.m] = matrix.T
        self._columns, self._groups = np.zeros((self.k + 1) * self._length), grouped(self.k)
        identity_one(self._columns, self._rows, self._length)

    def polar(self, strength: float = 1.0) -> Array:
        out = np.zeros_like(self.a)
        self._change(strength, False, out)
        return self._matrix(out)

    def shrunk(self, threshold: float) -> Array:
        self._change(threshold, True, self.a)
        return self._matrix(self.a)

    def _change(self, amount: float, soft: bool, out: Array) -> None:
        size = self.m, self._rows, self._length
        change_one(self.a.reshape(-1), *size, self._columns, self._groups, amount, soft, out.reshape(-1))

    def _matrix(self, held: Array) -> Array:
        assert not held[:, self.m :].any(), "padding stays zero"
        return held[:, : self.m].T.copy()


def _drawn(seed: int, m: int, k: int, rank: int, spread: float, scale: float) -> Array:
    """A matrix of a rank with singular values from 1 down to 10^-spread, times a scale."""
    rng = np.random.default_rng(seed)
    rank = min(rank, k)
    left = np.linalg.qr(rng.standard_normal((m, rank)))[0]
    right = np.linalg.qr(rng.standard_normal((k, rank)))[0]
    return np.asarray(scale * (left * np.logspace(0, -spread, rank)) @ right.T)


SIDE = st.integers(1, 12)


@settings(max_examples=300)
@given(
    seed=st.integers(0, 1000),
    sides=st.tuples(SIDE, SIDE).map(sorted),
    rank=SIDE,
    spread=st.floats(0, 9),
    scale=st.integers(-140, 140).map(lambda e: 10.0**e),
)
def test_polar_factors_are_isometries_that_leave_a_positive_part(
    seed: int, sides: list[int], rank: int, spread: float, scale: float
) -> None:
    k, m = sides
    a = _drawn(seed, m, k, rank, spread, scale)
    p = One(a).polar()
    singular = np.linalg.svd(a, compute_uv=False)
    # Of singular values at the edge of what counts as zero either may hold.
    sure = np.sum(singular > 4 * EPS * m * singular[0])
    assert np.allclose(np.linalg.svd(p, compute_uv=False)[:sure], 1.0, atol=1e-12)
    positive = p.T @ a
    assert np.allclose(positive, positive.T, atol=1e-13 * singular[0])
    assert np.linalg.eigvalsh((positive + positive.T) / 2)[0] > -1e-13 * singular[0]
    assert np.trace(positive) == pytest.approx(singular.sum(), rel=1e-13)


@settings(max_examples=200)
@given(
    seed=st.integers(0, 1000),
    sides=st.tuples(SIDE, SIDE).map(sorted),
    rank=SIDE,
    spread=st.floats(0, 3),
    threshold=st.floats(0.001, 2),
)
def test_singular_values_shrink_by_the_threshold(
    seed: int, sides: list[int], rank: int, spread: float, threshold: float
) -> None:
    k, m = sides
    a = _drawn(seed, m, k, rank, spread, 1.0)
    left, singular, right = np.linalg.svd(a, full_matrices=False)
    kept = np.maximum(singular - threshold, 0.0)
    found = One(a).shrunk(threshold)
    assert np.allclose(found, (left * kept) @ right, atol=1e-13)
    assert np.linalg.matrix_rank(found, tol=1e-9) == np.sum(kept > 1e-9)


def test_exactly_zero_singular_values_contribute_zero() -> None:
    a = np.zeros((4, 3))
    assert not One(a).polar(0.5).any()
    a[0, 0] = 2.0
    assert np.array_equal(One(a).polar(0.5), np.diag([0.5, 0, 0, 0])[:, :3])


@pytest.mark.parametrize("scale", [1e-60, 1e-82, 1e-100, 1e-160, 1e-200, 1e-310])
def test_columns_that_nearly_vanish_stay_numbers(scale: float) -> None:
    a = np.random.default_rng(2).standard_normal((12, 6))
    a[:, 2:4] *= scale
    large = np.delete(a, [2, 3], axis=1)
    found = One(a).shrunk(0.1)
    assert np.allclose(np.delete(found, [2, 3], axis=1), One(large).shrunk(0.1), atol=1e-13)
    assert np.allclose(found[:, 2:4], 0.0, atol=1e-13)
    assert np.allclose(np.delete(One(a).polar(), [2, 3], axis=1), One(large).polar(), atol=1e-13)


@pytest.mark.parametrize("shape", [(10, 10), (12, 5), (1, 1), (33, 32)])
def test_a_decomposition_goes_on_from_the_last_one(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    a = rng.standard_normal(shape)
    one = One(a)
    for _ in range(50):
        a = a + 1e-3 * rng.standard_normal(shape)
        one.a[:, : shape[0]] = a.T
        assert np.allclose(one.polar(), One(a).polar(), atol=1e-11)


@pytest.mark.parametrize("what", [np.inf, np.nan])
def test_no_number_ends_in_a_number(what: float) -> None:
    a = np.random.default_rng(1).standard_normal((5, 5))
    a[1, 2] = what
    assert not np.isfinite(One(a).shrunk(0.1)).all()
    assert not np.isfinite(One(a).polar()).all()


@pytest.mark.parametrize("columns", [*range(1, 14), 40])
def test_every_pair_of_columns_meets_once_and_groups_share_none(columns: int) -> None:
    groups = grouped(columns)
    real = groups[groups[:, 0] < columns]
    assert len({(p, q) for p, q in real.tolist()}) == len(real) == columns * (columns - 1) // 2
    assert np.all(real[:, 0] < real[:, 1])
    for first in range(0, len(groups), WIDTH):
        together = groups[first : first + WIDTH].ravel()
        together = together[together < columns]
        assert len(set(together.tolist())) == len(together) > 0
