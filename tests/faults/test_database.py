"""The database goes away, comes back, cuts off its clients, or lets nobody in for ten seconds."""

import subprocess
import sys
import time

import httpx
import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from core.store.tables import metadata
from tests.faults.lab import Lab
from tests.faults.servers import OwnPostgres
from tests.faults.sweeps import amid, settled, submit_sweep

LOCKED_SECONDS = 10
LOCK_SQLITE = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
db.execute("COMMIT")
"""


@pytest.mark.parametrize("mode", ["immediate", pytest.param("fast", marks=pytest.mark.slow)])
def test_postgres_restarted_amid_a_sweep(servers_lab: Lab, postgres: OwnPostgres, mode: str) -> None:
    worker = servers_lab.worker()
    experiment = submit_sweep(servers_lab)
    amid(servers_lab, experiment)
    postgres.cluster.restart(mode)
    settled(servers_lab, experiment)
    # The worker is the one from before.
    worker.terminate()
    assert worker.wait(60) == 0


@pytest.mark.slow
def test_postgres_away_for_longer_than_the_lease(servers_lab: Lab, postgres: OwnPostgres) -> None:
    worker = servers_lab.worker()
    experiment = submit_sweep(servers_lab)
    amid(servers_lab, experiment)
    postgres.cluster.stop("immediate")
    try:
        servers_lab.until(lambda: "is left to its lease" in servers_lab.log("worker"), 60)
        answer = servers_lab.try_submit()
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True), answer.text
    finally:
        postgres.cluster.start()
    settled(servers_lab, experiment)
    worker.terminate()
    assert worker.wait(60) == 0


@pytest.mark.slow
def test_connections_cut_again_and_again(servers_lab: Lab, postgres: OwnPostgres) -> None:
    servers_lab.worker()
    experiment = submit_sweep(servers_lab)
    amid(servers_lab, experiment)
    cut = 0
    for _ in range(20):
        cut += postgres.cut_connections()
        time.sleep(0.1)
    assert cut > 0
    settled(servers_lab, experiment)


@pytest.mark.slow
def test_sqlite_locked_by_another_process(shared: Lab) -> None:
    worker = shared.worker()
    experiment = submit_sweep(shared)
    amid(shared, experiment)
    path = str(make_url(shared.database_url).database)
    command = [sys.executable, "-c", LOCK_SQLITE, path, str(LOCKED_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as locker:
        assert locker.stdout is not None
        assert locker.stdout.readline() == b"locked\n"
        # Readers go on, and who writes waits.
        assert shared.get(f"/v1/experiments/{experiment}")["state"] == "running"
        assert shared.try_submit().status_code == httpx.codes.ACCEPTED
        assert locker.wait(60) == 0
    settled(shared, experiment)
    shared.kill(worker)


@pytest.mark.slow
def test_postgres_tables_locked(servers_lab: Lab, postgres: OwnPostgres) -> None:
    servers_lab.worker()
    experiment = submit_sweep(servers_lab)
    amid(servers_lab, experiment)
    while not _lock_all_tables(servers_lab):
        # Those who had some of the tables wanted others that were locked already, and were let go first.
        pass
    assert servers_lab.try_submit().status_code == httpx.codes.ACCEPTED
    settled(servers_lab, experiment)


def _lock_all_tables(lab: Lab) -> bool:
    """Holds every table for some seconds; False where somebody else was in the way."""
    tables = ", ".join(metadata.tables)
    try:
        with lab.database.write() as conn:
            conn.exec_driver_sql(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
            time.sleep(LOCKED_SECONDS)
    except OperationalError as error:
        if isinstance(error.orig, DeadlockDetected):
            return False
        raise
    return True
