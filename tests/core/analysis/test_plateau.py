"""The published plateau rule: exactly its steps on published runs, and nothing accepted without the level."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Crossing, plateau
from core.analysis.crossing import Values
from core.problems import theory
from tests.core.training.memory import Memory, cells_of, run


def found(values: list[float], level: float = 1.0, **over: Any) -> tuple[int | None, int | None]:
    """The step by the rule alone and the accepted one, of values at steps 0, 1, 2, ..."""
    it = plateau(np.arange(len(values)), np.array(values, np.float64), level, **over)
    return it.step, it.crossing.value


@pytest.fixture(scope="module")
def golden() -> Memory:
    """The golden run, on the published schedule."""
    return run(cells_of(record="paper", problem={"snr": 1e8}, steps=120_000))[0]


def test_a_run_cut_at_20000_steps_has_a_plateau_that_is_not_accepted(golden: Memory) -> None:
    kept = golden.steps() <= 20_000
    steps, test = golden.steps()[kept], golden.series("test_error")[kept]
    cut = plateau(steps, test, level=1e-3)
    assert cut.step == 16_000
    assert cut.error == pytest.approx(0.64, abs=0.005)
    assert cut.crossing == Crossing(None, "censored", (20_000, None))
    loose = plateau(steps, test, level=0.7)
    assert (loose.step, loose.crossing) == (16_000, Crossing(16_000, "observed", (15_000, 16_000)))


def test_the_golden_run_is_on_its_plateau_where_it_generalises(golden: Memory) -> None:
    whole = plateau(golden.steps(), golden.series("test_error"), level=1e-3)
    assert whole.step == 101_000
    assert whole.crossing == Crossing(101_000, "observed", (100_000, 101_000))
    assert whole.error is not None
    assert whole.error < 1e-3


@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 1e-5), (0.055, 1e-5)])
def test_the_delay_law_by_plateau(alpha: float, beta: float) -> None:
    assert _constant(alpha, beta) == pytest.approx(1.446, abs=0.01)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 1e-6), (0.01, 1e-5), (0.005, 1e-5)])
def test_the_delay_law_by_plateau_over_long_runs(alpha: float, beta: float) -> None:
    assert _constant(alpha, beta) == pytest.approx(1.446, abs=0.01)


def _constant(alpha: float, beta: float) -> float:
    """t2 alpha beta / ||a_LS - a*||_inf of the noiseless golden instance, t2 by the rule alone."""
    over: dict[str, Any] = {
        "optimizer": {"learning_rate": alpha},
        "regularization": {"l1": beta},
        "record": {"per_decade": None, "first": 999, "every": 1000, "metrics": ["test_error"]},
        "steps": round(0.12 / (alpha * beta)),
    }
    cells = cells_of(**over)
    memory, _ = run(cells)
    step = plateau(memory.steps(), memory.series("test_error"), level=1e-3).step
    assert step is not None
    return float(step / theory(cells[0].spec)["delay"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([9, 5, 1, 1, 1], (2, 2)),
        ([9, 1, 5, 1, 1, 1], (3, 3)),
        ([1, 1, 9, 1, 1, 1], (0, 0)),
        ([9, 1.04, 0.96, 1, 1, 1], (1, 2)),
        ([9, 2, 2, 2], (1, None)),
        ([9, 9.4, 2, 2, 8], (None, None)),
        ([1, 1], (None, None)),
        ([], (None, None)),
        ([1, 1, 1, math.nan], (None, None)),
        ([math.nan, math.inf, 1, 1, 1], (2, 2)),
        ([0, 0, 0, 0], (0, 0)),
    ],
)
def test_the_rule_and_the_level(values: list[float], expected: tuple[int | None, int | None]) -> None:
    assert found(values) == expected


def test_accuracies_are_accepted_above_the_level() -> None:
    assert found([0.1, 0.5, 0.99, 0.99, 0.99], level=0.9, direction="above") == (2, 2)
    assert found([0.1, 0.5, 0.5, 0.5], level=0.9, direction="above") == (1, None)


def test_the_parameters_are_those_of_the_rule() -> None:
    values = [9, 2, 1.3, 1.2, 1, 1, 1]
    assert found(values) == (4, 4)
    assert found(values, points=2, tolerance=0.25, level=2) == (3, 3)
    assert found(values, points=1, tolerance=0.4, repeats=4, level=2) == (2, 2)
    assert found(values, repeats=4) == (None, None)


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"points": 0}, "points must be at least 1. Got 0"),
        ({"repeats": 0}, "repeats must be at least 1. Got 0"),
        ({"tolerance": -0.1}, "tolerance must be a number from 0 on. Got -0.1"),
        ({"tolerance": math.inf}, "tolerance must be a number from 0 on. Got inf"),
        ({"level": math.nan}, "level must be finite"),
    ],
)
def test_bad_parameters_are_named(over: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        found([1, 1, 1], **over)


def published(values: Values, points: int, tolerance: float, repeats: int) -> int | None:
    """The rule in plain words: scan from the left, count what lies in the band, start again outside it."""
    final, count = sum(values[-points:]) / points, 0
    for i, value in enumerate(values):
        count = count + 1 if abs(value - final) <= tolerance * abs(final) else 0
        if count == repeats:
            return i - repeats + 1
    return None


@given(
    st.lists(st.integers(1, 12), min_size=5, max_size=40),
    st.integers(1, 5),
    st.sampled_from([0.051, 0.21, 0.5001]),
    st.integers(1, 5),
)
def test_it_is_what_a_plain_scan_finds(whole: list[int], points: int, tolerance: float, repeats: int) -> None:
    values = np.array(whole, np.float64)
    step = found(list(values), points=points, tolerance=tolerance, repeats=repeats)[0]
    assert step == published(values, points, tolerance, repeats)


@given(st.lists(st.floats(), max_size=20), st.floats(-1e300, 1e300), st.floats(0, 1e300))
def test_whatever_the_numbers_an_accepted_step_meets_the_level_at_or_after_the_rule(
    values: list[float], level: float, tolerance: float
) -> None:
    step, accepted = found(values, level=level, tolerance=tolerance)
    if accepted is not None:
        assert step is not None
        assert step <= accepted
        assert values[accepted] <= level
    if step is not None:
        assert math.isfinite(values[step])
