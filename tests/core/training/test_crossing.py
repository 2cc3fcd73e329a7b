"""The certified search finds the step that a scan of every step finds."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.training.linear.crossing import NOT_FOUND, Curve, first_at_or_below, first_not_finite, powers

LAST = 400


def _curve(seed: int, modes: int, dense: bool, low: float, high: float) -> Curve:
    draw = np.random.default_rng(seed)
    losses = 1 - draw.uniform(low, high, modes)
    if dense:
        return Curve(draw.standard_normal(modes + 2), draw.standard_normal((modes + 2, modes)), losses)
    return Curve(draw.standard_normal(modes) * 0.3, draw.standard_normal(modes), losses, draw.random() * 0.01)


def _scan(curve: Curve, level: float, last: int) -> int:
    return next((t for t in range(last + 1) if curve.at(t) <= level), NOT_FOUND)


curves = st.builds(
    _curve,
    seed=st.integers(0, 2**32 - 1),
    modes=st.integers(1, 6),
    dense=st.booleans(),
    low=st.sampled_from([-0.999, -0.5, 0.0, 0.9]),
    high=st.sampled_from([0.95, 0.9999, 1.001]),
)


@settings(max_examples=100)
@given(curve=curves, quantile=st.floats(0, 1))
def test_the_first_crossing_is_found(curve: Curve, quantile: float) -> None:
    """At any level between the least and the greatest value, oscillating curves among them."""
    values = sorted(curve.at(t) for t in range(LAST + 1))
    # A little more, so that no step's place is left to rounding.
    level = values[round(quantile * LAST)] * (1 + 1e-11)
    assert first_at_or_below(curve, level, LAST) == _scan(curve, level, LAST)


@settings(max_examples=100)
@given(curve=curves)
def test_what_is_never_met_is_not_found(curve: Curve) -> None:
    least = min(curve.at(t) for t in range(LAST + 1))
    assert first_at_or_below(curve, least * (1 - 1e-9), LAST) == NOT_FOUND


@settings(max_examples=100)
@given(curve=curves, low=st.integers(0, 100), length=st.integers(0, 200))
def test_the_bound_lies_below_every_value(curve: Curve, low: int, length: int) -> None:
    high = low + 2 * (length // 2)
    values = [curve.at(t) for t in range(low, high + 1, 2)]
    bound = curve.bound(low, high)
    assert bound.least <= min(values) * (1 + 1e-12) + 1e-15
    size = float(np.abs(curve.offset).sum() + np.abs(curve.weights).sum()) + 1.0
    assert not bound.steady or max(values) - min(values) <= 1e-12 * size


def test_a_crossing_after_a_hundred_million_steps_is_found_to_the_step() -> None:
    curve = Curve(np.zeros(1), np.ones(1), np.array([1e-7]))
    expected = math.ceil(math.log(1e-6) / math.log1p(-1e-7))
    assert first_at_or_below(curve, 1e-6, 10**12) == expected == 138_155_099


class Counted(Curve):
    """Counts the steps that are looked at."""

    looked = 0

    def at(self, step: int) -> float:
        Counted.looked += 1
        return super().at(step)


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("constant", [0.0, 1.0])
@pytest.mark.parametrize("ulps", [-40, -3, -1, 0, 1, 3, 40])
def test_a_level_at_the_limit_of_a_curve_is_decided_without_looking_at_every_step(
    ulps: int, constant: float, dense: bool
) -> None:
    """Such as the error that a first run ended with, given as the threshold of the next."""
    weights = np.array([1.0, 2.0])
    curve = Counted(
        np.array([0.3, 0.4]), np.diag(weights) if dense else weights, np.array([1.9, 1e-6]), constant
    )
    limit = curve.at(10**12)
    Counted.looked = 0
    found = first_at_or_below(curve, limit + ulps * np.spacing(limit), 10**12)
    assert Counted.looked < 10_000
    # (1 - 1e-6)^t is lost in the limit between 2e7 and 4e7 steps.
    assert 15_000_000 < found < 40_000_000 if ulps >= 0 else found == NOT_FOUND


def test_a_curve_that_does_not_move_is_looked_at_a_few_times() -> None:
    still = Counted(np.zeros(0), np.zeros(0), np.zeros(0), 0.49)
    Counted.looked = 0
    assert first_at_or_below(still, np.nextafter(0.7, 0.0), 10**12) == NOT_FOUND
    assert first_at_or_below(still, 0.7 * (1 + 1e-15), 10**12) == 0
    assert Counted.looked < 200


@given(rate=st.floats(1.001, 5.0), sign=st.sampled_from([1.0, -1.0]))
def test_the_end_of_the_numbers_is_found(rate: float, sign: float) -> None:
    curve = Curve(np.ones(2), np.ones(2), 1 - np.array([sign * rate, 0.5]))
    found = first_not_finite(curve, 10**6)
    with np.errstate(over="ignore"):
        assert math.isfinite(curve.at(found - 1))
        assert not math.isfinite(curve.at(found))


def test_a_curve_that_decays_stays_among_the_numbers() -> None:
    assert first_not_finite(Curve(np.ones(1), np.ones(1), np.array([1.9])), 10**12) == NOT_FOUND


@given(
    rate=st.floats(-1.5, 1.5),
    step=st.integers(0, 500),
)
def test_powers_are_powers(rate: float, step: int) -> None:
    expected = float(rate) ** step
    assume(1e-200 < abs(expected) < 1e200)
    assert np.allclose(powers(np.array([1 - rate]), step), expected, rtol=1e-11)


@pytest.mark.parametrize("loss", [1e-6, 1e-9, 1e-12, 2.0 - 1e-9])
def test_powers_of_small_losses_keep_their_digits(loss: float) -> None:
    """A loss of 1e-12 that is taken from 1 first is wrong by 9e-5 of itself."""
    step = round(5 / min(loss, 2 - loss))
    with localcontext(prec=60):
        expected = float((1 - Decimal(loss)) ** step)
    assert powers(np.array([loss]), step)[0] == pytest.approx(expected, rel=1e-13)
