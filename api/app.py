"""Builds the application; nothing is opened before its lifespan begins."""

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api.access import KnownTokens
from api.access.gate import Gate
from api.access.rates import RateLimiter
from api.compression import Compression
from api.cors import cors_rules
from api.default_quotas import default_quotas
from api.edge import Edge
from api.kept_answers import KeptAnswers
from api.kept_bytes import KeptBytes
from api.listening import is_loopback
from api.live import Hub
from api.maintenance import start_chores
from api.metrics import Metrics
from api.openapi import install_openapi
from api.pictures.studio import Studio
from api.problems import install_problems
from api.routes import ROUTERS
from api.services import LifespanState, Services
from api.sweeps.kept import KeptCells
from api.version import package_version, program_digest
from api.waker import Waker
from core.store import Changes, DatasetCache, open_database
from worker.app import make_app
from worker.dependencies import Dependencies
from worker.settings import Settings

_log = logging.getLogger("groklab.api")


def create_app(settings: Settings, stopping: threading.Event | None = None) -> FastAPI:
    """The application for these settings. `stopping`, once set, lets waiting requests answer at once."""
    metrics = Metrics()
    # Looked up before anything is answered: the files may be those of another version by then.
    program_digest()
    app = FastAPI(
        telemetry={"tracing": False, "metrics": False, "logs": False},
        title="Groklab",
        version=package_version(),
        description="Grokking experiments as a service: submit a spec, watch its runs, read the results.",
        lifespan=_lifespan(settings, stopping or threading.Event(), metrics),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Gate, limiter=RateLimiter(settings.rate_limit))
    app.add_middleware(Compression)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **cors_rules(settings.cors_origins))
    app.add_middleware(
        Edge,
        max_body_bytes=settings.max_body_bytes,
        max_upload_bytes=settings.max_upload_bytes,
        read_seconds=settings.request_read_seconds,
        requests=metrics.requests,
    )
    install_problems(app)
    install_openapi(app)
    return app


def _lifespan(
    settings: Settings, stopping: threading.Event, metrics: Metrics
) -> Callable[[FastAPI], AbstractAsyncContextManager[LifespanState]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[LifespanState]:
        async with AsyncExitStack() as tasks:
            stack = tasks.enter_context(ExitStack())
            db = open_database(settings.database_url, connections=settings.database_connections)
            stack.callback(db.dispose)
            broker = make_app(settings)
            stack.callback(broker.close)
            waker = Waker(db, broker, settings)
            waker.start()
            stack.callback(waker.close)
            dependencies = Dependencies(settings, broker)
            stack.callback(dependencies.close)
            metrics.watch(db, waker, settings.lease_seconds, package_version())
            changes = Changes(db)
            stack.callback(changes.close)
            kept = KeptAnswers(changes)
            live = Hub(db, stopping, settings.max_streams, metrics.requests.streams)
            tasks.push_async_callback(live.close)
            tokens_known = KnownTokens(
                db, settings.tokens, default_quotas(settings), may_be_open=is_loopback(settings.host)
            )
            bodies = KeptBytes()
            pictures = Studio(bodies)
            stack.callback(pictures.close)
            services = Services(
                settings,
                db,
                broker,
                waker,
                live,
                dependencies,
                metrics,
                stopping,
                kept,
                tokens_known,
                DatasetCache(),
                bodies,
                KeptCells(),
                pictures,
            )
            start_chores(stack, services)
            yield {"services": services}
            stopping.set()

    return lifespan
