"""Matrices of low rank, the entries and forms that are measured, and which of them selection takes."""

import math
from typing import Any

import numpy as np
import pytest

from core.problems import Entries, Instance, RankOne, draw
from core.problems.low_rank import leverage
from core.spec import parse_spec
from tests.core.spec.test_parse import BASE

KINDS = ["matrix_completion", "matrix_sensing"]
LAWS = ["default", "numpy-legacy"]


def instance(kind: str, seed: int = 0, rng: str = "default", **problem: Any) -> Instance:
    return draw(parse_spec({**BASE, "seed": seed, "rng": rng, "problem": {"kind": kind, **problem}}))


def entries(it: Instance) -> list[int]:
    assert isinstance(it.operator, Entries)
    return [int(place) for place in it.operator.places]


def forms(it: Instance) -> RankOne:
    assert isinstance(it.operator, RankOne)
    return it.operator


@pytest.mark.parametrize("rng", LAWS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("rows", "columns", "rank"), [(10, 10, 2), (7, 4, 1), (3, 9, 3)])
def test_the_matrix_has_its_rank_and_the_norm_of_its_size(
    kind: str, rng: str, rows: int, columns: int, rank: int
) -> None:
    """Claim C24: ||A*||_F = sqrt(n1 n2), 10 for the published size."""
    it = instance(kind, 3, rng, rows=rows, columns=columns, rank=rank, measurements=8)
    assert it.truth.shape == (rows, columns)
    assert np.linalg.norm(it.truth) == pytest.approx(math.sqrt(rows * columns), rel=1e-12)
    assert np.linalg.matrix_rank(it.truth) == rank
    assert it.targets.shape == (8,)
    assert np.array_equal(it.targets, it.operator.apply(it.truth))


@pytest.mark.parametrize("rng", LAWS)
@pytest.mark.parametrize("coherence", [0.0, 0.3, 1.0])
def test_entries_are_distinct_and_all_of_them_can_be_seen(rng: str, coherence: float) -> None:
    for measurements in (1, 40, 100):
        it = instance("matrix_completion", 1, rng, measurements=measurements, coherence=coherence)
        assert len(set(entries(it))) == measurements
        assert set(entries(it)) <= set(range(100))


@pytest.mark.parametrize("rng", LAWS)
def test_selection_takes_the_entries_of_largest_leverage(rng: str) -> None:
    # round(0.45 x 70) is 32 (31.5 to even)
    it = instance("matrix_completion", 5, rng, rows=12, columns=8, measurements=70, coherence=0.45)
    left, _, right = np.linalg.svd(it.truth)
    size = [
        12 / 2 * (left[i, :2] ** 2).sum() + 8 / 2 * (right[:2, j] ** 2).sum()
        for i in range(12)
        for j in range(8)
    ]
    assert np.allclose(leverage(it.truth, 2).ravel(), size)
    best = set(np.argsort(size)[::-1][:32].tolist())
    assert set(entries(it)[:32]) == best


def test_unselected_entries_are_uniform() -> None:
    count = np.zeros(100)
    for seed in range(400):
        count[entries(instance("matrix_completion", seed, measurements=30))] += 1
    # 400 draws of 30 in 100: mean 120, standard deviation 9.2.
    assert count.mean() == 120
    assert 90 < count.min() < count.max() < 150


def test_fields_of_one_seed_leave_the_others_alone() -> None:
    base = instance("matrix_completion", 2)
    assert np.array_equal(instance("matrix_completion", 2, measurements=30).truth, base.truth)
    assert entries(instance("matrix_completion", 2, measurements=30)) == entries(base)[:30]
    assert np.array_equal(instance("matrix_completion", 2, coherence=0.5).truth, base.truth)
    sensing, selected = instance("matrix_sensing", 2), instance("matrix_sensing", 2, coherence=0.25)
    assert np.array_equal(sensing.truth, base.truth)
    assert np.array_equal(forms(selected).left[20:], forms(sensing).left[20:])
    assert not np.array_equal(forms(selected).left[:20], forms(sensing).left[:20])
    noisy = instance("matrix_sensing", 2, snr=4.0)
    assert np.array_equal(forms(noisy).right, forms(sensing).right)


def test_noise_has_the_variance_of_its_ratio() -> None:
    quiet = instance("matrix_sensing", 0, rows=30, columns=30, measurements=900)
    loud = instance("matrix_sensing", 0, rows=30, columns=30, measurements=900, snr=4.0)
    assert np.var(loud.targets - quiet.targets) == pytest.approx(900 / (900 * 4.0), rel=0.15)


@pytest.mark.parametrize("rng", LAWS)
def test_selected_forms_see_single_entries(rng: str) -> None:
    it = instance("matrix_sensing", 4, rng, rows=6, columns=9, measurements=20, coherence=0.4)
    # X = M Phi: a column of Phi, seen through Phi, is a unit vector.
    for rows in (forms(it).left, forms(it).right):
        seen = rows[:8]
        assert np.allclose(np.sort(np.abs(seen), axis=1)[:, -1], 1.0, atol=1e-10)
        assert np.allclose(np.linalg.norm(seen, axis=1), 1.0, atol=1e-10)
        assert np.linalg.norm(rows[8:], axis=1).max() < 2.5
    i, j = (np.abs(rows[:8]).argmax(axis=1) for rows in (forms(it).left, forms(it).right))
    assert np.allclose(np.abs(it.targets[:8]), np.abs(it.truth[i, j]), atol=1e-9)


def test_a_legacy_instance_has_what_a_restarted_generator_gives() -> None:
    it = instance("matrix_completion", 9, "numpy-legacy", rows=6, columns=5, measurements=12)
    left, right = np.random.RandomState(9).randn(6, 2), np.random.RandomState(9).randn(5, 2)
    product = left @ right.T
    assert np.allclose(it.truth, product * math.sqrt(30) / np.linalg.norm(product), rtol=1e-14)
    assert entries(it) == np.random.RandomState(9).permutation(30)[:12].tolist()
