"""Batches that do not fit into memory, or that lose worker after worker, go on in parts."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from core.store import Database, Lease, Run, claim, list_events, read_series, reap
from core.training import Checkpoints, Control, Ending, Recorder, train
from tests.core.training.memory import cells_of
from tests.worker.batches import LEASE_SECONDS, bench, runs_of, submit, take
from tests.worker.scripts import RESULT, frame, scripted
from worker.execute import LOSSES_TO_SPLIT, execute
from worker.memory import halves, is_out_of_memory


def claim_next(db: Database) -> Lease | None:
    with db.write() as conn:
        return claim(conn, queue="cpu", worker="host:1:abc", lease_seconds=LEASE_SECONDS)


def work_off(db: Database) -> list[int]:
    """Trains what waits, as a worker does; how many runs each batch had."""
    sizes = []
    while (lease := claim_next(db)) is not None:
        sizes.append(len(lease.runs))
        execute(bench(db), lease)
    return sizes


def fits(monkeypatch: pytest.MonkeyPatch, runs: int, error: Exception) -> None:
    """Lets no batch of more than so many runs train."""

    def limited(cells: Any, active: Any, device: str, **ports: Any) -> Ending:
        if len(cells) > runs:
            raise error
        return train(cells, active, device, **ports)

    monkeypatch.setattr("worker.execute.train", limited)


def kinds(db: Database, run: Run) -> list[str]:
    with db.read() as conn:
        return [event.kind for event in list_events(conn, run.id)]


@pytest.mark.parametrize("error", [MemoryError("no room"), torch.OutOfMemoryError("no room")])
def test_a_batch_is_halved_until_its_parts_fit(
    db: Database, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    calm = submit(db, seeds=5)
    execute(bench(db), take(db))
    ids = submit(db, seeds=5)
    fits(monkeypatch, 2, error)
    assert work_off(db) == [5, 3, 2, 1, 2]
    for one, run in zip(runs_of(db, calm), runs_of(db, ids), strict=True):
        assert (run.state, run.losses, run.outcome) == ("succeeded", 0, one.outcome)
        story = kinds(db, run)
        assert story.count("split") == story.count("claimed") - 1 == run.attempt - 1
        assert story.count("finished") == 1
        with db.read() as conn:
            want, got = (read_series(conn, r.recording_id, ["test_error"])[0] for r in (one, run))
        assert got.steps.tolist() == want.steps.tolist()
        assert got.values == pytest.approx(want.values, rel=1e-10)


def test_a_run_that_does_not_fit_alone_fails(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = submit(db, seeds=3)
    fits(monkeypatch, 0, MemoryError("no room"))
    assert sorted(work_off(db)) == [1, 1, 1, 2, 3]
    for run in runs_of(db, ids):
        assert (run.state, run.cause, run.losses) == ("failed", "out_of_memory", 0)
        assert run.message == "MemoryError: no room"


def test_the_story_says_why_a_batch_was_split(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = submit(db, seeds=4)
    fits(monkeypatch, 2, MemoryError("no room"))
    execute(bench(db), take(db))
    with db.read() as conn:
        told = [event.data for event in list_events(conn, ids[0]) if event.kind == "split"]
    assert told == [
        {
            "worker": "host:1:abc",
            "attempt": 1,
            "cause": "out_of_memory",
            "message": "MemoryError: no room",
            "batch_runs": 2,
        }
    ]
    assert {run.state for run in runs_of(db, ids)} == {"queued"}


def test_what_had_ended_or_was_kept_before_the_split_stays(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, seen = submit(db, seeds=3), list[dict[int, bytes]]()

    def full(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        checkpoints.load()
        recorder.write(replace(frame(0, 3, {0: RESULT}), states={1: b"one", 2: b"two"}))
        raise MemoryError("no room")

    def rest(recorder: Recorder, checkpoints: Checkpoints, control: Control) -> Ending:
        seen.append(dict(checkpoints.load()))
        recorder.write(frame(2, 1, {0: RESULT}))
        return Ending.FINISHED

    scripted(monkeypatch, full)
    execute(bench(db), take(db))
    assert [run.state for run in runs_of(db, ids)] == ["succeeded", "queued", "queued"]
    scripted(monkeypatch, rest)
    assert work_off(db) == [1, 1]
    assert seen == [{0: b"one"}, {0: b"two"}]
    assert {run.state for run in runs_of(db, ids)} == {"succeeded"}


def lose(db: Database) -> None:
    """A worker takes what waits and is never heard of again."""
    with db.write() as conn:
        while claim(conn, queue="cpu", worker="gone", lease_seconds=-1) is not None:
            pass
        reap(conn, 100)


def test_a_batch_that_kills_its_workers_is_taken_apart(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = submit(db, seeds=4)
    for _ in range(LOSSES_TO_SPLIT - 1):
        lose(db)
    lease = claim_next(db)
    assert lease is not None
    assert lease.losses == LOSSES_TO_SPLIT - 1
    with db.write() as conn:
        conn.exec_driver_sql("UPDATE runs SET lease_expires = 0")
        reap(conn, 100)
    monkeypatch.setattr("worker.execute.train", lambda *_, **__: pytest.fail("it is not tried again"))
    execute(bench(db), take(db))
    runs = runs_of(db, ids)
    assert [(run.state, run.losses) for run in runs] == [("queued", 0)] * 4
    assert len({run.batch_key for run in runs}) == 2
    assert kinds(db, runs[0])[-1] == "split"


def test_a_run_alone_is_tried_until_it_has_lost_too_many(db: Database) -> None:
    (run_id,) = submit(db)
    for _ in range(LOSSES_TO_SPLIT + 1):
        lose(db)
    execute(bench(db), take(db))
    assert runs_of(db, [run_id])[0].state == "succeeded"


def test_runs_of_one_design_stay_together() -> None:
    axes = [{"path": "/optimizer/learning_rate", "values": [0.01, 0.02]}]
    cells = cells_of(rng="default", sweep={"axes": axes, "seeds": {"count": 4}})
    parts = halves(range(8), cells)
    seeds = [{cells[member].seed for member in part} for part in parts]
    assert sorted(member for part in parts for member in part) == list(range(8))
    assert [len(part) for part in parts] == [4, 4]
    assert not seeds[0] & seeds[1]


@pytest.mark.parametrize(
    ("members", "parts"), [([3], [[3]]), ([1, 5], [[1], [5]]), ([0, 2, 4], [[0, 2], [4]])]
)
def test_halves_of_a_batch_whose_cells_are_unknown(members: list[int], parts: list[list[int]]) -> None:
    assert halves(members, None) == parts


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 8 bytes"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_memory_that_has_run_out_is_told_by_its_errors(error: Exception, full: bool) -> None:
    assert is_out_of_memory(error) is full
