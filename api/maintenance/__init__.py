"""The periodic chores of the API process: lost runs, idle workers, old rows, usage, webhooks, a watch."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from api.maintenance import cleanup, reaper, sweeper, usage, watch, webhooks
from api.maintenance.chore import Chore
from api.services import Services
from api.version import package_version
from api.webhooks import Sender
from core.store.tokens import USE_SECONDS

__all__ = ["Chore", "start_chores"]

_STOP_SECONDS = 3.0


def start_chores(stack: ExitStack, services: Services) -> None:
    """Starts every chore; they end when the stack closes."""
    stop = threading.Event()
    db, settings, metrics = services.db, services.settings, services.metrics
    sender = Sender(package_version(), allow_private=settings.webhook_allow_private)
    teller = webhooks.Teller(db, settings, sender, stop)
    chores = [
        Chore(
            "reaper",
            reaper.period(settings),
            lambda: metrics.count_losses(reaper.reap_lost(db, settings)),
            stop,
        ),
        Chore("sweeper", sweeper.PERIOD, lambda: sweeper.wake_idle(db, services.waker, settings), stop),
        Chore("cleanup", cleanup.PERIOD, lambda: cleanup.forget(db, settings.audit_days), stop),
        Chore("tokens", USE_SECONDS, services.known_tokens.note_uses, stop),
        Chore("usage", usage.PERIOD, lambda: usage.count(db), stop),
        Chore("webhooks", webhooks.PERIOD, teller.turn, stop),
        Chore("watch", watch.PERIOD, lambda: watch.look(services.dependencies, metrics), stop),
    ]
    for chore in chores:
        chore.start()
    stack.callback(_end, chores, stop)


def _end(chores: Sequence[Chore], stop: threading.Event) -> None:
    stop.set()
    # A server that hangs holds them all; their threads end with the process.
    deadline = time.monotonic() + _STOP_SECONDS
    for chore in chores:
        chore.join(max(0.0, deadline - time.monotonic()))
