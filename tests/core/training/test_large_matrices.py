"""Matrices that compiled code would hold a core up with are decomposed by LAPACK."""

import pytest
import torch

from core.training.linear.compiled import LARGEST_SIDE, disabled, serves
from tests.core.training.memory import cells_of


@pytest.mark.parametrize(
    ("rows", "columns", "nuclear", "served"),
    [
        (LARGEST_SIDE, 2 * LARGEST_SIDE, 1e-3, True),
        (LARGEST_SIDE + 1, LARGEST_SIDE + 1, 1e-3, False),
        (LARGEST_SIDE + 1, LARGEST_SIDE + 1, 0.0, True),
    ],
)
def test_steps_are_compiled_where_no_large_matrix_is_decomposed(
    rows: int, columns: int, nuclear: float, served: bool
) -> None:
    problem = {"kind": "matrix_completion", "rows": rows, "columns": columns, "measurements": 60}
    penalty = {"nuclear": nuclear} if nuclear else {"l1": 1e-3}
    (cell,) = cells_of(rng="default", problem=problem, regularization=penalty)
    with disabled():
        assert not serves(cell.spec, torch.device("cpu"))
    if serves(cells_of()[0].spec, torch.device("cpu")):  # where the compiler is installed
        assert serves(cell.spec, torch.device("cpu")) is served
