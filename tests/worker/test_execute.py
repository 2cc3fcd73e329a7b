"""A claimed batch against the real store: what is written when training ends, fails, is stopped or fenced."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest
import torch
from sqlalchemy import text

import worker.execute
from core.spec import Cell
from core.store import (
    Database,
    cancel_run,
    list_events,
    load_checkpoints,
    open_database,
    read_series,
    watermark,
)
from core.training import Checkpoints, Control, Ending, Recorder
from core.training.linear.compiled import disabled
from tests.worker.batches import bench, runs_of, submit, take
from tests.worker.scripts import RESULT, frame, scripted, wait_for_drop
from worker.execute import execute
from worker.shutdown import Shutdown


def kinds(db: Database, run_id: str) -> list[str]:
    with db.read() as conn:
        return [event.kind for event in list_events(conn, run_id)]


def recorded_steps_of(db: Database, recording_id: int) -> list[int]:
    with db.read() as conn:
        steps: list[int] = read_series(conn, recording_id, ["train_error"])[0].steps.tolist()
        return steps


def test_trained_batch_succeeds_with_results_and_series(db: Database) -> None:
    ids = submit(db, seeds=3)
    execute(bench(db), take(db))
    for run in runs_of(db, ids):
        assert run.state == "succeeded"
        assert run.outcome is not None
        assert run.step == run.steps == 500
        assert run.steps_per_second is not None
        assert run.steps_per_second > 0
        assert run.theory is not None
        assert run.provenance is not None
        assert run.provenance["worker"] == "host:1:abc"
        assert run.provenance["batch_members"] == 3
        steps = recorded_steps_of(db, run.recording_id)
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1]) == (0, 500)
        assert kinds(db, run.id)[-1] == "finished"


@pytest.mark.parametrize(
    ("fields", "engine"),
    [
        ({}, "loop"),
        ({"regularization": {"l2_squared": 1e-4}}, "closed_form"),
        ({"optimizer": {"kind": "convex"}}, "convex"),
        (
            {
                "optimizer": {"kind": "proximal", "learning_rate": 0.05},
                "regularization": {"l1": 1e-4},
                "engine": "exact_jump",
            },
            "exact_jump",
        ),
    ],
)
def test_provenance_names_the_engine(db: Database, fields: dict[str, Any], engine: str) -> None:
    ids = submit(db, **fields)
    execute(bench(db), take(db))
    [run] = runs_of(db, ids)
    assert run.provenance is not None
    assert run.provenance["engine"] == engine
    # Where it leaps over most steps the last ones tell nothing of those to come.
    assert (run.steps_per_second is None) == (engine != "loop")
    assert run.provenance["numba"] == (version("numba") if engine == "loop" else None)


def test_provenance_names_no_compiler_where_tensors_took_the_steps(db: Database) -> None:
    ids = submit(db)
    with disabled():
        execute(bench(db), take(db))
    [run] = runs_of(db, ids)
    assert run.provenance is not None
    assert run.provenance["numba"] is None


def test_training_is_told_where_others_of_its_batch_ended(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, told = submit(db, seeds=3), []

    def train(cells: Sequence[Cell], active: Collection[int], device: str, **ports: Any) -> Ending:
        told.append((active, ports["ended"]))
        ports["recorder"].write(frame(2 * len(told), 3, {1: RESULT}))
        return Ending.DRAINED

    monkeypatch.setattr(worker.execute, "train", train)
    execute(bench(db), take(db))
    execute(bench(db), take(db))
    assert [run.state for run in runs_of(db, ids)] == ["queued", "succeeded", "queued"]
    assert told == [([0, 1, 2], {}), ([0, 2], {1: RESULT.last_step})]


class StopsAfter(Shutdown):
    """Wants to stop once it was asked so often."""

    def __init__(self, asks: int) -> None:
        super().__init__()
        self.asks = asks

    @property
    def wanted(self) -> bool:
        self.asks -= 1
        return self.asks < 0


def test_drained_batch_is_queued_and_goes_on_to_the_same_bits(db: Database) -> None:
    spec: dict[str, Any] = {"steps": 20_000}
    calm, stopped = submit(db, seeds=2, **spec), []
    execute(bench(db), take(db))
    stopped = submit(db, seeds=2, **spec)
    execute(bench(db, StopsAfter(3)), take(db))
    for run in runs_of(db, stopped):
        assert (run.state, run.losses) == ("queued", 0)
        assert 0 < run.step < 20_000
    execute(bench(db), take(db))
    for one, other in zip(runs_of(db, calm), runs_of(db, stopped), strict=True):
        assert other.state == "succeeded"
        assert "resumed" in kinds(db, other.id)
        assert other.provenance is not None
        assert other.provenance["resumed_from"] > 0
        with db.read() as conn:
            want = read_series(conn, one.recording_id, ["test_error", "l1_norm"])
            got = read_series(conn, other.recording_id, ["test_error", "l1_norm"])
        for a, b in zip(want, got, strict=True):
            assert a.steps.tobytes() == b.steps.tobytes()
            assert a.values.tobytes() == b.values.tobytes()


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (MemoryError("no room"), "out_of_memory"),
        (torch.OutOfMemoryError("no room"), "out_of_memory"),
        (KeyError("no room"), "internal"),
    ],
)
def test_exception_of_training_fails_the_runs_with_its_cause(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, error: Exception, cause: str
) -> None:
    db = open_database(sqlite_url)

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        recorder.write(frame(0, 1))
        raise error

    scripted(monkeypatch, script)
    (failed,) = submit(db, seeds=1)
    execute(bench(db), take(db))
    (run,) = runs_of(db, [failed])
    assert (run.state, run.cause) == ("failed", cause)
    assert run.message is not None
    assert type(error).__name__ in run.message
    assert "no room" in run.message
    assert "Traceback" not in run.message


def test_an_exception_fails_no_run_that_had_ended(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        recorder.write(frame(0, 2, {0: RESULT}))
        raise KeyError("no room")

    scripted(monkeypatch, script)
    ids = submit(db, seeds=2)
    execute(bench(db), take(db))
    assert [run.state for run in runs_of(db, ids)] == ["succeeded", "failed"]


def test_cancelled_member_ends_and_the_other_goes_on(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = submit(db, seeds=2)

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        recorder.write(frame(0, 2))
        with db.write() as conn:
            assert cancel_run(conn, ids[1])
        assert wait_for_drop(control) == {1}
        recorder.write(frame(2, 2, {0: RESULT}))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    other, cancelled = runs_of(db, ids)
    assert other.state == "succeeded"
    assert cancelled.state == "cancelled"
    assert recorded_steps_of(db, cancelled.recording_id) == [0, 1, 2, 3]


def test_all_cancelled_without_a_last_frame_are_written_as_cancelled(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(db)

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        with db.write() as conn:
            cancel_run(conn, ids[0])
        wait_for_drop(control)
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    assert runs_of(db, ids)[0].state == "cancelled"


def test_nothing_is_written_for_a_run_that_someone_else_has(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(db, seeds=2)

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        checkpoints.load()
        with db.write() as conn:
            conn.execute(text("UPDATE runs SET attempt = attempt + 1 WHERE id = :id"), {"id": ids[0]})
        recorder.write(frame(0, 2))
        assert control.poll(1).drop == {0}
        recorder.write(replace(frame(2, 2), states={0: b"mine", 1: b"mine"}))
        recorder.write(frame(4, 2, {0: RESULT, 1: RESULT}))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    lost, kept = runs_of(db, ids)
    assert (lost.state, lost.attempt, kept.state) == ("running", 2, "succeeded")
    with db.read() as conn:
        assert watermark(conn, lost.recording_id).chunks == 0
        assert set(load_checkpoints(conn, ids)) <= {ids[1]}


def test_result_and_last_points_are_stored_together_or_not_at_all(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(db)

    def broken(*_: object) -> None:
        raise ArithmeticError("disk of straw")

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        recorder.write(frame(0, 1))
        monkeypatch.setattr("core.store.finish", broken)
        recorder.write(frame(2, 1, {0: RESULT}))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    run = runs_of(db, ids)[0]
    assert (run.state, run.cause) == ("failed", "internal")
    assert recorded_steps_of(db, run.recording_id) == [0, 1]


def test_cut_connections_are_made_again_and_nothing_is_lost(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, other = open_database(postgres_url), open_database(postgres_url)
    cut = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        for step in range(0, 20, 2):
            with other.write() as conn:
                conn.execute(cut)
            recorder.write(frame(step, 1, {0: RESULT} if step == 18 else None))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    ids = submit(db)
    execute(bench(db), take(db))
    run = runs_of(db, ids)[0]
    assert run.state == "succeeded"
    assert recorded_steps_of(db, run.recording_id) == list(range(20))
    db.dispose()
    other.dispose()


def test_crossings_become_events(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = submit(db)

    def script(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        first = frame(0, 1)
        recorder.write(replace(first, crossings={0: {"t1": 1}}))
        recorder.write(frame(2, 1, {0: RESULT}))
        return Ending.FINISHED

    scripted(monkeypatch, script)
    execute(bench(db), take(db))
    with db.read() as conn:
        found = [e.data for e in list_events(conn, ids[0]) if e.kind == "t1"]
    assert found == [{"step": 1}]


def test_members_whose_checkpoints_differ_all_start_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = submit(db, seeds=2)

    def first(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        recorder.write(replace(frame(0, 2), states={0: b"a", 1: b"b"}))
        return Ending.DRAINED

    scripted(monkeypatch, first)
    execute(bench(db), take(db))
    lease = take(db)
    with db.write() as conn:
        conn.execute(text("UPDATE checkpoints SET step = 0 WHERE state = :s"), {"s": b"b"})
    seen: list[dict[int, bytes]] = []

    def second(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        seen.append(dict(checkpoints.load()))
        recorder.write(frame(0, 2, {0: RESULT, 1: RESULT}))
        return Ending.FINISHED

    scripted(monkeypatch, second)
    execute(bench(db), lease)
    assert seen == [{}]
    for run in runs_of(db, ids):
        assert run.state == "succeeded"
        assert recorded_steps_of(db, run.recording_id) == [0, 1]


def test_deleted_experiment_ends_the_batch_quietly(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = submit(db)
    lease = take(db)
    with db.write() as conn:
        conn.execute(text("DELETE FROM experiments"))
    scripted(monkeypatch, lambda *_: pytest.fail("nothing is left to train"))
    execute(bench(db), lease)
    with db.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM runs WHERE id = :i"), {"i": ids[0]}).scalar() == 0
