"""What a process cannot work without (database and its form, broker, a disk with room), and who works."""

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from celery import Celery
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from core.store import Incompatible, Queue, list_workers, open_database, require_compatible
from worker.probe import Probe
from worker.settings import Settings

PATIENCE = 2.0
"""Seconds that a server is given to answer."""
_LEAST_FREE = 1 << 20
_LONGEST_REASON = 200
_WRITTEN = b"\0" * 4096
Faults = dict[str, str]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a service can do its work.

    Attributes:
        missing: by name, with the reason.
        workers: whether a worker of each queue is alive; None where the database does not say.
    """

    missing: Faults
    workers: Mapping[Queue, bool] | None


class Dependencies:
    """Looks at everything at once, over connections of its own, and logs what changed since the last look."""

    def __init__(self, settings: Settings, broker: Celery) -> None:
        self._settings, self._broker = settings, broker
        # Requests may hold every connection of the other one while its server hangs.
        self._database = open_database(settings.database_url, connections=2)
        asked: dict[str, Callable[[], Faults]] = {
            "database": self._ask_database,
            "broker": self._ask_broker,
            "disk": self._ask_disk,
        }
        self._probes = {name: Probe(name, ask) for name, ask in asked.items()}
        self._crew = Probe("workers", self._ask_for_workers)
        self._known: Faults = {}
        self._lock = threading.Lock()

    def missing(self, seconds: float = PATIENCE) -> Faults:
        """What is missing, by name, with the reason; empty when everything is there.

        Waits `seconds` at most: what has not answered by then is missing.
        """
        looks = {name: probe.begin() for name, probe in self._probes.items()}
        wait(looks.values(), timeout=seconds)
        found: Faults = {}
        for name, look in looks.items():
            found |= _answer(name, look, seconds)
        self._tell(found)
        return found

    def readiness(self, seconds: float = PATIENCE) -> Readiness:
        """What is missing, as `missing` finds it, and who works."""
        end, crew = time.monotonic() + seconds, self._crew.begin()
        missing = self.missing(seconds)
        wait([crew], timeout=max(0.0, end - time.monotonic()))
        told = crew.done() and crew.exception() is None
        return Readiness(missing, crew.result() if told else None)

    def close(self) -> None:
        """Closes the connections."""
        self._database.dispose()

    def _tell(self, found: Faults) -> None:
        with self._lock:
            known, self._known = self._known, found
        for name, fault in found.items():
            if known.get(name) != fault:
                log.warning("dependency missing", extra={"dependency": name, "fault": fault})
        for name in known.keys() - found.keys():
            log.info("dependency is back", extra={"dependency": name})

    def _ask_database(self) -> Faults:
        try:
            with self._database.read() as conn:
                conn.execute(text("SELECT 1"))
            require_compatible(self._database)
        except Incompatible as error:
            return {"migrations": str(error)}
        except SQLAlchemyError as error:
            log.debug("database not reachable", exc_info=error)
            return {"database": f"not reachable: {_reason(error)}"}
        return {}

    def _ask_for_workers(self) -> Mapping[Queue, bool]:
        with self._database.read() as conn:
            served = {worker.queue for worker in list_workers(conn, self._settings.lease_seconds)}
        return {queue: queue in served for queue in get_args(Queue)}

    def _ask_broker(self) -> Faults:
        if self._settings.broker_url.startswith("filesystem"):
            folder = self._settings.broker_folder
            parent = folder if folder.exists() else folder.parent
            return {} if os.access(parent, os.W_OK | os.X_OK) else {"broker": "its folder cannot be written"}
        try:
            with self._broker.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
        except Exception as error:
            # The broker's client library has a family of errors for every transport.
            log.debug("broker not reachable", exc_info=error)
            return {"broker": f"not reachable: {_reason(error)}"}
        return {}

    def _ask_disk(self) -> Faults:
        """Folders where an embedded service writes; servers watch their own disks."""
        for folder in _written_folders(self._settings):
            if (fault := _disk_fault(folder)) is not None:
                return {"disk": f"{folder}: {fault}"}
        return {}


def _reason(error: BaseException) -> str:
    """What went wrong in the words of whoever found it, without statements and advice."""
    lines = [line for line in str(getattr(error, "orig", None) or error).splitlines() if line.strip()]
    found = [line for line in lines if "failed: " in line] or lines or [type(error).__name__]
    return " ".join(found[-1].rpartition("failed: ")[2].split())[:_LONGEST_REASON]


def _answer(name: str, look: "Future[Faults]", seconds: float) -> Faults:
    return look.result() if look.done() else {name: f"does not answer within {seconds:g} s"}


def _written_folders(settings: Settings) -> set[Path]:
    folders = {settings.state_dir} if settings.broker_url.startswith("filesystem") else set()
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        folders.add(Path(url.database).parent)
    return folders


def _disk_fault(folder: Path) -> str | None:
    try:
        free = shutil.disk_usage(folder).free
        if free < _LEAST_FREE:
            return f"{free} bytes are free; {_LEAST_FREE} are needed"
        # Rights, quotas and a file system that became read-only show only to those who write.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(_WRITTEN)
            file.flush()
    except OSError as error:
        return f"cannot be written ({error.strerror})"
    return None
