"""Checkpoints, and going on from them without a step twice or missing."""

import numpy as np
import pytest

from core.store import (
    Checkpoint,
    Claimed,
    Database,
    Frame,
    Lease,
    cancel_run,
    get_run,
    list_events,
    load_checkpoints,
    read_series,
    reap,
    release,
    resume,
    save_checkpoints,
    summaries,
    write_frames,
)
from tests.core.store.samples import claimed, frame, submit


def again(db: Database, lease: Lease) -> Lease:
    """The same batch, claimed anew after its worker was lost."""
    with db.write() as conn:
        release(conn, lease)
    return claimed(db, worker="w2")


def recorded(db: Database, run: Claimed) -> list[int]:
    """The recorded steps of a run; both metrics must have the same, and values that follow from them."""
    with db.read() as conn:
        found = get_run(conn, run.run_id)
        assert found is not None
        train, test = read_series(conn, found.recording_id, ["train_error", "test_error"])
    assert np.array_equal(train.steps, test.steps)
    assert np.array_equal(train.values, train.steps)
    assert np.array_equal(test.values, test.steps + 0.25)
    return [int(step) for step in train.steps]


def test_the_latest_state_is_kept(db: Database) -> None:
    submit(db, 3)
    lease = claimed(db)
    first, second, third = lease.runs
    with db.write() as conn:
        assert load_checkpoints(conn, [first.run_id]) == {}
        save_checkpoints(conn, [(first, 10, b"a"), (second, 9, b"")], 10)
        save_checkpoints(conn, [(first, 20, b"\x00" * 100_000)], 20)
        assert load_checkpoints(conn, [run.run_id for run in lease.runs]) == {
            first.run_id: Checkpoint(20, b"\x00" * 100_000),
            second.run_id: Checkpoint(9, b""),
        }
        step, state = load_checkpoints(conn, [second.run_id, third.run_id])[second.run_id]
        assert (step, state) == (9, b"")
        assert load_checkpoints(conn, []) == {}


def test_only_the_owner_keeps_states(db: Database) -> None:
    submit(db)
    former = claimed(db, seconds=-1).runs[0]
    with db.write() as conn:
        reap(conn, 10)
        assert save_checkpoints(conn, [(former, 10, b"old")], 10) == {former.run_id}
        assert load_checkpoints(conn, [former.run_id]) == {}
    present = claimed(db).runs[0]
    with db.write() as conn:
        cancel_run(conn, present.run_id)
        fenced = save_checkpoints(conn, [(former, 10, b"old"), (present, 5, b"new")], 10)
        assert fenced == {former.run_id}
        assert load_checkpoints(conn, [present.run_id]) == {present.run_id: Checkpoint(5, b"new")}


@pytest.mark.parametrize("kept", [0, 1, 4, 5, 7, 12, 99])
def test_a_resume_deletes_exactly_what_lies_after_the_checkpoint(db: Database, kept: int) -> None:
    submit(db)
    lease = claimed(db)
    with db.write() as conn:
        for steps in ([0, 1, 2], [4, 6, 8], [12]):
            write_frames(conn, [(lease.runs[0], frame(steps))])
        save_checkpoints(conn, [(lease.runs[0], kept, b"state")], kept)
    lease = again(db, lease)
    (run,) = lease.runs
    with db.write() as conn:
        assert resume(conn, lease, {run.run_id: kept}) == frozenset()
        found = get_run(conn, run.run_id)
        assert load_checkpoints(conn, [run.run_id])[run.run_id].step == kept
    assert found is not None
    assert found.step == kept
    assert recorded(db, run) == [step for step in [0, 1, 2, 4, 6, 8, 12] if step <= kept]
    with db.write() as conn:
        write_frames(conn, [(run, frame([kept + 1, kept + 5]))])
    assert recorded(db, run)[-2:] == [kept + 1, kept + 5]


def test_a_cut_frame_keeps_its_other_metrics_and_bits(db: Database) -> None:
    submit(db)
    lease = claimed(db)
    values = np.array([[np.nan, 1.0], [np.inf, -0.0], [3.0, 3.0]])
    with db.write() as conn:
        write_frames(conn, [(lease.runs[0], Frame(np.array([1, 2, 3]), ("b", "a"), values))])
    lease = again(db, lease)
    with db.write() as conn:
        resume(conn, lease, {lease.runs[0].run_id: 2})
        found = get_run(conn, lease.runs[0].run_id)
        assert found is not None
        a, b = summaries(conn, found.recording_id)
        (series,) = read_series(conn, found.recording_id, ["b"])
    assert (a.n, a.last_step, a.min, a.max) == (2, 2, -0.0, 1.0)
    assert (b.n, b.last, b.nonfinite) == (2, np.inf, 2)
    assert series.values.tobytes() == values[:2, 0].tobytes()


def test_a_run_without_a_checkpoint_starts_from_nothing(db: Database) -> None:
    submit(db, 2)
    lease = claimed(db)
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 5])) for run in lease.runs])
        save_checkpoints(conn, [(run, 5, b"state") for run in lease.runs], 5)
    lease = again(db, lease)
    first, second = lease.runs
    with db.write() as conn:
        resume(conn, lease, {first.run_id: 5})
        assert load_checkpoints(conn, [first.run_id, second.run_id]).keys() == {first.run_id}
        told = [list_events(conn, run.run_id)[-1] for run in lease.runs]
        found = get_run(conn, second.run_id)
    assert (recorded(db, first), recorded(db, second)) == ([0, 5], [])
    assert [(event.kind, event.data) for event in told] == [
        ("resumed", {"step": 5, "attempt": 2}),
        ("restarted", {"step": 0, "attempt": 2}),
    ]
    assert found is not None
    assert found.step == 0


@pytest.mark.parametrize("step", [None, 10])
def test_who_did_not_hear_that_it_was_done_may_resume_again(db: Database, step: int | None) -> None:
    submit(db)
    lease = again(db, claimed(db))
    (run,) = lease.runs
    with db.write() as conn:
        save_checkpoints(conn, [(run, 10, b"")], 10)
    for _ in range(2):
        with db.write() as conn:
            assert resume(conn, lease, {} if step is None else {run.run_id: step}) == frozenset()
    with db.read() as conn:
        kinds = [event.kind for event in list_events(conn, run.run_id)]
    assert kinds[-1] == ("resumed" if step else "restarted")
    assert sum(kind in ("resumed", "restarted") for kind in kinds) == 1


def test_a_first_start_says_nothing(db: Database) -> None:
    submit(db)
    lease = claimed(db)
    with db.write() as conn:
        assert resume(conn, lease, {}) == frozenset()
        assert [event.kind for event in list_events(conn, lease.runs[0].run_id)] == ["created", "claimed"]


def test_only_the_owner_goes_on(db: Database) -> None:
    submit(db)
    former = claimed(db, seconds=-1)
    with db.write() as conn:
        write_frames(conn, [(former.runs[0], frame([0, 5]))])
        reap(conn, 10)
        assert resume(conn, former, {}) == {former.runs[0].run_id}
        assert list_events(conn, former.runs[0].run_id)[-1].kind == "lost"
    assert recorded(db, former.runs[0]) == [0, 5]
