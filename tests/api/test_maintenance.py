"""Chores: lost runs return, idle workers are woken, old things are forgotten, errors do not end a chore."""

import json
import threading
import time

import pytest
from celery import Celery
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api.maintenance.chore import Chore
from api.maintenance.cleanup import forget
from api.maintenance.reaper import period, reap_lost
from api.maintenance.sweeper import wake_idle
from api.submission import Submission, assemble, check
from api.waker import MAX_WAKES, Waker, Wakes
from core.store import Database, DatasetCache, beat_worker, get_run, insert_experiment, remember
from tests.api.played import Json, PlayedWorker, eventually, spec, sweep
from tests.api.served import served
from worker.settings import Settings


def _prepared(body: bytes, db: Database) -> Submission:
    return assemble(check(body, db, DatasetCache(), 2**40))


def store(db: Database, data: Json) -> None:
    made = _prepared(json.dumps(data).encode(), db).experiment
    with db.write() as conn:
        insert_experiment(conn, made)


class Sent:
    """Stands in for the broker and counts what it is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, broken: bool = False) -> None:
        self.messages: list[tuple[str, int]] = []
        self.broken = broken
        monkeypatch.setattr("api.waker.send_wake", self.send)

    def send(self, app: Celery, queue: str, count: int = 1) -> None:
        if self.broken:
            raise ConnectionError("away")
        self.messages.append((queue, count))


@pytest.fixture
def waker(db: Database, settings: Settings) -> Waker:
    return Waker(db, Celery(), settings)


def test_an_expired_lease_goes_back_to_the_queue(
    db: Database, settings: Settings, own_worker: PlayedWorker, caplog: pytest.LogCaptureFixture
) -> None:
    store(db, spec())
    run = own_worker.claim(lease_seconds=0.05).runs[0].run_id
    time.sleep(0.1)
    assert reap_lost(db, settings).requeued == 1
    (line,) = [vars(record) for record in caplog.records if record.message == "lease expired"]
    assert (line["run"], line["attempt"], line["worker"], line["becomes"]) == (run, 1, "played", "queued")
    with db.read() as conn:
        found = get_run(conn, run)
    assert found is not None
    assert (found.state, found.losses) == ("queued", 1)


def test_the_service_reaps_by_itself(settings: Settings, db: Database, own_worker: PlayedWorker) -> None:
    with served(settings.model_copy(update={"lease_seconds": 1.0})) as client:
        made = client.post("/v1/experiments", json=spec()).json()
        own_worker.claim(lease_seconds=0.05)
        eventually(lambda: client.get(made["links"]["self"]).json()["counts"]["queued"] == 1)


@pytest.mark.parametrize("lease", [1.0, 2.0, 60.0, 3600.0])
def test_a_lease_ends_so_early_that_the_reaper_finds_it_within_the_silence_allowed(
    settings: Settings, lease: float
) -> None:
    given = settings.model_copy(update={"lease_seconds": lease})
    assert 0.05 <= period(given) <= 1
    assert 0.8 * lease <= given.granted_seconds <= lease - 2 * period(given)


def test_idle_workers_are_woken_while_batches_wait(
    db: Database, settings: Settings, waker: Waker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch)
    waker.start()
    for seed in range(3):
        store(db, spec(seed=seed))
    wake_idle(db, waker, settings)
    with db.write() as conn:
        for number, state in enumerate(("idle", "idle", "busy")):
            beat_worker(conn, f"w{number}", queue="cpu", host="h", pid=number, state=state)
    wake_idle(db, waker, settings)
    waker.close()
    assert sent.messages == [("cpu", 2)], "nobody to wake at first, then two for three batches"


def test_nobody_is_woken_for_nothing(
    db: Database, settings: Settings, waker: Waker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch)
    waker.start()
    with db.write() as conn:
        beat_worker(conn, "w", queue="cpu", host="h", pid=1, state="idle")
    wake_idle(db, waker, settings)
    waker.close()
    assert sent.messages == []


def test_batches_for_any_device_wake_gpu_workers_that_are_there(
    db: Database, waker: Waker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch)
    waker.start()
    waker.wake(Wakes(auto=2))
    eventually(lambda: sent.messages == [("cpu", 2)])
    with db.write() as conn:
        beat_worker(conn, "g", queue="gpu", host="h", pid=1, state="idle")
    waker.wake(Wakes(auto=1, cpu=1))
    waker.close()
    assert sent.messages == [("cpu", 2), ("cpu", 2), ("gpu", 1)]


def test_messages_are_capped_and_failures_counted(
    db: Database, waker: Waker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = Sent(monkeypatch, broken=True)
    waker.start()
    waker.wake(Wakes(cpu=10_000))
    eventually(lambda: waker.report.failed > 0)
    assert (waker.report.failed, waker.report.failing) == (MAX_WAKES, True)
    assert waker.report.last_error is not None
    assert "away" in waker.report.last_error
    sent.broken = False
    waker.wake(Wakes(gpu=1))
    waker.close()
    assert (waker.report.sent, waker.report.failing) == (1, False)


def test_old_answers_are_forgotten(db: Database) -> None:
    with db.write() as conn:
        assert remember(conn, "key", "post", "a") is None
        conn.execute(text("UPDATE idempotency_keys SET created_at = created_at - 8 * 86400"))
    forget(db, 365)
    with db.write() as conn:
        assert remember(conn, "key", "post", "b") is None


def test_a_chore_goes_on_after_errors() -> None:
    stop = threading.Event()
    calls: list[int] = []

    def act() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise OperationalError("SELECT 1", {}, Exception("away"))
        if len(calls) == 2:
            raise ValueError("a bug")

    chore = Chore("test", 0.01, act, stop)
    chore.start()
    eventually(lambda: len(calls) >= 4)
    stop.set()
    chore.join(5)


def test_a_batch_a_sweep_is_one_wake(db: Database) -> None:
    assert _prepared(json.dumps(sweep(seeds=4)).encode(), db).wakes == Wakes(auto=1)
    cuda = json.dumps({**spec(), "device": "cuda:0"}).encode()
    assert _prepared(cuda, db).wakes == Wakes(gpu=1)
