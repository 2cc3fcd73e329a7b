"""Polar factors and soft thresholds of many small matrices at once, beside LAPACK's decomposition."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.kernels.jacobi import EPS, LANES, identity, rounds
from core.kernels.spectra import change_singular

Array = NDArray[np.float64]


class Lanes:
    """Matrices (LANES, n1, n2) as compiled code holds them, with the room that it needs."""

    def __init__(self, matrices: Array) -> None:
        self.shape = (matrices.shape[1], matrices.shape[2])
        self.a = _flat(matrices)
        k = min(self.shape)
        self._w, self._v, self._pairs = np.empty_like(self.a), np.empty(k * k * LANES), rounds(k)
        identity(self._v, k)

    def polar(self, strength: float = 1.0) -> Array:
        out = np.zeros_like(self.a)
        self._change(np.full(LANES, strength), False, out)
        return _matrices(out, self.shape)

    def shrunk(self, threshold: float) -> Array:
        self._change(np.full(LANES, threshold), True, self.a)
        return _matrices(self.a, self.shape)

    def _change(self, amounts: Array, soft: bool, out: Array) -> None:
        n1, n2 = self.shape
        change_singular(self.a, n1, n2, self._w, self._v, self._pairs, amounts, soft, out)


def _flat(matrices: Array) -> Array:
    return np.ascontiguousarray(np.moveaxis(matrices, 0, -1)).reshape(-1)


def _matrices(flat: Array, shape: tuple[int, ...]) -> Array:
    return np.moveaxis(flat.reshape(*shape, LANES), -1, 0)


def _drawn(seed: int, n1: int, n2: int, rank: int, spread: float, scale: float) -> Array:
    """Matrices of a rank with singular values from 1 down to 10^-spread, times a scale."""
    rng = np.random.default_rng(seed)
    rank = min(rank, n1, n2)
    left = np.linalg.qr(rng.standard_normal((LANES, n1, rank)))[0]
    right = np.linalg.qr(rng.standard_normal((LANES, n2, rank)))[0]
    return np.asarray(scale * (left * np.logspace(0, -spread, rank)) @ right.transpose(0, 2, 1))


SIDE = st.integers(1, 9)


@settings(max_examples=150)
@given(
    seed=st.integers(0, 1000),
    n1=SIDE,
    n2=SIDE,
    rank=SIDE,
    spread=st.floats(0, 9),
    scale=st.integers(-60, 60).map(lambda k: 10.0**k),
)
def test_polar_factors_are_isometries_that_leave_a_positive_part(
    seed: int, n1: int, n2: int, rank: int, spread: float, scale: float
) -> None:
    matrices = _drawn(seed, n1, n2, rank, spread, scale)
    found = Lanes(matrices).polar()
    for a, p in zip(matrices, found, strict=True):
        singular = np.linalg.svd(a, compute_uv=False)
        ones = np.linalg.svd(p, compute_uv=False)
        # Of singular values at the edge of what counts as zero either may hold.
        sure = np.sum(singular > 4 * EPS * max(a.shape) * singular[0])
        assert np.allclose(ones[:sure], 1.0, atol=1e-12)
        positive = p.T @ a
        assert np.allclose(positive, positive.T, atol=1e-13 * singular[0])
        assert np.linalg.eigvalsh((positive + positive.T) / 2)[0] > -1e-13 * singular[0]
        assert np.trace(positive) == pytest.approx(singular.sum(), rel=1e-13)


@settings(max_examples=100)
@given(
    seed=st.integers(0, 1000),
    n1=SIDE,
    n2=SIDE,
    rank=SIDE,
    spread=st.floats(0, 3),
    threshold=st.floats(0.001, 2),
)
def test_singular_values_shrink_by_the_threshold(
    seed: int, n1: int, n2: int, rank: int, spread: float, threshold: float
) -> None:
    matrices = _drawn(seed, n1, n2, rank, spread, 1.0)
    left, singular, right = np.linalg.svd(matrices, full_matrices=False)
    kept = np.maximum(singular - threshold, 0.0)
    expected = (left * kept[:, None, :]) @ right
    found = Lanes(matrices).shrunk(threshold)
    assert np.allclose(found, expected, atol=1e-13)
    assert np.all(np.linalg.matrix_rank(found, tol=1e-9) == np.sum(kept > 1e-9, axis=1))


def test_exactly_zero_singular_values_contribute_zero() -> None:
    matrices = np.zeros((LANES, 4, 3))
    matrices[1:, 0, 0] = 2.0
    found = Lanes(matrices).polar(0.5)
    assert not found[0].any()
    assert np.array_equal(found[1], np.diag([0.5, 0, 0, 0])[:, :3])


@pytest.mark.parametrize("shape", [(10, 10), (12, 5), (5, 12), (1, 1)])
def test_a_decomposition_goes_on_from_the_last_one(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(3)
    lanes = Lanes(rng.standard_normal((LANES, *shape)))
    for _ in range(50):
        lanes.a += 1e-3 * rng.standard_normal(lanes.a.shape)
        fresh = Lanes(_matrices(lanes.a, shape).copy())
        assert np.allclose(lanes.polar(), fresh.polar(), atol=1e-11)


def test_a_matrix_comes_out_alike_in_any_company() -> None:
    rng = np.random.default_rng(5)
    matrices = rng.standard_normal((LANES, 7, 7))
    alone = np.zeros_like(matrices)
    alone[0] = matrices[0]
    hard = matrices * np.geomspace(1, 1e-12, 7)
    hard[0] = matrices[0]
    hard[1] = np.nan
    together, beside = (Lanes(m).polar()[0] for m in (alone, hard))
    assert np.array_equal(Lanes(matrices).polar()[0], together)
    assert np.array_equal(beside, together)


def test_no_number_disturbs_its_neighbours_or_ends_in_a_number() -> None:
    matrices: Any = np.random.default_rng(1).standard_normal((LANES, 3, 3))
    matrices[0, 1, 1] = np.inf
    matrices[1] = np.nan
    lanes = Lanes(matrices)
    found = lanes.shrunk(0.1)
    assert not np.isfinite(found[:2]).all(axis=(1, 2)).any()
    assert np.isfinite(found[2:]).all()


@pytest.mark.parametrize("columns", range(1, 12))
def test_every_pair_of_columns_meets_once_and_neighbours_share_none(columns: int) -> None:
    pairs = rounds(columns)
    assert len({(p, q) for p, q in pairs.tolist()}) == columns * (columns - 1) // 2
    assert np.all(pairs[:, 0] < pairs[:, 1])
    half = columns // 2
    for first in range(0, len(pairs), half or 1):
        together = pairs[first : first + half].ravel()
        assert len(set(together.tolist())) == len(together)
