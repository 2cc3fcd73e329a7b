import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis import LABELS, UNKNOWN, median_matrix, phase_map, wilson

_PLACE = st.integers(0, 2)
_VALUE = st.one_of(st.floats(-1e6, 1e6), st.just(np.inf), st.just(np.nan))


def _column(values: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All in one cell."""
    return np.zeros(len(values), np.int64), np.zeros(len(values), np.int64), np.array(values)


def test_wilsons_interval_is_that_of_the_tables() -> None:
    low, high = wilson(np.array([0, 3, 10, 0]), np.array([10, 10, 10, 0]))
    assert low == pytest.approx([0, 0.1078, 0.7225, 0], abs=1e-4)
    assert high == pytest.approx([0.2775, 0.6032, 1, 1], abs=1e-4)


@settings(deadline=None)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_holds_the_share_and_stays_within_0_and_1(pair: tuple[int, int]) -> None:
    k, n = (np.array([count]) for count in pair)
    low, high = wilson(k, n)
    assert 0 <= low[0] <= k[0] / n[0] <= high[0] <= 1
    mirrored = wilson(n - k, n)
    assert 1 - mirrored[1][0] == pytest.approx(low[0])


@pytest.mark.parametrize(("k", "n", "confidence"), [(2, 1, 0.95), (-1, 1, 0.95), (1, 2, 1.0)])
def test_shares_that_cannot_be_are_refused(k: int, n: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="must be in"):
        wilson(np.array([k]), np.array([n]), confidence)


@pytest.mark.parametrize(
    ("values", "median", "k", "n"),
    [
        ([5.0, 1.0, 3.0], 3.0, 3, 3),
        ([1.0, np.inf, 2.0], 2.0, 2, 3),
        ([1.0, np.inf, np.inf], np.inf, 1, 3),
        ([1.0, np.inf], np.inf, 1, 2),
        ([1.0, 3.0, np.nan, np.nan], 2.0, 2, 2),
        ([np.nan], np.nan, 0, 0),
    ],
)
def test_a_run_that_did_not_get_there_lies_above_all_that_did(
    values: list[float], median: float, k: int, n: int
) -> None:
    found = median_matrix(*_column(values), (1, 1))
    assert found.values[0, 0] == pytest.approx(median, nan_ok=True)
    assert (found.k[0, 0], found.n[0, 0]) == (k, n)


@settings(deadline=None)
@given(st.lists(st.tuples(_PLACE, _PLACE, _VALUE), max_size=60))
def test_medians_are_those_of_numpy_cell_by_cell(points: list[tuple[int, int, float]]) -> None:
    rows, columns = (np.array([p[axis] for p in points], np.int64) for axis in (0, 1))
    values = np.array([p[2] for p in points], np.float64)
    found = median_matrix(rows, columns, values, (3, 4))
    for row in range(3):
        for column in range(4):
            cell = values[(rows == row) & (columns == column)]
            cell = cell[~np.isnan(cell)]
            expected = np.median(cell) if cell.size else np.nan
            assert found.values[row, column] == pytest.approx(expected, nan_ok=True)
            assert found.n[row, column] == cell.size
            assert found.k[row, column] == np.isfinite(cell).sum()


def test_places_outside_the_matrix_are_refused() -> None:
    with pytest.raises(ValueError, match="within"):
        median_matrix(np.array([1]), np.array([0]), np.array([1.0]), (1, 1))
    with pytest.raises(ValueError, match="one length"):
        median_matrix(np.array([0, 0]), np.array([0]), np.array([1.0]), (1, 1))


def test_a_cell_has_the_label_of_most_seeds_and_of_a_tie_the_lesser() -> None:
    outcomes = ["grokked", "grokked", "memorised_only", "grokked", "memorised_only", None]
    columns = np.array([0, 0, 0, 1, 1, 2])
    found = phase_map(np.zeros(6, np.int64), columns, outcomes, (1, 3))
    labels = [None if code == UNKNOWN else LABELS[code].value for code in found.labels[0]]
    assert labels == ["grokked", "memorised_only", None]
    assert found.k[0].tolist() == [2, 1, 0]
    assert found.n[0].tolist() == [3, 2, 0]
    assert found.counts.sum() == 5
    assert found.low[0, 0] < 2 / 3 < found.high[0, 0]


def test_an_outcome_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="learnt"):
        phase_map(np.zeros(1, np.int64), np.zeros(1, np.int64), ["learnt"], (1, 1))
