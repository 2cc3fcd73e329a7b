"""A long batch with a short one trained within it, on the real store and the real loop."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from core.spec import Cell, ExperimentSpec, cells_at
from core.store import Database, Run, cancel_run, list_events, read_series
from tests.worker.batches import bench, runs_of, submit, take
from worker import interlude
from worker.execute import execute
from worker.shutdown import Shutdown

LONG, ENDLESS = 200_000, 10**9


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is looked for at every flush, however short it has waited; flushes are frequent."""
    monkeypatch.setattr("core.training.loop.FLUSH_SHARE", 1.0)
    monkeypatch.setattr(interlude, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(interlude, "_WAITED_SECONDS", 0.0)


def of(db: Database, ids: list[str]) -> Run:
    (run,) = runs_of(db, ids)
    return run


def kinds(db: Database, ids: list[str]) -> list[str]:
    with db.read() as conn:
        return [event.kind for event in list_events(conn, ids[0])]


@contextmanager
def meanwhile(condition: Callable[[], bool], action: Callable[[], object]) -> Iterator[None]:
    """Does something in a thread as soon as a condition holds."""
    done: list[bool] = []

    def watch() -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end and not done:
            if condition():
                action()
                done.append(True)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield
    watcher.join()
    assert done, "it never held"


def test_a_short_batch_passes_and_the_long_one_loses_no_bit(db: Database) -> None:
    calm = submit(db, seeds=2, steps=10 * LONG)
    execute(bench(db), take(db))
    long = submit(db, seeds=2, steps=10 * LONG)
    lease = take(db)
    first, second = submit(db, short=True), submit(db, seeds=3, short=True)
    other = submit(db, short=False)
    execute(bench(db), lease)
    finished = [run.finished_at for ids in (first, second, long) for run in runs_of(db, ids)]
    assert None not in finished
    assert finished == sorted(finished, key=lambda at: at or 0)
    assert of(db, other).state == "queued"
    assert kinds(db, long) == ["created", "claimed", "t1", "t2", "finished"]
    for one, disturbed in zip(runs_of(db, calm), runs_of(db, long), strict=True):
        assert (disturbed.state, disturbed.attempt, disturbed.losses) == ("succeeded", 1, 0)
        assert (disturbed.t1, disturbed.t2, disturbed.final) == (one.t1, one.t2, one.final)
        with db.read() as conn:
            want, got = (read_series(conn, run.recording_id, ["test_error"])[0] for run in (one, disturbed))
        assert np.array_equal(got.steps, want.steps)
        assert got.values.tobytes() == want.values.tobytes()


def test_an_interlude_has_none_of_its_own(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interlude, "PROVEN_SECONDS", 0.0)
    submit(db, steps=ENDLESS)
    lease = take(db)
    first, second = submit(db, steps=LONG // 8, short=True), submit(db, short=True)
    shutdown = Shutdown()
    with meanwhile(lambda: of(db, second).finished_at is not None, shutdown.request):
        execute(bench(db, shutdown), lease)
    begun, ended = of(db, second).started_at, of(db, first).finished_at
    assert begun is not None
    assert ended is not None
    assert begun >= ended


def test_both_are_given_back_when_the_process_is_to_stop(db: Database) -> None:
    long = submit(db, steps=ENDLESS)
    lease = take(db)
    brief = submit(db, steps=ENDLESS, short=True)
    shutdown = Shutdown()
    with meanwhile(lambda: of(db, brief).step > 1000, shutdown.request):
        execute(bench(db, shutdown), lease)
    for ids in (brief, long):
        run = of(db, ids)
        assert (run.state, run.losses, run.attempt) == ("queued", 0, 1)
        assert run.step > 0
        assert kinds(db, ids)[-1] == "released"


def test_a_long_batch_that_is_cancelled_in_an_interlude_ends_after_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interlude, "LONGEST_SECONDS", 2.0)
    long = submit(db, steps=ENDLESS)
    lease = take(db)
    brief = submit(db, steps=ENDLESS, short=True)

    def cancel() -> None:
        with db.write() as conn:
            assert cancel_run(conn, long[0])

    with meanwhile(lambda: of(db, brief).step > 0, cancel):
        execute(bench(db), lease)
    assert (of(db, long).state, of(db, brief).state) == ("cancelled", "queued")
    with db.read() as conn:
        assert read_series(conn, of(db, long).recording_id, ["test_error"])[0].steps[0] == 0


def test_a_batch_that_is_cancelled_in_its_interlude_makes_way(db: Database) -> None:
    long = submit(db, steps=ENDLESS)
    lease = take(db)
    brief = submit(db, steps=ENDLESS, short=True)
    reached: list[int] = []
    shutdown = Shutdown()

    def cancel() -> None:
        reached.append(of(db, long).step)
        with db.write() as conn:
            assert cancel_run(conn, brief[0])

    def goes_on() -> bool:
        return of(db, brief).state == "cancelled" and of(db, long).step > reached[0]

    with (
        meanwhile(lambda: of(db, brief).step > 0, cancel),
        meanwhile(goes_on, shutdown.request),
    ):
        execute(bench(db, shutdown), lease)
    assert of(db, brief).state == "cancelled"
    assert (of(db, long).state, of(db, long).losses) == ("queued", 0)


def test_what_was_planned_as_short_and_is_not_waits_its_turn_with_what_it_has(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interlude, "LONGEST_SECONDS", 2.0)
    submit(db, steps=ENDLESS)
    lease = take(db)
    misjudged, brief = submit(db, steps=ENDLESS, short=True), submit(db, short=True)
    shutdown = Shutdown()
    with meanwhile(lambda: of(db, brief).state == "succeeded", shutdown.request):
        execute(bench(db, shutdown), lease)
    left = of(db, misjudged)
    assert (left.state, left.losses, left.attempt) == ("queued", 0, 1)
    assert left.step > 0


def test_an_interlude_that_fails_leaves_the_long_batch_alone(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = submit(db, steps=ENDLESS)
    lease = take(db)
    brief = submit(db, short=True)
    shutdown = Shutdown()
    read: list[ExperimentSpec] = []

    def fragile(spec: ExperimentSpec, indexes: Iterable[int]) -> list[Cell]:
        read.append(spec)
        if len(read) == 2:
            raise MemoryError("no room")
        return cells_at(spec, indexes)

    monkeypatch.setattr("worker.execute.cells_at", fragile)
    with meanwhile(lambda: of(db, brief).finished_at is not None, shutdown.request):
        execute(bench(db, shutdown), lease)
    assert (of(db, brief).state, of(db, brief).cause) == ("failed", "out_of_memory")
    assert (of(db, long).state, of(db, long).losses) == ("queued", 0)
    assert of(db, long).step > 0
