import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.analysis import boundaries, filled, from_axis, halfway, halves, is_numeric, spacing_of, to_axis


def _map(labels: np.ndarray) -> list[tuple[tuple[int, int], list[list[float]]]]:
    rows, columns = labels.shape
    lines = boundaries(labels, np.linspace(0, columns - 1, columns), np.linspace(0, 10 * rows - 10, rows))
    return [(line.between, line.points.tolist()) for line in lines]


def test_a_straight_boundary_is_one_line_halfway() -> None:
    lines = _map(np.array([[0, 0, 1], [0, 0, 1], [0, 0, 1]]))
    assert lines == [((0, 1), [[1.5, 0], [1.5, 10], [1.5, 20]])]


def test_steps_of_a_boundary_are_cut_across() -> None:
    ((between, points),) = _map(np.array([[0, 1], [0, 0]]))
    assert between == (0, 1)
    assert sorted(points) == [[0.5, 0], [1, 5]]


def test_an_island_is_a_ring() -> None:
    labels = np.zeros((3, 3), np.int64)
    labels[1, 1] = 2
    ((between, points),) = _map(labels)
    assert between == (0, 2)
    assert points[0] == points[-1]
    assert len(points) == 5
    assert sorted(points[:-1]) == [[0.5, 10], [1, 5], [1, 15], [1.5, 10]]


def test_three_labels_meet_in_the_middle() -> None:
    lines = _map(np.array([[0, 1], [0, 2]]))
    assert [between for between, _ in lines] == [(0, 1), (0, 2), (1, 2)]
    assert all([0.5, 5] in points for _, points in lines)


def test_what_is_unknown_has_no_boundary_and_one_row_has_points() -> None:
    assert _map(np.array([[0, -1, 1]])) == []
    assert _map(np.array([[0, 1, 1, 0]])) == [((0, 1), [[0.5, 0]]), ((0, 1), [[2.5, 0]])]


def test_on_a_logarithmic_axis_halfway_is_the_geometric_mean() -> None:
    x = to_axis([1e-4, 1e-2], "log")
    (line,) = boundaries(np.array([[0, 1]]), x, np.zeros(1))
    assert from_axis(line.points[:, 0], "log") == pytest.approx([1e-3])


@settings(deadline=None)
@given(hnp.arrays(np.int64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(-1, 3)))
def test_lines_pass_every_place_where_neighbours_differ_and_no_other(labels: np.ndarray) -> None:
    rows, columns = labels.shape
    lines = _map(labels)
    passed = {(between, tuple(point)) for between, points in lines for point in points}
    expected = set()
    for (r, c), (down, right) in itertools.product(np.ndindex(rows, columns), ((0, 1), (1, 0))):
        if r + down < rows and c + right < columns:
            one, other = sorted((int(labels[r, c]), int(labels[r + down, c + right])))
            if 0 <= one != other:
                expected.add(((one, other), (c + right / 2, 10.0 * r + 5 * down)))
    # Besides them lines go through middles of four cells.
    assert {(pair, p) for pair, p in passed if not (p[0] % 1 == 0.5 and p[1] % 10 == 5)} == expected
    for _, points in lines:
        for start, end in itertools.pairwise(points):
            assert abs(start[0] - end[0]) <= 1
            assert abs(start[1] - end[1]) <= 10


def test_bad_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        boundaries(np.zeros((1, 2), np.int64), np.arange(3.0), np.arange(1.0))
    with pytest.raises(ValueError, match="increase"):
        boundaries(np.zeros((1, 2), np.int64), np.zeros(2), np.zeros(1))


def test_cells_that_nobody_asked_for_have_the_label_of_the_nearest() -> None:
    labels = np.array([[0, -1, -1, 1], [-1, 2, -1, -1]])
    there = np.array([[True, False, False, True], [True, True, False, False]])
    whole = np.ones(2, np.bool_)
    made = filled(labels, there, whole, np.array([0.0, 1.0, 5.0, 6.0]), np.arange(2.0))
    assert made.tolist() == [[0, 0, 1, 1], [-1, 2, 2, 2]]


def test_rows_that_refining_added_are_filled_along_their_columns() -> None:
    labels = np.array([[0, 0, 0], [-1, -1, 1], [0, 1, 1]])
    there = np.array([[True, True, True], [False, False, True], [True, True, True]])
    whole = np.array([True, False, True])
    for middle, nearest in ((1.0, [0, 0, 1]), (2.0, [0, 1, 1])):
        made = filled(labels, there, whole, np.arange(3.0), np.array([0.0, middle, 3.0]))
        assert made.tolist() == [[0, 0, 0], nearest, [0, 1, 1]]


@pytest.mark.parametrize(
    ("values", "spacing"),
    [
        ([10, 40, 70], "linear"),
        ([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], "linear"),
        ([0.0, 0.5, 1.0], "linear"),
        ([-1, 1], "linear"),
        ([1e-4, 1e-3], "log"),
        ([1e-3, 1e-4], "log"),
        ([0.1, 0.2], "linear"),
        ([1e-6, 1e-5, 1e-4, 1e-3], "log"),
        ([5e-9, 1e-8, 1e-7, 1e-6, 5e-6, 1e-5], "log"),
        ([1], "linear"),
    ],
)
def test_the_spacing_of_an_axis_is_seen(values: list[float], spacing: str) -> None:
    assert spacing_of(values) == spacing


def test_only_finite_numbers_are_numbers() -> None:
    assert is_numeric([1, 2.5])
    for odd in (True, "adam", {"l1": 1}, None, float("nan"), float("inf")):
        assert not is_numeric([1, odd])


def test_halfway_depends_on_the_axis() -> None:
    assert halfway(1e-4, 1e-2, "log") == pytest.approx(1e-3)
    assert halfway(10, 40, "linear") == 25
    assert halfway(10, 41, "linear", whole=True) in (25, 26)
    assert halfway(1e-200, 1e-180, "log") == pytest.approx(1e-190)


@settings(deadline=None)
@given(
    edge=st.floats(0.002, 999),
    tolerance=st.floats(1e-4, 0.5),
    spacing=st.sampled_from(["log", "linear"]),
)
def test_halving_again_and_again_closes_in_on_the_edge(edge: float, tolerance: float, spacing: str) -> None:
    line: list[tuple[float, object]] = [(0.001, False), (1000.0, True)]
    rounds = 0
    while found := halves(line, spacing, tolerance):  # type: ignore[arg-type]
        line += [(value, value >= edge) for value in found]
        rounds += 1
        assert rounds < 60
    low = max(value for value, label in line if not label)
    high = min(value for value, label in line if label)
    assert low < edge <= high
    assert high - low <= tolerance * high


def test_whole_values_end_at_neighbours() -> None:
    line: list[tuple[float, object]] = [(10, "a"), (40, "b")]
    while found := halves(line, "linear", 0.0, whole=True):
        line += [(value, "a" if value < 23 else "b") for value in found]
    assert {(22, "a"), (23, "b")} <= set(line)


def test_unknown_cells_are_passed_over_and_several_boundaries_are_halved() -> None:
    line = [(4.0, "a"), (1.0, "a"), (3.0, "b"), (2.0, None)]
    assert halves(line, "linear", 0.01) == [2.0, 3.5]
