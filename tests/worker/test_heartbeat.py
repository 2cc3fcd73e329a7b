"""The heartbeat's thread and the signal that the loop gets from it."""

import time

import pytest
from sqlalchemy import text

from core.store import Database, get_run
from core.training import Signal
from tests.worker.batches import LEASE_SECONDS, submit, take
from worker import heartbeat
from worker.crew import Crew
from worker.heartbeat import Heartbeat, LoopControl, Pulse
from worker.shutdown import Shutdown


def expiry(db: Database) -> float:
    with db.read() as conn:
        return float(conn.execute(text("SELECT lease_expires FROM runs")).scalar_one())


def started(db: Database) -> tuple[Crew, Pulse]:
    ids = submit(db)
    return Crew(take(db), [(0, ids[0])]), Pulse()


def test_beat_extends_the_lease_and_tells_step_and_speed(db: Database) -> None:
    crew, pulse = started(db)
    before = expiry(db)
    pulse.begin(0)
    time.sleep(0.05)
    pulse.move(100)
    with Heartbeat(db, crew, pulse, LEASE_SECONDS):
        time.sleep(LEASE_SECONDS / 2)
    assert expiry(db) > before
    with db.read() as conn:
        run = get_run(conn, crew.open[0].run_id)
    assert run is not None
    assert run.step == 100
    assert run.steps_per_second == pytest.approx(pulse.steps_per_second)


def test_lease_of_a_loop_that_stands_still_is_left_to_run_out(
    db: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "_STILL_LEASES", 0)
    monkeypatch.setattr(heartbeat, "_STILL_SECONDS", 0.1)
    crew, pulse = started(db)
    before = expiry(db)
    with Heartbeat(db, crew, pulse, LEASE_SECONDS):
        time.sleep(LEASE_SECONDS / 2)
    assert expiry(db) == before
    assert "stood still" in caplog.text


def test_beat_survives_a_database_that_is_away(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from core.store import open_database

    db = open_database(sqlite_url)
    crew, pulse = started(db)
    with db.write() as conn:
        conn.execute(text("ALTER TABLE runs RENAME TO away"))
    with Heartbeat(db, crew, pulse, LEASE_SECONDS):
        time.sleep(0.7 * LEASE_SECONDS / 2)
        assert "heartbeat failed" in caplog.text
        with db.write() as conn:
            conn.execute(text("ALTER TABLE away RENAME TO runs"))
        before = expiry(db)
        time.sleep(LEASE_SECONDS / 2)
        assert expiry(db) > before
    db.dispose()


def test_control_hands_on_drops_and_the_wish_to_stop(db: Database) -> None:
    crew, pulse = started(db)
    shutdown = Shutdown()
    control = LoopControl(crew, pulse, shutdown)
    assert control.poll(5) == Signal()
    assert pulse.step == 5
    crew.cancel([crew.open[0].run_id])
    assert control.poll(6).drop == {0}
    assert control.seen == {0}
    shutdown.request()
    assert control.poll(7).drain


def test_speed_is_that_of_this_attempt() -> None:
    pulse = Pulse()
    assert pulse.steps_per_second is None
    pulse.begin(1000)
    assert pulse.steps_per_second is None
    time.sleep(0.1)
    pulse.move(1100)
    speed = pulse.steps_per_second
    assert speed is not None
    assert 300 < speed <= 1000


def test_a_loop_that_stands_still_for_another_lives_as_long_as_that_one_moves() -> None:
    outer = Pulse()
    outer.move(7)
    inner = Pulse(outer)
    before = outer.at
    time.sleep(0.01)
    assert outer.at == before
    inner.move(1)
    assert outer.at >= inner.at > before
    assert outer.step == 7


def test_standing_still_does_not_count_in_the_speed() -> None:
    outer = Pulse()
    outer.begin(0)
    time.sleep(0.02)
    outer.move(1000)
    before = outer.steps_per_second
    assert before is not None
    inner = Pulse(outer)
    time.sleep(0.05)
    inner.move(1)
    assert outer.steps_per_second == before
    outer.rest(0.05)
    assert outer.steps_per_second == pytest.approx(before)


def test_a_loop_is_to_drain_when_its_turn_is_over(db: Database) -> None:
    crew, pulse = started(db)
    assert not LoopControl(crew, pulse, Shutdown(), until=time.monotonic() + 60).poll(1).drain
    assert LoopControl(crew, pulse, Shutdown(), until=time.monotonic()).poll(1).drain


def test_set_up_is_no_part_of_the_speed() -> None:
    pulse = Pulse()
    pulse.begin(1000)
    time.sleep(0.1)
    pulse.move(1000)
    pulse.move(1100)
    speed = pulse.steps_per_second
    assert speed is not None
    assert speed > 1000


def test_leaps_have_no_speed() -> None:
    pulse = Pulse()
    pulse.even = False
    pulse.begin(0)
    time.sleep(0.01)
    pulse.move(10**9)
    assert pulse.steps_per_second is None


def test_the_speed_forgets_how_slow_the_first_steps_were(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    pulse = Pulse()
    pulse.begin(0)
    step = 0
    for _ in range(20):
        step += 1
        pulse.move(step)
    assert pulse.steps_per_second == pytest.approx(1.0)
    for _ in range(20):
        step += 1000
        pulse.move(step)
    assert pulse.steps_per_second == pytest.approx(1000.0)
