"""When two recordings agree: equal, within rounding, or from which step on they do not."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.store import Claimed, Database, Frame, get_run, write_frames
from core.store.agreement import TOLERANCES, Agreement, compare
from tests.core.store.samples import claimed, frame, rows, submit, vectors

STEPS = [0, 1, 2, 5, 10]
BASE = [1.0, 0.5, 0.25, 1e-3, 1e-7]


def points(values: Sequence[float], steps: Sequence[int] = STEPS) -> Frame:
    made = frame(steps, "test_error")
    column = made.values.copy()
    column[:, 0] = values
    return replace(made, values=column)


def agreement(
    db: Database, was: Frame, now: Frame, crossings: Any = None, precision: str = "float64"
) -> Agreement:
    submit(db, 2)
    lease = claimed(db)
    one, other = lease.runs
    with db.write() as conn:
        write_frames(conn, [(one, was), (other, now)])
        return compare(conn, _recording(conn, one), _recording(conn, other), crossings or {}, precision)


def _recording(conn: Any, run: Claimed) -> int:
    found = get_run(conn, run.run_id)
    assert found is not None
    return found.recording_id


def changed(place: int, value: float) -> list[float]:
    return [*BASE[:place], value, *BASE[place + 1 :]]


def test_equal_bits_are_equal(db: Database) -> None:
    hard = [math.nan, math.inf, -math.inf, -0.0, 5e-324]
    found = agreement(db, points(hard), points(hard), {"t1": (3, 3), "t2": (None, None)})
    assert found == Agreement("equal", TOLERANCES["float64"], 5, 0.0, None, None)


def test_rounding_is_within_the_tolerance(db: Database) -> None:
    found = agreement(db, points(BASE), points(changed(3, 1e-3 * (1 + 1e-9))))
    assert (found.verdict, found.largest_at, found.first) == ("within_tolerance", ("test_error", 5), None)
    assert found.largest == pytest.approx(1e-9, rel=1e-3)


@pytest.mark.parametrize(("precision", "verdict"), [("float64", "differs"), ("float32", "within_tolerance")])
def test_the_tolerance_is_that_of_the_precision(db: Database, precision: str, verdict: str) -> None:
    found = agreement(db, points(BASE), points(changed(2, 0.2501)), precision=precision)
    assert (found.verdict, found.tolerance) == (verdict, TOLERANCES[precision])


def test_numbers_far_below_the_largest_are_compared_with_a_share_of_it(db: Database) -> None:
    found = agreement(db, points(BASE), points(changed(4, 1e-7 + 1e-14)))
    assert found.verdict == "within_tolerance"
    assert found.largest == pytest.approx(1e-8, rel=1e-3)


def test_the_first_step_that_differs_is_told_beside_the_largest_difference(db: Database) -> None:
    now = [1.0, 0.5, 0.26, 1e-2, 1e-7]
    found = agreement(db, points(BASE), points(now))
    assert (found.verdict, found.first, found.largest_at) == ("differs", ("test_error", 2), ("test_error", 5))
    assert found.largest == pytest.approx(0.9)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_and_no_number_differ(db: Database, value: float) -> None:
    found = agreement(db, points(BASE), points(changed(1, value)))
    assert (found.verdict, found.first) == ("differs", ("test_error", 1))
    assert found.as_json()["largest"] is None


def test_zeros_of_both_signs_are_rounding(db: Database) -> None:
    found = agreement(db, points(changed(4, 0.0)), points(changed(4, -0.0)))
    assert (found.verdict, found.largest) == ("within_tolerance", 0.0)


def test_a_step_that_one_alone_recorded_differs(db: Database) -> None:
    found = agreement(db, points(BASE), points(BASE[:4], STEPS[:4]))
    assert (found.verdict, found.first, found.largest) == ("differs", ("test_error", 10), math.inf)
    assert found.compared == 4


def test_rows_are_compared_too(db: Database) -> None:
    was = replace(points(BASE), vectors=(rows([0, 10]),))
    found = agreement(db, was, replace(points(BASE), vectors=(rows([0, 10], offset=1e-12),)))
    assert (found.verdict, found.compared) == ("within_tolerance", 11)
    found = agreement(db, was, replace(points(BASE), vectors=(rows([0, 10], (4,)),)))
    assert (found.verdict, found.first) == ("differs", ("parameters", 0))
    found = agreement(db, was, points(BASE))
    assert (found.verdict, found.first) == ("differs", ("parameters", 0))
    assert agreement(db, vectors(rows([3])), vectors(rows([3]))).verdict == "equal"


@pytest.mark.parametrize(
    ("pair", "verdict", "first"),
    [
        ((1000, 1001), "differs", ("t2", 1000)),
        ((10**8, 10**8 + 1), "within_tolerance", None),
        ((None, 7), "differs", ("t2", 7)),
        ((7, None), "differs", ("t2", 7)),
    ],
)
def test_crossings_count(db: Database, pair: Any, verdict: str, first: Any) -> None:
    found = agreement(db, points(BASE), points(BASE), {"t2": pair})
    assert (found.verdict, found.first) == (verdict, first)
