"""The periodic chores of the API process: return lost runs, wake idle workers, forget old answers."""

import threading
from contextlib import ExitStack

from api.maintenance import cleanup, reaper, sweeper
from api.maintenance.chore import Chore
from api.waker import Waker
from core.store import Database
from worker.settings import Settings

__all__ = ["Chore", "start_chores"]


def start_chores(stack: ExitStack, db: Database, waker: Waker, settings: Settings) -> None:
    """Starts every chore; they end when the stack closes."""
    stop = threading.Event()
    chores = [
        Chore("reaper", reaper.period(settings), lambda: reaper.reap_lost(db, settings), stop),
        Chore("sweeper", sweeper.PERIOD, lambda: sweeper.wake_idle(db, waker, settings), stop),
        Chore("cleanup", cleanup.PERIOD, lambda: cleanup.forget(db), stop),
    ]
    for chore in chores:
        chore.start()
        stack.callback(chore.join)
    stack.callback(stop.set)
