"""`groklab health`: whether a process of this machine does its work, for supervisors to ask."""

import socket
from pathlib import Path

from api.commands.environment import first_line, own_url
from api.commands.trouble import Trouble
from worker.settings import Settings

_ANSWER_SECONDS = 5.0


def check_api(settings: Settings) -> None:
    """Raises Trouble unless the API that listens here is ready to take work."""
    from api.client import Client

    url = own_url(settings)
    with Client(url, seconds=_ANSWER_SECONDS) as client:
        if not client.ready():
            raise Trouble(f"the API is not ready at {url}")


def check_worker(settings: Settings, queue: str | None) -> None:
    """Raises Trouble unless a worker process of this machine (or container) beat within a lease and lives."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import list_workers, open_database

    try:
        database = open_database(settings.database_url)
        try:
            with database.read() as conn:
                told = list_workers(conn, settings.lease_seconds)
        finally:
            database.dispose()
    except (ValueError, SQLAlchemyError) as error:
        raise Trouble(f"cannot ask the database for workers: {first_line(error)}") from error
    host = socket.gethostname()
    here = [worker for worker in told if worker.host == host and queue in (None, worker.queue)]
    # One that was killed is on the list until its lease is over.
    if not any(_lives(worker.pid) for worker in here):
        raise Trouble(f"no worker of {host} beats" + (f" for queue {queue}" if queue else ""))


def count_training(settings: Settings) -> int:
    """How many runs are trained now; 0 where the database does not tell."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import open_database, take_census

    try:
        database = open_database(settings.database_url)
        try:
            with database.read() as conn:
                live = take_census(conn, settings.lease_seconds).live
        finally:
            database.dispose()
    except (ValueError, SQLAlchemyError):
        # Whoever wants to stop is not to be held up by that.
        return 0
    return live["running"] + live["cancelling"]


def _lives(pid: int) -> bool:
    """Whether there is such a process, and more than what is left of one until its parent has looked."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
