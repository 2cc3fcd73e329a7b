"""The sums of a mode, the bounds on them, the search over intervals, and one segment."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.training.linear.jump import search
from core.training.linear.jump.lasso import Goal, Lasso
from core.training.linear.jump.modes import Modes, Steps
from core.training.linear.jump.search import FARTHEST, certain_until
from core.training.linear.jump.segment import Segment

LOSSES = st.sampled_from([0.0, 1.0, 2.0]) | st.floats(-18, 0.29).map(lambda x: float(10.0**x))


@given(LOSSES, st.integers(0, 40))
def test_a_sum_is_the_geometric_series(loss: float, steps: int) -> None:
    rate = 1 - Fraction(loss)
    exact = sum((rate**i for i in range(steps)), Fraction(0))
    found = Modes(np.array([loss])).sums(np.array([steps]))[0, 0]
    assert found == pytest.approx(float(exact), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("loss", [1e-9, 1e-12, 1e-20])
def test_losses_of_many_steps_keep_their_digits(loss: float) -> None:
    found = Modes(np.array([loss])).sums(np.array([10**10]))[0, 0]
    assert found == pytest.approx(-np.expm1(-1e10 * loss - 0.5e10 * loss**2) / loss, rel=1e-13)


@given(LOSSES, st.integers(0, 10**4), st.integers(1, 300))
def test_every_sum_lies_within_its_bounds(loss: float, low: int, length: int) -> None:
    modes = Modes(np.array([loss]))
    steps = np.arange(low, low + length + 1)
    values = modes.sums(steps)[0]
    bounds = modes.enclose(np.array([low, low + length]))
    chord = values[0] + (values[-1] - values[0]) * np.linspace(0, 1, length + 1)
    gap = np.abs(values - chord - bounds.shift[0, 0])
    # The ends lie on the chord.
    assert np.all(gap <= bounds.radius[0, 0] + 1e-12 * np.abs(values).max())


@given(st.integers(1, FARTHEST), st.integers(0, FARTHEST), st.integers(1, 100))
def test_the_search_ends_at_the_step_before_the_first_doubt(last: int, first: int, coarse: int) -> None:
    """Also where long intervals can not be told."""

    def certain(points: Steps) -> np.ndarray:
        told = (np.diff(points) <= coarse) | (points[1:] < first // 2)
        return np.asarray((points[1:] < first) & told)

    reached, known = certain_until(certain, last)
    if known:
        assert reached == max(first - 1, 0) < last
    else:
        assert reached <= min(last, max(first - 1, 0))
        assert reached == last or coarse < first // 32


def test_a_search_is_given_up_and_tells_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_LOOKS", 3)
    assert certain_until(lambda points: np.diff(points) <= 8, 1000) == (8 + 8 + 8 + 8, False)


def lasso_of(design: np.ndarray, targets: np.ndarray, l1: float) -> Lasso:
    train = Goal(design, targets, float(np.linalg.norm(targets)), 0.0)
    return Lasso(design, targets, 0.1, l1, 0.0, train, None)


@pytest.mark.parametrize("gap", [0.0, 1e-17, 1e-15, 1e-14, 1e-12, 1e-8])
def test_columns_that_are_equal_but_for_rounding_are_one_mode(gap: float) -> None:
    """Whether or not the smallest singular value counts as zero, the state is the same."""
    draws = np.random.default_rng(0)
    design = draws.standard_normal((6, 5)) / 3
    design[:, 4] = design[:, 3] + gap * draws.standard_normal(6)
    # Near its limit, where the least residual is 1.
    state = np.array([2.0, -3.0, 2.5, 5.0, 6.0])
    across = np.linalg.svd(design[:, :4])[0][:, 4]
    lasso = lasso_of(design, design @ (state + 0.01 * draws.standard_normal(5)) + across, 1e-3)
    segment = Segment(lasso, state)
    length = min(segment.certified(), 400)
    assert length > 20
    for taken in range(1, length + 1):
        state = lasso.step(state, lasso.residual(state))
        assert np.abs(segment.at(taken) - state).max() < 1e-13


def test_a_segment_ends_before_the_active_set_changes() -> None:
    draws = np.random.default_rng(1)
    lengths = []
    for _ in range(40):
        state = draws.standard_normal(8) * (draws.random(8) < 0.6)
        design = draws.standard_normal((5, 8)) / 4
        lasso = lasso_of(design, design @ state + 1e-3 * draws.standard_normal(5), 1e-3)
        for _ in range(100):
            state = lasso.step(state, lasso.residual(state))
        length = Segment(lasso, state).certified()
        signs, same = np.sign(state), 0
        while same < 2000:
            state = lasso.step(state, lasso.residual(state))
            if not np.array_equal(np.sign(state), signs):
                break
            same += 1
        # One that enters does so a step after its correlation is over the threshold.
        assert min(length, 2000) <= same <= length + 2 or same == 2000
        lengths.append(length)
    assert sum(10 < length < 2000 for length in lengths) > 10
