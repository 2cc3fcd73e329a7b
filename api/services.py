"""What a running application holds: opened by the lifespan, handed to routes as dependencies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, TypedDict

from celery import Celery
from fastapi import Depends
from sqlalchemy import Connection
from starlette.requests import Request

from api.notifier import Notifier
from api.waker import Waker
from core.store import Database
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a request may need; `stopping` is set once the process has been asked to end."""

    settings: Settings
    db: Database
    broker: Celery
    waker: Waker
    notifier: Notifier
    stopping: threading.Event
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one transaction of a request that changes something."""
        if self.db.dialect == "sqlite":
            # SQLite lets one write at a time and makes the others sleep, unfairly; a lock hands over at once.
            with self._writing, self.db.write() as conn:
                yield conn
        else:
            with self.db.write() as conn:
                yield conn


class LifespanState(TypedDict):
    """The state that the lifespan shares with requests."""

    services: Services


async def _services(request: Request) -> Services:
    services: Services = request.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
