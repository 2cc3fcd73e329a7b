"""Vector series: rows are read back as they were written, fenced, cut and summed up like scalars."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.store import (
    Database,
    Frame,
    MetricSummary,
    VectorPart,
    Vectors,
    Watermark,
    get_run,
    read_series,
    read_vectors,
    reap,
    release,
    resume,
    summaries,
    vector_shapes,
    watermark,
    write_frames,
)
from core.store.tables import vector_chunks
from tests.core.store.samples import claimed, frame, rows, submit, succeed, vectors


def recorded(db: Database, *written: Frame) -> int:
    """The recording of a run that wrote these frames, each in a transaction of its own."""
    submit(db)
    (run,) = claimed(db).runs
    for new in written:
        with db.write() as conn:
            assert write_frames(conn, [(run, new)]) == frozenset()
    return recording(db, run.run_id)


def recording(db: Database, run_id: str) -> int:
    with db.read() as conn:
        run = get_run(conn, run_id)
    assert run is not None
    return run.recording_id


def read(db: Database, recording_id: int, metric: str = "parameters", /, **bounds: int) -> VectorPart:
    with db.read() as conn:
        return read_vectors(conn, recording_id, metric, **bounds)


def chunk_count(db: Database) -> int:
    with db.read() as conn:
        return conn.execute(select(func.count()).select_from(vector_chunks)).scalar_one()


def test_rows_are_joined_in_order_at_steps_of_their_own(db: Database) -> None:
    both = (rows([0, 2], (2, 2)), rows([0], (2,), "singular_values"))
    identity = recorded(
        db, replace(frame([0, 1, 2]), vectors=both), frame([5]), vectors(rows([4, 9], (2, 2)))
    )
    part = read(db, identity)
    assert (part.metric, part.shape) == ("parameters", (2, 2))
    assert part.steps.dtype == np.int64
    assert part.values.dtype == np.float64
    assert part.steps.tolist() == [0, 2, 4, 9]
    assert part.values.tolist() == [[step + place / 8 for place in range(4)] for step in [0, 2, 4, 9]]
    assert read(db, identity, "singular_values").values.tolist() == [[0.0, 0.125]]
    with db.read() as conn:
        assert read_series(conn, identity, ["train_error"])[0].steps.tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize(
    ("bounds", "steps"),
    [
        ({}, [0, 1, 5, 10, 11]),
        ({"from_step": 1, "to_step": 10}, [1, 5, 10]),
        ({"after_step": 1}, [5, 10, 11]),
        ({"after_step": 5, "from_step": 11}, [11]),
        ({"to_step": 0}, [0]),
        ({"from_step": 6, "to_step": 9}, []),
        ({"after_step": 11}, []),
    ],
)
def test_a_range_of_steps_is_cut_out_exactly(db: Database, bounds: dict[str, int], steps: list[int]) -> None:
    part = read(db, recorded(db, vectors(rows([0, 1, 5])), vectors(rows([10, 11]))), **bounds)
    assert part.shape == (3,)
    assert part.steps.tolist() == steps
    assert part.values.tolist() == [[step, step + 0.125, step + 0.25] for step in steps]


def test_what_was_never_recorded_has_no_shape(db: Database) -> None:
    part = read(db, recorded(db, frame([0])))
    assert (part.shape, part.steps.size, part.values.shape) == (None, 0, (0, 0))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=6, max_size=6), max_size=12),
    cut=st.integers(0, 12),
)
def test_any_floats_come_back_bit_for_bit(db: Database, words: list[list[int]], cut: int) -> None:
    values = np.array(words, np.int64).reshape(-1, 6).view(np.float64)
    steps = np.arange(len(values), dtype=np.int64)
    halves = (slice(None, cut), slice(cut, None))
    written = [vectors(Vectors("parameters", (2, 3), steps[half], values[half])) for half in halves]
    part = read(db, recorded(db, *written))
    assert part.steps.tolist() == steps.tolist()
    assert part.values.tobytes() == values.tobytes()


def test_a_big_frame_is_split_into_bounded_chunks(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.store.vectors.CHUNK_BYTES", 100)
    monkeypatch.setattr("core.store.vectors.STATEMENT_BYTES", 200)
    identity = recorded(db, vectors(rows(range(10), (4,)), rows([3], (50,), "singular_values")))
    # Three rows of 32 bytes fit in 100 bytes; a row that does not is a chunk by itself.
    assert chunk_count(db) == 4 + 1
    assert read(db, identity).steps.tolist() == list(range(10))
    assert read(db, identity, from_step=4, to_step=7).values[:, 0].tolist() == [4.0, 5.0, 6.0, 7.0]


@pytest.mark.parametrize("again", [[5], [3, 9], [0]])
def test_no_step_is_stored_twice(db: Database, again: list[int]) -> None:
    submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(run, vectors(rows([0, 5]), rows([0], name="singular_values")))])
    with pytest.raises(ValueError, match="after step 5"), db.write() as conn:
        write_frames(conn, [(run, vectors(rows(again)))])
    with pytest.raises(ValueError, match="after step 8"), db.write() as conn:
        write_frames(conn, [(run, vectors(rows([6, 8]))), (run, vectors(rows([8])))])
    with db.write() as conn:
        write_frames(conn, [(run, vectors(rows([1], name="singular_values")))])
    assert read(db, recording(db, run.run_id)).steps.tolist() == [0, 5]


def test_a_metric_keeps_its_shape(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(run, vectors(rows([0], (2, 3))))])
    with pytest.raises(ValueError, match=r"keep its shape \(2, 3\); got \(3, 2\)"), db.write() as conn:
        write_frames(conn, [(run, vectors(rows([1], (3, 2))))])


@pytest.mark.parametrize(
    ("shape", "steps", "values"),
    [
        ((2,), np.array([0, 1], np.int32), np.zeros((2, 2))),
        ((2,), np.array([0, 1]), np.zeros((2, 2), np.float32)),
        ((2,), np.array([0, 1]), np.zeros((2, 3))),
        ((2, 2), np.array([0, 1]), np.zeros((2, 2, 2))),
        ((), np.array([0]), np.zeros((1, 1))),
        ((0,), np.array([0]), np.zeros((1, 0))),
        ((2,), np.array([1, 1]), np.zeros((2, 2))),
        ((2,), np.array([-1, 0]), np.zeros((2, 2))),
    ],
)
def test_malformed_rows_are_refused(shape: object, steps: object, values: object) -> None:
    with pytest.raises(ValueError, match="got"):
        Vectors("parameters", shape, steps, values)  # type: ignore[arg-type]


def test_a_frame_names_each_metric_once() -> None:
    with pytest.raises(ValueError, match="distinct"):
        vectors(rows([0]), rows([1]))
    with pytest.raises(ValueError, match="distinct"):
        Frame(np.array([0]), ("a",), np.zeros((1, 1)), (rows([0], name="a"),))


def test_the_last_step_of_either_kind_is_told(db: Database) -> None:
    new = submit(db)
    (run,) = claimed(db).runs
    for written, step in ((replace(frame([0, 1]), vectors=(rows([0, 7]),)), 7), (frame([8]), 8)):
        with db.write() as conn:
            write_frames(conn, [(run, written)])
            found = get_run(conn, new.runs[0].id)
        assert found is not None
        assert found.step == step


def test_only_the_owner_writes(db: Database) -> None:
    submit(db)
    former = claimed(db, seconds=-1).runs[0]
    with db.write() as conn:
        reap(conn, 10)
    present = claimed(db).runs[0]
    with db.write() as conn:
        items = [(former, vectors(rows([0], offset=9))), (present, vectors(rows([0])))]
        assert write_frames(conn, items) == {former.run_id}
    succeed(db, [present])
    with db.write() as conn:
        assert write_frames(conn, [(present, vectors(rows([1])))]) == {present.run_id}
    part = read(db, recording(db, present.run_id))
    assert (part.steps.tolist(), part.values[0, 0]) == ([0], 0.0)


def test_the_watermark_moves_with_vectors_alone(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    identity = recording(db, run.run_id)
    marks = []
    for written in (frame([0]), vectors(rows([0])), vectors(rows([4]))):
        with db.write() as conn:
            write_frames(conn, [(run, written)])
            marks.append(watermark(conn, identity))
    assert marks == [Watermark(1, 0), Watermark(1, 0, 1, 0), Watermark(1, 0, 2, 4)]


def test_a_summary_tells_each_vector_metric_in_short(db: Database) -> None:
    odd = np.array([[np.nan, -2.0], [np.inf, 8.0]])
    first = vectors(Vectors("parameters", (2,), np.array([0, 3]), odd), rows([0], name="singular_values"))
    last = vectors(Vectors("parameters", (2,), np.array([9]), np.array([[-np.inf, np.nan]])))
    identity = recorded(db, frame([0, 1], "train_error"), first, last)
    with db.read() as conn:
        assert summaries(conn, identity) == [
            MetricSummary("train_error", 2, 0, 1, 1.0, 0.0, 1.0, 0),
            MetricSummary("parameters", 3, 0, 9, None, -2.0, 8.0, 4, (2,)),
            MetricSummary("singular_values", 1, 0, 0, None, 0.0, 0.25, 0, (3,)),
        ]


def test_shapes_are_told_for_many_recordings(db: Database) -> None:
    submit(db, 3)
    lease = claimed(db)
    first, second, third = (recording(db, run.run_id) for run in lease.runs)
    with db.write() as conn:
        write_frames(conn, [(lease.runs[0], vectors(rows([0]), rows([0], (2,), "singular_values")))])
        write_frames(conn, [(lease.runs[1], vectors(rows([0, 1], (2, 2)))), (lease.runs[2], frame([0]))])
        assert vector_shapes(conn, [first, second, third]) == {
            first: {"parameters": (3,), "singular_values": (2,)},
            second: {"parameters": (2, 2)},
        }
        assert vector_shapes(conn, []) == {}


@pytest.mark.parametrize("kept", [None, 0, 1, 4, 6, 12, 99])
def test_a_resume_cuts_vectors_exactly_after_the_checkpoint(db: Database, kept: int | None) -> None:
    submit(db, 2)
    lease = claimed(db)
    with db.write() as conn:
        for steps in ([0, 1, 2], [4, 6, 8], [12]):
            new = vectors(rows(steps, (2, 2)), rows(steps, (2,), "singular_values"))
            write_frames(conn, [(run, new) for run in lease.runs])
        release(conn, lease)
    lease = claimed(db, worker="w2")
    run, other = lease.runs
    with db.write() as conn:
        assert resume(conn, lease, {other.run_id: 6} | ({} if kept is None else {run.run_id: kept})) == set()
    left = [step for step in [0, 1, 2, 4, 6, 8, 12] if kept is not None and step <= kept]
    for metric, width in (("parameters", 4), ("singular_values", 2)):
        part = read(db, recording(db, run.run_id), metric)
        assert part.steps.tolist() == left
        assert part.values.tolist() == [[step + place / 8 for place in range(width)] for step in left]
    assert read(db, recording(db, other.run_id)).steps.tolist() == [0, 1, 2, 4, 6]
    with db.write() as conn:
        beyond = 0 if kept is None else kept + 1
        assert write_frames(conn, [(run, vectors(rows([beyond], (2, 2))))]) == frozenset()
