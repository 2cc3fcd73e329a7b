"""Identifiers."""

import time

import pytest

from core.store import new_id


def test_ids_carry_their_prefix_and_are_lower_case() -> None:
    made = new_id("exp_")
    assert made.startswith("exp_")
    assert made == made.lower()
    assert len(made) == len("exp_") + 26


def test_ids_made_in_the_same_millisecond_rise() -> None:
    made = [new_id("run_") for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_still_rise_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id("run_")
    earlier = time.time_ns() - 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: earlier)
    assert new_id("run_") > before


def test_a_prefix_without_underscore_is_refused() -> None:
    with pytest.raises(ValueError, match="'run'"):
        new_id("run")
