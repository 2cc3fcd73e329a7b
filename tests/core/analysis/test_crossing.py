"""Threshold crossings of recorded series: the first step, its bracket, and what counts."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Crossing, Direction, threshold
from core.analysis.crossing import Steps, Values

NAN, INF = math.nan, math.inf
numbers = st.floats(width=32) | st.sampled_from([NAN, INF, -INF, 0.0, 1.0])


def series(*values: float, steps: list[int] | None = None) -> tuple[Steps, Values]:
    """The values at steps 0, 10, 20, ... unless others are given."""
    at = steps if steps is not None else [10 * i for i in range(len(values))]
    return np.array(at, np.int64), np.array(values, np.float64)


@pytest.mark.parametrize(
    ("values", "sustained", "expected"),
    [
        ([3, 2, 1, 0], 1, Crossing(20, "observed", (10, 20))),
        ([0, 3, 3, 3], 1, Crossing(0, "observed", (0, 0))),
        ([3, 2, 2, 2], 1, Crossing(None, "censored", (30, None))),
        ([3, 1, 2, 1, 1], 2, Crossing(30, "observed", (20, 30))),
        ([1, 1, 3, 3, 3], 2, Crossing(0, "observed", (0, 0))),
        ([3, 3, 3, 1, 1], 3, Crossing(None, "censored", (40, None))),
        ([3, 1], 5, Crossing(None, "censored", (10, None))),
        ([3, NAN, -INF, 1], 1, Crossing(30, "observed", (20, 30))),
        ([3, 1, NAN, 1, 1], 2, Crossing(30, "observed", (20, 30))),
        ([INF, NAN], 1, Crossing(None, "censored", (10, None))),
        ([], 1, Crossing(None, "censored", (0, None))),
    ],
)
def test_the_first_of_so_many_steps_in_a_row(values: list[float], sustained: int, expected: Crossing) -> None:
    assert threshold(*series(*values), level=1.0, sustained=sustained) == expected


def test_a_level_may_be_met_from_below() -> None:
    accuracies = series(0.1, 0.99, 0.9999, 1.0)
    assert threshold(*accuracies, level=0.9999, direction="above").value == 20
    assert threshold(*series(0.1, INF), level=0.9999, direction="above").value is None


def test_the_bracket_reaches_back_to_the_step_recorded_before() -> None:
    found = threshold(*series(3, 2, 1, steps=[0, 999, 1000]), level=1.0)
    assert found.bracket == (999, 1000)
    assert threshold(*series(1, 1, steps=[7, 9]), level=1.0).bracket == (7, 7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sustained": 0}, "sustained must be at least 1. Got 0"),
        ({"level": NAN}, "level must be finite. Got nan"),
        ({"level": INF}, "level must be finite. Got inf"),
        ({"steps": np.array([0, 5, 5])}, "steps must increase strictly"),
        ({"steps": np.array([0, 1])}, r"vectors of one length. Got \(2,\), \(3,\)"),
        ({"steps": np.zeros((3, 1), np.int64)}, "vectors of one length"),
    ],
)
def test_bad_arguments_are_named(changes: dict[str, Any], message: str) -> None:
    steps, values = series(3, 2, 1)
    with pytest.raises(ValueError, match=message):
        threshold(**{"steps": steps, "values": values, "level": 1.0, **changes})


@given(
    values=st.lists(numbers, max_size=30),
    level=st.floats(-5, 5),
    sustained=st.integers(1, 4),
    direction=st.sampled_from(["below", "above"]),
    gaps=st.lists(st.integers(1, 1000), min_size=30, max_size=30),
)
def test_it_is_what_a_plain_scan_finds(
    values: list[float], level: float, sustained: int, direction: Direction, gaps: list[int]
) -> None:
    steps = [sum(gaps[:i]) for i in range(len(values))]
    sign = 1.0 if direction == "below" else -1.0
    met = [math.isfinite(value) and sign * value <= sign * level for value in values]
    first = next(
        (i for i in range(len(values) - sustained + 1) if all(met[i : i + sustained])),
        None,
    )
    found = threshold(*series(*values, steps=steps), level, sustained, direction)
    assert found.value == (None if first is None else steps[first])
    if first is None:
        assert found.bracket == (steps[-1] if steps else 0, None)
    else:
        assert found.bracket == (steps[max(first - 1, 0)], steps[first])
        assert first == 0 or not met[first - 1], "the lower end has not met the level"


@given(st.lists(numbers, min_size=1, max_size=20), st.floats(-5, 5), st.floats(0, 5), st.integers(1, 3))
def test_stricter_questions_have_later_answers(
    values: list[float], level: float, slack: float, sustained: int
) -> None:
    strict = threshold(*series(*values), level, sustained + 1)
    for loose in (
        threshold(*series(*values), level + slack, sustained + 1),
        threshold(*series(*values), level, sustained),
    ):
        if strict.value is not None:
            assert loose.value is not None
            assert loose.value <= strict.value
