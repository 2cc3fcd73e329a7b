"""When a batch lets short ones pass, and for how long, on a clock that the tests move."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.store import Batch, Claimed, Database, Lease
from tests.worker.batches import bench
from worker import interlude
from worker.heartbeat import Pulse
from worker.interlude import LONGEST_SECONDS, PROVEN_SECONDS, Interludes, Turn
from worker.shutdown import Shutdown


@dataclass
class Stage:
    """A queue of short batches that never ends, and a clock that only training moves."""

    db: Database
    shutdown: Shutdown
    seconds: float = 1.0
    now: float = 1000.0
    trained: list[float] = field(default_factory=list)
    passed_over: set[Batch] = field(default_factory=set)
    waiting: int = 10**9

    def monotonic(self) -> float:
        return self.now

    def claim(self, conn: object, *, passed_over: set[Batch], **_: Any) -> Lease | None:
        self.passed_over = set(passed_over)
        self.waiting -= 1
        return None if self.waiting < 0 else lease(f"exp_{self.waiting}", short=True)

    def train(self, claimed: Lease, turn: Turn) -> None:
        assert turn.outer is not None
        self.trained.append(self.seconds)
        self.now += self.seconds

    def interludes(self, *, short: bool = False) -> Interludes:
        return Interludes(bench(self.db, self.shutdown), lease("exp_long", short=short), Pulse(), self.train)


def lease(experiment: str, *, short: bool) -> Lease:
    return Lease((Claimed("run_1", experiment, 0, 1),), "0", "host:1:abc", 60.0, short)


@pytest.fixture
def stage(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(sqlite_db, Shutdown())
    monkeypatch.setattr(interlude, "time", made)
    monkeypatch.setattr(interlude, "claim_short", made.claim)
    return made


def flush(stage: Stage, interludes: Callable[[], None], after: float) -> float:
    """The long batch trains for so many seconds and hands over; the seconds of the interludes then."""
    before = sum(stage.trained)
    stage.now += after
    interludes()
    return sum(stage.trained) - before


def test_nothing_is_claimed_from_a_database_that_was_migrated_meanwhile(stage: Stage) -> None:
    def revision(name: str) -> str:
        with stage.db.write() as conn:
            was: str = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            conn.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})
        return was

    was = revision("later")
    try:
        assert flush(stage, stage.interludes(), after=20.0) == 0
    finally:
        revision(was)
    assert flush(stage, stage.interludes(), after=20.0) > 0


@pytest.mark.parametrize("seconds", [pytest.param(0.01, marks=pytest.mark.slow), 0.3, 2.0, 10.0, 25.0])
def test_a_long_batch_keeps_half_of_the_time_however_much_waits(stage: Stage, seconds: float) -> None:
    stage.seconds, own = seconds, 0.0
    interludes = stage.interludes()
    for _ in range(500):
        flush(stage, interludes, 2.0)
        own += 2.0
        assert sum(stage.trained) <= own + seconds + 1e-6
    assert sum(stage.trained) >= 0.9 * own


def test_what_waits_is_let_pass_at_the_first_look(stage: Stage) -> None:
    stage.waiting = 1
    assert flush(stage, stage.interludes(), 1.5) == 1.0


def test_a_long_past_is_no_licence_for_a_long_interruption(stage: Stage) -> None:
    interludes = stage.interludes()
    assert flush(stage, interludes, 3600.0) <= 11.0
    assert flush(stage, interludes, 2.0) <= 3.0


def test_the_queue_is_not_asked_at_every_flush_of_a_full_ring(stage: Stage) -> None:
    stage.waiting = 0
    interludes = stage.interludes()
    for _ in range(100):
        flush(stage, interludes, 0.05)
    assert -6 <= stage.waiting <= -4


def test_a_short_batch_lets_others_pass_once_it_has_proved_long(stage: Stage) -> None:
    interludes = stage.interludes(short=True)
    assert flush(stage, interludes, PROVEN_SECONDS - 1.0) == 0.0
    assert flush(stage, interludes, 1.5) > 0.0


def test_nothing_passes_when_the_process_is_to_stop(stage: Stage) -> None:
    stage.shutdown.request()
    assert flush(stage, stage.interludes(), 100.0) == 0.0


def test_a_batch_that_took_longer_than_its_turn_is_passed_over_from_then_on(stage: Stage) -> None:
    interludes = stage.interludes()
    stage.seconds, stage.waiting = LONGEST_SECONDS + 0.1, 5
    flush(stage, interludes, 60.0)
    assert stage.passed_over == set()
    stage.seconds = 1.0
    flush(stage, interludes, 60.0)
    assert stage.passed_over == {("exp_4", "0")}


def test_a_database_that_is_away_is_asked_again_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    interludes = stage.interludes()
    with monkeypatch.context() as patched:
        patched.setattr(interlude, "claim_short", away)
        assert flush(stage, interludes, 2.0) == 0.0
    assert "no interlude: OperationalError" in caplog.text
    assert flush(stage, interludes, 2.0) > 0.0
