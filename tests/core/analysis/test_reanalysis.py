"""A whole run looked at again: what its two series say together."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import Crossing, Reanalysis, reanalyse
from core.spec import Outcome
from tests.core.training.memory import cells_of, run


def again(train: Sequence[float], test: Sequence[float], **over: Any) -> Reanalysis:
    """Steps 0, 10, 20, ...; both thresholds are 1."""
    asked = {"train_threshold": 1.0, "test_threshold": 1.0, **over}
    steps = 10 * np.arange(len(train))
    return reanalyse(steps, np.array(train, np.float64), np.array(test, np.float64), **asked)


SEEN, CENSORED, NEVER = "observed", "censored", "never_memorised"


@pytest.mark.parametrize(
    ("train", "test", "outcome", "t1", "t2", "delay"),
    [
        ([3, 1, 1, 1], [3, 3, 3, 1], Outcome.GROKKED, (10, SEEN), (30, SEEN), 20),
        ([3, 1, 1, 1], [3, 1, 3, 1], Outcome.GENERALISED_AT_ONCE, (10, SEEN), (10, SEEN), 0),
        ([3, 3, 3, 3], [3, 3, 1, 1], Outcome.GENERALISED_AT_ONCE, (None, NEVER), (20, SEEN), None),
        ([3, 1, 1, 1], [3, 3, 3, 3], Outcome.MEMORISED_ONLY, (10, SEEN), (None, CENSORED), None),
        ([3, 3], [3, 3], Outcome.NEVER_MEMORISED, (None, NEVER), (None, NEVER), None),
        ([3, 1, math.inf], [3, 3, 1], Outcome.DIVERGED, (10, SEEN), (20, SEEN), 10),
        ([3, math.nan], [3, math.nan], Outcome.DIVERGED, (None, CENSORED), (None, CENSORED), None),
    ],
)
def test_outcome_status_and_delay(
    train: list[float],
    test: list[float],
    outcome: Outcome,
    t1: tuple[int | None, str],
    t2: tuple[int | None, str],
    delay: int | None,
) -> None:
    found = again(train, test)
    assert found.outcome is outcome
    assert (found.t1.value, found.t1.status) == t1
    assert (found.t2.value, found.t2.status) == t2
    assert found.delay == delay
    assert found.plateau is None


def test_a_run_that_goes_on_has_not_failed_to_memorise() -> None:
    found = again([3, 3], [3, 3], complete=False)
    assert found.t1 == found.t2 == Crossing(None, "censored", (10, None))


def test_a_divergence_between_records_may_be_given() -> None:
    assert again([3, 3], [3, 3], diverged_at=14).outcome is Outcome.DIVERGED


def test_thresholds_are_sustained_in_both_series() -> None:
    found = again([3, 1, 3, 1, 1, 1], [3, 1, 3, 3, 1, 1], sustained=2)
    assert (found.t1.value, found.t2.value) == (30, 40)


def test_accuracies_are_met_from_below() -> None:
    found = again(
        [0.1, 1, 1, 1],
        [0.1, 0.2, 0.9, 1],
        train_threshold=0.9999,
        test_threshold=0.9999,
        direction="above",
    )
    assert (found.outcome, found.t1.value, found.t2.value) == (Outcome.GROKKED, 10, 30)


def test_a_plateau_without_the_level_is_no_grokking() -> None:
    train, test = [3, 1, 1, 1, 1, 1], [9.0, 4, 2, 2, 2, 2]
    found = again(train, test, detector="plateau")
    assert found.plateau is not None
    assert (found.plateau.step, found.plateau.error) == (20, 2.0)
    assert found.outcome is Outcome.MEMORISED_ONLY
    assert found.t2 == found.plateau.crossing == Crossing(None, "censored", (50, None))
    accepted = again(train, test, detector="plateau", test_threshold=2.0)
    assert (accepted.outcome, accepted.t2.value, accepted.delay) == (Outcome.GROKKED, 20, 10)


@pytest.mark.parametrize("record", ["paper", {"first": 0, "per_decade": 30}])
def test_brackets_hold_the_exact_steps_of_the_loop(record: Any) -> None:
    over: dict[str, Any] = {
        "regularization": {"l1": 1e-4},
        "detect": {"train_threshold": 0.05, "test_threshold": 0.05},
        "steps": 15_000,
    }
    memory, _ = run(cells_of(record=record, **over))
    exact = memory.results[0]
    found = reanalyse(memory.steps(), memory.series("train_error"), memory.series("test_error"), 0.05, 0.05)
    assert found.outcome is exact.outcome is Outcome.GROKKED
    for step, crossing in ((exact.t1, found.t1), (exact.t2, found.t2)):
        low, high = crossing.bracket
        assert step is not None
        assert high is not None
        assert low < step <= high == crossing.value


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=20), st.booleans())
def test_whatever_the_numbers_outcome_and_crossings_agree(
    pairs: list[tuple[float, float]], complete: bool
) -> None:
    train, test = [a for a, _ in pairs], [b for _, b in pairs]
    found = again(train, test, complete=complete)
    assert (found.outcome is Outcome.DIVERGED) == (not np.isfinite(train).all())
    if found.outcome is Outcome.GROKKED:
        assert found.delay is not None
        assert found.delay > 0
    for crossing in (found.t1, found.t2):
        assert (crossing.status == "observed") == (crossing.value is not None)
        assert crossing.bracket[1] == crossing.value
    assert complete or "never_memorised" not in (found.t1.status, found.t2.status)
