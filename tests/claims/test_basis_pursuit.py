"""C23: from how many measurements l1 minimisation gives the signal back."""

import pytest

from tests.claims.table import Claims
from tests.claims.trained import trained

SIZES = list(range(1, 102, 10))
GRID_STEP = 10
THRESHOLD = {1: 11, 11: 41, 21: 61, 31: 71}
"""The first N on the grid at which basis pursuit recovers, by sparsity."""


@pytest.mark.parametrize("sparsity", [1, 11])
def test_c23_basis_pursuit_has_a_threshold(claims: Claims, sparsity: int) -> None:
    _check(claims, sparsity, 5)


@pytest.mark.slow
@pytest.mark.parametrize("sparsity", THRESHOLD)
def test_c23_basis_pursuit_has_a_threshold_in_ten_trials(claims: Claims, sparsity: int) -> None:
    _check(claims, sparsity, 10)


def _check(claims: Claims, sparsity: int, trials: int) -> None:
    setting = f"s = {sparsity}, orthonormal basis, {trials} trials: least N of most recovered"
    claims.number("C23", setting, _first_size(sparsity, trials), THRESHOLD[sparsity], off=GRID_STEP)


def _first_size(sparsity: int, trials: int) -> int | None:
    runs = trained(
        ("/problem/measurements", SIZES),
        seeds=(0, trials),
        rng="default",
        optimizer={"kind": "convex"},
        regularization={},
        problem={"basis": "orthonormal", "sparsity": sparsity},
    )
    recovered = [run.result.final["test_error"] < 1e-6 for run in runs]
    for place, size in enumerate(SIZES):
        if 2 * sum(recovered[place * trials : (place + 1) * trials]) > trials:
            return size
    return None
