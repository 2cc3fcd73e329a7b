"""How often records are handed over."""

import pytest

from core.training.loop import FIRST_FLUSH, FLUSH_SHARE, RAREST_FLUSH, next_pause

USUAL = 2.0


def test_pauses_double_up_to_the_usual_one() -> None:
    pauses = [FIRST_FLUSH]
    while pauses[-1] < USUAL:
        pauses.append(next_pause(pauses[-1], 0.0, USUAL))
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0])


def test_what_takes_long_to_store_is_handed_over_less_often() -> None:
    took = 1.5 * USUAL * FLUSH_SHARE
    assert next_pause(FIRST_FLUSH, took, USUAL) == pytest.approx(took / FLUSH_SHARE)
    assert next_pause(USUAL, took, USUAL) == pytest.approx(1.5 * USUAL)


def test_records_are_never_kept_for_long_however_slow_the_store_is() -> None:
    assert next_pause(USUAL, 3600.0, USUAL) == RAREST_FLUSH * USUAL
    assert next_pause(RAREST_FLUSH * USUAL, 0.0, USUAL) == USUAL


def test_a_loop_that_is_to_hand_over_always_does() -> None:
    assert next_pause(0.0, 3600.0, 0.0) == 0.0
