"""Series: what is written in frames is read back as vectors, bit for bit."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.store import (
    Claimed,
    Database,
    Frame,
    MetricSummary,
    SeriesPart,
    Watermark,
    cancel_run,
    get_run,
    read_many,
    read_pieces,
    read_series,
    reap,
    scalar_extent,
    summaries,
    watermark,
    write_frames,
)
from core.store.tables import chunks, frames
from tests.core.store.samples import claimed, frame, submit, succeed


def recording(db: Database, run: Claimed) -> int:
    with db.read() as conn:
        found = get_run(conn, run.run_id)
    assert found is not None
    return found.recording_id


def recorded(db: Database, *written: Frame) -> int:
    """The recording of a run that wrote these frames, each in a transaction of its own."""
    submit(db)
    (run,) = claimed(db).runs
    for new in written:
        with db.write() as conn:
            assert write_frames(conn, [(run, new)]) == frozenset()
    return recording(db, run)


def read(db: Database, recording_id: int, *metrics: str, **bounds: int) -> list[SeriesPart]:
    with db.read() as conn:
        return read_series(conn, recording_id, metrics, **bounds)


def test_frames_are_joined_in_order(db: Database) -> None:
    identity = recorded(db, frame([0, 1, 2]), frame([5]), frame(range(6, 50)))
    train, test = read(db, identity, "train_error", "test_error")
    steps = np.array([0, 1, 2, 5, *range(6, 50)])
    assert (train.metric, test.metric) == ("train_error", "test_error")
    assert train.steps.dtype == np.int64
    assert train.values.dtype == np.float64
    assert np.array_equal(train.steps, steps)
    assert np.array_equal(test.steps, steps)
    assert np.array_equal(train.values, steps)
    assert np.array_equal(test.values, steps + 0.25)


def test_parts_come_in_the_asked_order_and_empty_where_nothing_was_recorded(db: Database) -> None:
    identity = recorded(db, frame([0, 1]))
    parts = read(db, identity, "test_error", "no such metric", "train_error", "test_error")
    assert [(part.metric, part.steps.size, part.values.size) for part in parts] == [
        ("test_error", 2, 2),
        ("no such metric", 0, 0),
        ("train_error", 2, 2),
        ("test_error", 2, 2),
    ]


@pytest.mark.parametrize(
    ("bounds", "steps"),
    [
        ({}, [0, 1, 2, 10, 11, 12, 20, 21, 22]),
        ({"from_step": 11}, [11, 12, 20, 21, 22]),
        ({"to_step": 11}, [0, 1, 2, 10, 11]),
        ({"after_step": 11}, [12, 20, 21, 22]),
        ({"from_step": 2, "to_step": 20}, [2, 10, 11, 12, 20]),
        ({"from_step": 12, "after_step": 1}, [12, 20, 21, 22]),
        ({"after_step": 21, "from_step": 0}, [22]),
        ({"from_step": 13, "to_step": 19}, []),
        ({"after_step": 22}, []),
        ({"from_step": 20, "to_step": 10}, []),
    ],
)
def test_a_range_of_steps_is_cut_out_exactly(db: Database, bounds: dict[str, int], steps: list[int]) -> None:
    identity = recorded(db, frame([0, 1, 2]), frame([10, 11, 12]), frame([20, 21, 22]))
    (part,) = read(db, identity, "train_error", **bounds)
    assert part.steps.tolist() == steps
    assert part.values.tolist() == steps


@pytest.mark.parametrize("bounds", [(0, 10**6), (0, 2), (5, 3), (37, 741), (998, 999), (1000, 10**6)])
def test_a_range_is_read_in_pieces_as_at_once(db: Database, bounds: tuple[int, int]) -> None:
    identity = recorded(db, *(frame(range(10 * n, 10 * n + 10)) for n in range(100)))
    low, high = bounds
    with db.read() as conn:
        (whole,) = read_series(conn, identity, ["test_error"], low, high)
        pieces = list(read_pieces(conn, identity, "test_error", low, high))
        extent = scalar_extent(conn, identity, low, high)
    assert np.array_equal(np.concatenate([[], *(piece.steps for piece in pieces)]), whole.steps)
    assert np.array_equal(np.concatenate([[], *(piece.values for piece in pieces)]), whole.values)
    assert max((piece.steps.size for piece in pieces), default=0) <= 80
    assert extent == ((low, min(high, 999)) if whole.steps.size else None)


def test_a_metric_may_begin_late_and_pause(db: Database) -> None:
    identity = recorded(db, frame([0, 1], "a"), frame([2, 3], "a", "b"), frame([4], "a"), frame([5], "b"))
    a, b = read(db, identity, "a", "b")
    assert a.steps.tolist() == [0, 1, 2, 3, 4]
    assert b.steps.tolist() == [2, 3, 5]
    assert read(db, identity, "b", after_step=3)[0].steps.tolist() == [5]


def test_the_steps_of_a_frame_are_stored_once(db: Database) -> None:
    recorded(db, frame([0, 1], *"abcdef"))
    with db.read() as conn:
        assert conn.execute(select(func.count()).select_from(frames)).scalar_one() == 1
        assert conn.execute(select(func.count()).select_from(chunks)).scalar_one() == 6


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40), max_size=4))
def test_any_float_in_any_frames_comes_back_bit_for_bit(db: Database, words: list[list[int]]) -> None:
    values = [np.array(word, np.int64).view(np.float64) for word in words]
    starts = np.cumsum([0, *map(len, words)])
    written = [
        Frame(np.arange(len(column), dtype=np.int64) + start, ("m",), column[:, None])
        for start, column in zip(starts[:-1], values, strict=True)
    ]
    (part,) = read(db, recorded(db, *written), "m")
    assert part.steps.tolist() == list(range(sum(map(len, words))))
    assert part.values.view(np.int64).tolist() == [word for some in words for word in some]


def test_a_frame_tells_the_step_and_a_beat_ahead_of_it_stays(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 70])), (run, frame([80]))])
        found = get_run(conn, run.run_id)
    assert found is not None
    assert found.step == 80


def test_an_empty_frame_writes_nothing(db: Database) -> None:
    identity = recorded(db, frame([]))
    with db.read() as conn:
        assert watermark(conn, identity) == Watermark(0, None)


@pytest.mark.parametrize("again", [[5], [3, 9], [0]])
def test_no_step_is_stored_twice(db: Database, again: list[int]) -> None:
    submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 5]))])
    with pytest.raises(ValueError, match="after step 5"), db.write() as conn:
        write_frames(conn, [(run, frame(again))])
    with pytest.raises(ValueError, match="after step 9"), db.write() as conn:
        write_frames(conn, [(run, frame([6, 9])), (run, frame([9]))])
    assert read(db, recording(db, run), "train_error")[0].steps.tolist() == [0, 5]


@pytest.mark.parametrize(
    ("steps", "names", "values"),
    [
        (np.array([0, 1], np.int32), ("a",), np.zeros((2, 1))),
        (np.array([0, 1]), ("a",), np.zeros((2, 1), np.float32)),
        (np.array([0, 1]), ("a",), np.zeros((2, 2))),
        (np.array([0, 1]), ("a",), np.zeros(2)),
        (np.array([0, 1]), ("a", "a"), np.zeros((2, 2))),
        (np.array([1, 1]), ("a",), np.zeros((2, 1))),
        (np.array([1, 0]), ("a",), np.zeros((2, 1))),
        (np.array([-1, 0]), ("a",), np.zeros((2, 1))),
    ],
)
def test_a_malformed_frame_is_refused(steps: object, names: object, values: object) -> None:
    with pytest.raises(ValueError, match="got"):
        Frame(steps, names, values)  # type: ignore[arg-type]


def test_only_the_owner_writes(db: Database) -> None:
    submit(db)
    former = claimed(db, seconds=-1).runs[0]
    with db.write() as conn:
        reap(conn, 10)
        assert write_frames(conn, [(former, frame([0]))]) == {former.run_id}
    present = claimed(db).runs[0]
    with db.write() as conn:
        assert write_frames(conn, [(former, frame([0], offset=9)), (present, frame([0]))]) == {former.run_id}
    assert read(db, recording(db, present), "train_error")[0].values.tolist() == [0.0]
    succeed(db, [present])
    with db.write() as conn:
        assert write_frames(conn, [(present, frame([1]))]) == {present.run_id}
    assert read(db, recording(db, present), "train_error")[0].steps.tolist() == [0]


def test_a_run_that_is_to_be_cancelled_still_writes(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        cancel_run(conn, run.run_id)
        assert write_frames(conn, [(run, frame([0]))]) == frozenset()
    assert read(db, recording(db, run), "train_error")[0].steps.tolist() == [0]


def test_many_runs_are_written_and_read_at_once(db: Database) -> None:
    submit(db, 300, batch=300)
    lease = claimed(db)
    with db.write() as conn:
        even = [run for run in lease.runs if run.cell % 2 == 0]
        write_frames(conn, [(run, frame([0, 1], offset=run.cell)) for run in even])
        identities = {
            run.cell: found.recording_id for run in lease.runs if (found := get_run(conn, run.run_id))
        }
    asked = [identities[cell] for cell in range(299, -1, -1)]
    with db.read() as conn:
        parts = list(read_many(conn, asked, ["train_error"]))
    assert [identity for identity, _ in parts] == asked
    for cell, (_, (part,)) in zip(range(299, -1, -1), parts, strict=True):
        assert part.values.tolist() == ([cell, cell + 1.0] if cell % 2 == 0 else [])
        assert part.metric == "train_error"


def test_a_summary_tells_each_metric_in_short(db: Database) -> None:
    nan, inf = math.nan, math.inf
    first = Frame(np.array([0, 3]), ("b", "a"), np.array([[nan, 5.0], [inf, -2.0]]))
    second = Frame(np.array([7]), ("b",), np.array([[nan]]))
    third = Frame(np.array([9, 10]), ("a",), np.array([[8.0], [-inf]]))
    identity = recorded(db, first, second, third)
    with db.read() as conn:
        a, b = summaries(conn, identity)
        assert watermark(conn, identity) == Watermark(3, 10)
    assert a == MetricSummary("a", 4, 0, 10, -inf, -2.0, 8.0, 1)
    assert b.last is not None
    assert math.isnan(b.last)
    assert (b.name, b.n, b.first_step, b.last_step, b.min, b.max, b.nonfinite) == (
        "b",
        3,
        0,
        7,
        None,
        None,
        3,
    )


def test_an_empty_recording_has_no_summary(db: Database) -> None:
    with db.read() as conn:
        assert summaries(conn, recorded(db)) == []


def test_a_million_points_are_read_as_they_were_written(db: Database) -> None:
    steps = np.arange(1_000_000, dtype=np.int64)
    values = np.sin(steps / 1e4)[:, None]
    submit(db, steps=1_000_000)
    (run,) = claimed(db).runs
    with db.write() as conn:
        for start in range(0, steps.size, 4096):
            part = slice(start, start + 4096)
            write_frames(conn, [(run, Frame(steps[part], ("m",), values[part]))])
    identity = recording(db, run)
    (series,) = read(db, identity, "m")
    assert np.array_equal(series.values, values[:, 0])
