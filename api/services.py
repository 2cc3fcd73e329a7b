"""What a running application holds: opened by the lifespan, handed to routes as dependencies."""

import threading
from dataclasses import dataclass
from typing import Annotated, TypedDict

from celery import Celery
from fastapi import Depends
from starlette.requests import Request

from api.access.known import KnownTokens
from api.kept_answers import KeptAnswers
from api.kept_bytes import KeptBytes
from api.live import Hub
from api.metrics import Metrics
from api.pictures.studio import Studio
from api.sweeps.kept import KeptCells
from api.waker import Waker
from core.store import Database, DatasetCache
from worker.dependencies import Dependencies
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a request may need; `stopping` is set once the process has been asked to end."""

    settings: Settings
    db: Database
    broker: Celery
    waker: Waker
    live: Hub
    dependencies: Dependencies
    metrics: Metrics
    stopping: threading.Event
    answers: KeptAnswers
    known_tokens: KnownTokens
    datasets: DatasetCache
    bodies: KeptBytes
    cells: KeptCells
    pictures: Studio


class LifespanState(TypedDict):
    """The state that the lifespan shares with requests."""

    services: Services


async def _services(request: Request) -> Services:
    services: Services = request.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
