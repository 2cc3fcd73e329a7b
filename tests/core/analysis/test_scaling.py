import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis import NoPowerLaw, fit_power_law

_DECADES = np.logspace(-6, -3, 7)


def _instances(exponent: float, count: int, noise: float = 0.0) -> tuple[np.ndarray, ...]:
    """A law with a prefactor of its own for each seed: x, y, seeds."""
    generator = np.random.default_rng(7)
    factors = generator.uniform(0.5, 2.0, count)
    x = np.tile(_DECADES, count)
    seeds = np.repeat(np.arange(count), _DECADES.size)
    y = factors[seeds] * x**exponent * np.exp(noise * generator.standard_normal(x.size))
    return x, y, seeds


def test_an_exact_law_is_found_with_its_prefactor_and_an_interval_of_no_width() -> None:
    law = fit_power_law(_DECADES, 3 * _DECADES**-1.5, np.zeros(7))
    assert law.exponent == pytest.approx(-1.5, abs=1e-12)
    assert law.prefactor == pytest.approx(3, rel=1e-10)
    assert law.interval is not None
    assert law.interval[0] <= law.exponent <= law.interval[1]
    assert law.interval[1] - law.interval[0] < 1e-12
    assert np.abs(law.residuals).max() < 1e-12
    assert (law.n, law.censored, law.excluded, law.resampled) == (7, 0, 0, "points")


@settings(deadline=None, max_examples=60)
@given(
    exponent=st.floats(-3, 3),
    prefactor=st.floats(1e-6, 1e6),
    scale=st.floats(1e-3, 1e3),
    points=st.lists(st.floats(1e-8, 1e8), min_size=2, max_size=20, unique=True),
)
def test_a_law_is_found_whatever_the_units_of_x(
    exponent: float, prefactor: float, scale: float, points: list[float]
) -> None:
    x = np.array(points)
    if np.ptp(np.log(x)) < 1e-3:
        return
    law = fit_power_law(scale * x, prefactor * x**exponent)
    assert law.exponent == pytest.approx(exponent, abs=1e-8)
    assert law.prefactor == pytest.approx(prefactor * scale**-exponent, rel=1e-6)


def test_without_censored_points_the_slope_is_that_of_least_squares_over_all() -> None:
    x, y, seeds = _instances(-1.0, 5, noise=0.3)
    law = fit_power_law(x, y, seeds)
    slope, intercept = np.polyfit(np.log(x), np.log(y), 1)
    assert law.exponent == pytest.approx(slope, abs=1e-10)
    assert law.prefactor == pytest.approx(np.exp(intercept), rel=1e-9)


def test_censored_points_are_counted_and_do_not_tilt_the_law() -> None:
    x, y, seeds = _instances(-1.0, 8)
    late = y > 0.7 / _DECADES[0]
    assert 0 < late.sum() < 8
    law = fit_power_law(x, np.where(late, np.nan, y), seeds, censored=late)
    assert law.exponent == pytest.approx(-1, abs=1e-10)
    assert (law.n, law.censored, law.excluded) == (56 - late.sum(), late.sum(), 0)
    assert np.array_equal(np.isnan(law.residuals), late)
    # One prefactor for all would take the absence of slow instances for a flatter law.
    assert fit_power_law(x, y, seeds, strata=np.zeros(56), censored=late).exponent > -0.999


def test_points_without_a_logarithm_are_excluded_and_counted() -> None:
    y = _DECADES**-1
    y[[1, 3, 5]] = [0.0, np.nan, np.inf]
    law = fit_power_law(_DECADES, y)
    assert law.exponent == pytest.approx(-1)
    assert (law.n, law.censored, law.excluded) == (4, 0, 3)


def test_strata_hold_another_axis_still() -> None:
    alpha, beta = np.repeat([0.01, 0.03, 0.1], 7), np.tile(_DECADES, 3)
    y = 1 / (alpha * beta)
    seen = y < 2e7
    fit = fit_power_law(alpha, np.where(seen, y, np.nan), np.zeros(21), strata=beta, censored=~seen)
    assert fit.exponent == pytest.approx(-1, abs=1e-10)
    assert fit_power_law(alpha * beta, y, np.zeros(21)).exponent == pytest.approx(-1, abs=1e-10)


def test_where_x_varies_between_seeds_only_they_share_one_prefactor() -> None:
    law = fit_power_law(_DECADES, 2 * _DECADES**0.5, np.arange(7))
    assert law.exponent == pytest.approx(0.5)
    assert law.prefactor == pytest.approx(2)
    assert (law.resampled, law.units) == ("groups", 7)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        slopes = -1 + 0.1 * generator.standard_normal(20)
        x, seeds = np.tile(_DECADES, 20), np.repeat(np.arange(20), 7)
        law = fit_power_law(x, x ** slopes[seeds], seeds, samples=400)
        assert law.interval is not None
        covered += law.interval[0] <= -1 <= law.interval[1]
    assert 0.87 <= covered / 200 <= 0.99


def test_the_same_question_has_the_same_interval() -> None:
    x, y, seeds = _instances(-1.0, 6, noise=0.2)
    first, again = fit_power_law(x, y, seeds), fit_power_law(x, y, seeds)
    assert first.interval == again.interval
    assert first.interval != fit_power_law(x, y, seeds, seed=1).interval
    # More confidence, a wider interval.
    assert first.interval is not None
    wide = fit_power_law(x, y, seeds, confidence=0.99).interval
    assert wide is not None
    assert wide[1] - wide[0] > first.interval[1] - first.interval[0]


@pytest.mark.parametrize(
    ("x", "y"), [([], []), ([1.0], [2.0]), ([1.0, 1.0], [2.0, 3.0]), ([1.0, 2.0], [1.0, np.nan])]
)
def test_too_few_points_have_no_law(x: list[float], y: list[float]) -> None:
    with pytest.raises(NoPowerLaw, match="two different x"):
        fit_power_law(x, y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [0.0, 1.0]}, "positive"),
        ({"x": [1.0, np.inf]}, "positive"),
        ({"x": [1.0, 2.0, 3.0]}, "one length"),
        ({"groups": [1]}, "groups"),
        ({"strata": [1, 2, 3]}, "strata"),
        ({"censored": [True]}, "censored"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_power_law(**{"x": [1.0, 2.0], "y": [1.0, 2.0], **arguments})  # type: ignore[arg-type]
