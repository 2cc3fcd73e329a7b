"""A worker that falls silent is found out within a lease, by the settings of the service."""

import time

import pytest

from api.maintenance.reaper import period, reap_lost
from core.store import Database, claim
from tests.worker.batches import runs_of, submit
from worker.crew import Crew
from worker.heartbeat import Heartbeat, Pulse
from worker.settings import Settings

LEASE = 2.0


@pytest.fixture
def settings(db: Database) -> Settings:
    return Settings(lease_seconds=LEASE, database_url=db.url, state_dir="/nonexistent")


def test_the_runs_of_a_silent_worker_wait_again_within_a_lease(db: Database, settings: Settings) -> None:
    ids = submit(db, seeds=3)
    with db.write() as conn:
        lease = claim(conn, queue="cpu", worker="w", lease_seconds=settings.granted_seconds)
    assert lease is not None
    with Heartbeat(db, Crew(lease, list(enumerate(ids))), Pulse(), settings.granted_seconds):
        # Longer than a lease: whoever beats keeps its runs.
        end = time.monotonic() + 1.5 * LEASE
        while time.monotonic() < end:
            reap_lost(db, settings)
            time.sleep(period(settings))
    died = time.monotonic()
    assert {run.state for run in runs_of(db, ids)} == {"running"}
    while {run.state for run in runs_of(db, ids)} == {"running"}:
        time.sleep(period(settings))
        reap_lost(db, settings)
    # On idle cores it is less than a lease; this machine may have other work.
    assert time.monotonic() - died < LEASE + 1
    assert [(run.state, run.losses) for run in runs_of(db, ids)] == [("queued", 1)] * 3
