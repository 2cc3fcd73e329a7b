"""Claim C23: from how many measurements basis pursuit gives the signal back."""

import pytest

from tests.claims.runs import axis, trained
from tests.claims.table import Table

SIZES = list(range(1, 102, 10))
THRESHOLD = {1: 11, 11: 41, 21: 61, 31: 71}


def _first_size(sparsity: int, trials: int) -> int | None:
    """The least N on the grid at which more than half of the trials recover."""
    memory = trained(
        rng="default",
        seed=0,
        optimizer={"kind": "convex"},
        regularization={},
        problem={"basis": "orthonormal", "sparsity": sparsity},
        sweep={"axes": [axis("/problem/measurements", *SIZES)], "seeds": {"count": trials}},
    )
    errors = [memory.results[member].final["test_error"] for member in range(len(SIZES) * trials)]
    for place, size in enumerate(SIZES):
        recovered = sum(error < 1e-6 for error in errors[place * trials : (place + 1) * trials])
        if 2 * recovered > trials:
            return size
    return None


def _check(table: Table, sparsity: int, trials: int) -> None:
    measured, claimed = _first_size(sparsity, trials), THRESHOLD[sparsity]
    table.row(
        "C23", f"s={sparsity}, {trials} trials: first N on the grid", claimed, measured, "1 grid step (10)"
    )
    assert measured == pytest.approx(claimed, abs=10)


@pytest.mark.parametrize("sparsity", [1, 11])
def test_c23_basis_pursuit_has_a_threshold(table: Table, sparsity: int) -> None:
    _check(table, sparsity, 5)


@pytest.mark.slow
@pytest.mark.parametrize("sparsity", THRESHOLD)
def test_c23_with_ten_trials(table: Table, sparsity: int) -> None:
    _check(table, sparsity, 10)
