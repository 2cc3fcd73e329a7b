"""Fewer points that look the same: what is kept, how many, and that nothing else decides."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Sampler, Scale, downsample
from core.analysis.downsample import KEPT

FLOATS = st.floats(width=64)
SCALES = st.sampled_from(["linear", "log"])


def _falling(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A noisy error that falls as a power of the step."""
    steps = np.arange(n, dtype=np.int64)
    noise = np.random.default_rng(seed).lognormal(0, 0.3, n)
    return steps, (steps + 1.0) ** -0.5 * noise


@st.composite
def _series(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    gaps = draw(st.lists(st.integers(1, 2**40), min_size=1, max_size=300))
    values = draw(st.lists(FLOATS, min_size=len(gaps), max_size=len(gaps)))
    return np.cumsum(np.array(gaps, np.int64)) - gaps[0], np.array(values)


@given(_series(), st.integers(1, 100), SCALES, st.lists(st.integers(0, 2**41), max_size=2))
def test_whatever_the_series_it_keeps_what_it_must(
    series: tuple[np.ndarray, np.ndarray], points: int, scale: Scale, marked: list[int]
) -> None:
    steps, values = series
    found, kept = downsample(steps, values, points, scale, marked)
    assert found.size <= max(points, KEPT + 1)
    assert np.all(np.diff(found) > 0)
    places = np.searchsorted(steps, found)
    np.testing.assert_array_equal(steps[places], found)
    np.testing.assert_array_equal(values[places], kept)
    assert (found[0], found[-1]) == (steps[0], steps[-1])
    finite = values[np.isfinite(values)]
    if finite.size:
        assert {finite.min(), finite.max()} <= set(kept.tolist())
    if finite.size < values.size:
        first = steps[~np.isfinite(values)][0]
        assert first in found or np.count_nonzero(~np.isfinite(kept)) >= 1
    for step in marked:
        if step <= steps[-1]:
            assert steps[np.searchsorted(steps, step)] in found


@given(_series(), st.integers(1, 40), SCALES, st.data())
def test_it_does_not_matter_where_parts_end(
    series: tuple[np.ndarray, np.ndarray], points: int, scale: Scale, data: st.DataObject
) -> None:
    steps, values = series
    cuts = sorted(data.draw(st.lists(st.integers(0, steps.size), max_size=6)))
    sampler = Sampler(int(steps[0]), int(steps[-1]), points, scale, [int(steps[steps.size // 2])])
    for a, b in zip([0, *cuts], [*cuts, steps.size], strict=True):
        sampler.add(steps[a:b], values[a:b])
    whole = downsample(steps, values, points, scale, [int(steps[steps.size // 2])])
    assert sampler.total == steps.size
    for one, other in zip(sampler.result(), whole, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("points", [100, 1000])
def test_about_as_many_as_asked_for_come(points: int, scale: Scale) -> None:
    steps, values = _falling(200_000)
    found, _ = downsample(steps, values, points, scale, [17, 40_000])
    assert 0.95 * points <= found.size <= points
    assert {17, 40_000} <= set(found.tolist())


def test_a_log_axis_keeps_its_early_decades() -> None:
    # Every step up to 1,000, then every tenth.
    steps = np.concatenate([np.arange(1000), np.arange(1000, 200_001, 10)]).astype(np.int64)
    values = 1 / (1.0 + steps)
    found, _ = downsample(steps, values, 500, "log")
    assert 450 <= found.size <= 500
    counts = [np.count_nonzero((found >= 10**k) & (found < 10 ** (k + 1))) for k in range(5)]
    assert counts[0] == 9
    assert all(count > 60 for count in counts[1:])
    linear, _ = downsample(steps, values, 500, "linear")
    assert np.count_nonzero(linear < 1000) < 50


def test_a_single_spike_is_never_lost() -> None:
    steps, values = _falling(100_000)
    for place in (1, 777, 50_001, 99_998):
        spiked = values.copy()
        spiked[place] = 5000.0
        assert place in downsample(steps, spiked, 50, "log")[0]
        assert place in downsample(steps, spiked, 50, "linear")[0]


def test_local_extremes_of_each_stretch_are_nearly_kept() -> None:
    steps, values = _falling(100_000)
    found, kept = downsample(steps, values, 1000, "linear")
    for begin in range(0, 100_000, 10_000):
        inside = (found >= begin) & (found < begin + 10_000)
        stretch = values[begin : begin + 10_000]
        assert kept[inside].max() >= np.quantile(stretch, 0.995)
        assert kept[inside].min() <= np.quantile(stretch, 0.005)


def test_breaks_are_kept_and_do_not_take_all_the_room() -> None:
    steps, values = _falling(50_000)
    values[30_000:30_500] = math.nan
    values[45_000:] = math.inf
    found, kept = downsample(steps, values, 200, "linear")
    assert {30_000, 45_000, 49_999} <= set(found.tolist())
    assert np.count_nonzero(~np.isfinite(kept)) == 3
    values[::2] = math.nan
    found, kept = downsample(steps, values, 200, "linear")
    assert found.size <= 200
    assert np.isfinite(kept).sum() >= 100


def test_nothing_finite_and_nothing_at_all_are_series_too() -> None:
    steps = np.arange(1000, dtype=np.int64)
    found, kept = downsample(steps, np.full(1000, math.nan), 10, "log")
    assert (found[0], found[-1]) == (0, 999)
    assert np.isnan(kept).all()
    empty = np.empty(0, np.int64), np.empty(0)
    assert downsample(*empty, 10, "log")[0].size == 0


def test_numbers_at_the_ends_of_float64_do_no_harm() -> None:
    steps = np.arange(5000, dtype=np.int64)
    values = np.where(steps % 2 == 0, np.finfo(float).max, -np.finfo(float).max)
    found, _ = downsample(steps, values, 100, "linear")
    assert 90 <= found.size <= 100
    found, _ = downsample(steps, np.full(5000, 5e-324), 100, "log")
    assert 90 <= found.size <= 100
    far = steps + 2**53 - 6000
    assert 90 <= downsample(far, values, 100, "log")[0].size <= 100


def test_few_points_come_whole() -> None:
    steps, values = _falling(50)
    found, kept = downsample(steps, values, 50, "log")
    np.testing.assert_array_equal(found, steps)
    np.testing.assert_array_equal(kept, values)


@pytest.mark.parametrize(("first", "last", "points"), [(0, 1, 0), (5, 4, 10), (-1, 4, 10)])
def test_what_is_no_question_is_refused(first: int, last: int, points: int) -> None:
    with pytest.raises(ValueError, match="points must be at least 1"):
        Sampler(first, last, points, "log")
