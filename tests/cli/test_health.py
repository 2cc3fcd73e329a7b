"""`groklab health`: what supervisors are told of a worker and of the API."""

import os
import socket
from pathlib import Path

import pytest

from api.commands.children import free_port
from api.commands.health import check_api, check_worker
from api.commands.trouble import Trouble
from core.store import Database, Queue, beat_worker
from worker.settings import Settings

HERE = socket.gethostname()
# The kernel gives no such number to a process.
NOBODY = 2**22 + 1


def beaten(db: Database, folder: Path, host: str = HERE, pid: int = 0, queue: Queue = "cpu") -> Settings:
    with db.write() as conn:
        beat_worker(conn, "w", queue=queue, host=host, pid=pid or os.getpid(), state="idle")
    return Settings(database_url=db.url, state_dir=folder)


def test_a_worker_of_this_host_that_beats_and_lives_is_healthy(db: Database, tmp_path: Path) -> None:
    settings = beaten(db, tmp_path)
    check_worker(settings, None)
    check_worker(settings, "cpu")


def test_a_worker_of_another_queue_is_not_the_one(db: Database, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=f"no worker of {HERE} beats for queue gpu"):
        check_worker(beaten(db, tmp_path), "gpu")


def test_a_worker_of_another_host_is_not_the_one(db: Database, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=f"no worker of {HERE} beats$"):
        check_worker(beaten(db, tmp_path, host="elsewhere"), None)


def test_a_worker_that_died_is_not_healthy_until_its_lease_ends(db: Database, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="beats"):
        check_worker(beaten(db, tmp_path, pid=NOBODY), None)


def test_a_worker_that_fell_silent_is_not_healthy(db: Database, tmp_path: Path) -> None:
    settings = beaten(db, tmp_path)
    with db.write() as conn:
        conn.exec_driver_sql("UPDATE workers SET beat_at = beat_at - 100")
    with pytest.raises(Trouble, match="beats"):
        check_worker(settings, None)


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    settings = Settings(database_url=f"postgresql://127.0.0.1:{free_port()}/none", state_dir=tmp_path)
    with pytest.raises(Trouble, match="cannot ask the database for workers: "):
        check_worker(settings, None)


def test_an_api_that_is_away_is_named(tmp_path: Path) -> None:
    settings = Settings(port=free_port(), state_dir=tmp_path)
    with pytest.raises(Trouble, match=f"the API is not ready at http://127.0.0.1:{settings.port}"):
        check_api(settings)
