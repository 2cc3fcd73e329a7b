"""Tells webhooks: finds what happened since the last look, and sends what is due."""

import logging
import random
import threading

from api.webhooks import Sender, body_of
from core.store import (
    Database,
    Horizon,
    NewDelivery,
    Webhook,
    advance_webhook,
    claim_deliveries,
    insert_deliveries,
    new_delivery_id,
    notices_between,
    settle_delivery,
    webhooks_behind,
)
from worker.settings import Settings

PERIOD = 1.0
EVENTS_A_LOOK = 2000
AT_ONCE = 16
CLAIM_SECONDS = 30.0
"""Longer than an attempt takes: of a process that died meanwhile, another one takes the delivery over."""
LONGEST_PAUSE = 3600.0
_log = logging.getLogger("groklab.api")


class Teller:
    """One process's part in telling: any number of them share the work by way of the database."""

    def __init__(self, db: Database, settings: Settings, sender: Sender, stop: threading.Event) -> None:
        self._db, self._settings, self._sender, self._stop = db, settings, sender, stop
        self._horizon = Horizon(db)

    def turn(self) -> None:
        """One look at what happened, and every delivery that is due."""
        self._look()
        while not self._stop.is_set() and self._send_some():
            pass

    def _look(self) -> None:
        with self._db.read() as conn:
            # Most services have none; then nothing else is asked.
            if not webhooks_behind(conn, 2**62):
                return
        upto = self._horizon.look()
        while upto is not None and not self._stop.is_set():
            with self._db.read() as conn:
                behind = webhooks_behind(conn, upto)
            if not behind:
                return
            first = behind[0].position
            self._enqueue([hook for hook in behind if hook.position == first], upto)

    def _enqueue(self, hooks: list[Webhook], upto: int) -> None:
        """Moves webhooks of one position on, with what they want to be told on the way."""
        after = hooks[0].position
        end = min(upto, after + EVENTS_A_LOOK)
        with self._db.read() as conn:
            notices = notices_between(conn, after, end)
        with self._db.write() as conn:
            for hook in hooks:
                if not advance_webhook(conn, hook, end):
                    continue
                new = []
                for notice in filter(hook.wants, notices):
                    id = new_delivery_id()
                    body = body_of(id, hook.id, notice)
                    new.append(NewDelivery(id, hook.id, notice.event, notice.seq, body))
                insert_deliveries(conn, new)

    def _send_some(self) -> int:
        """Sends some of what is due: how many."""
        with self._db.write() as conn:
            due = claim_deliveries(conn, AT_ONCE, CLAIM_SECONDS)
        if not due:
            return 0
        results = self._sender.send(due)
        with self._db.write() as conn:
            for one, result in zip(due, results, strict=True):
                pause = self._pause(one.attempts)
                settle_delivery(conn, one, result, pause)
                if result.error is not None:
                    facts = {"delivery": one.id, "attempt": one.attempts, "error": result.error}
                    _log.warning("webhook not reached", extra={**facts, "again": pause is not None})
        return len(due)

    def _pause(self, attempts: int) -> float | None:
        """Seconds to the next attempt after so many; None after the last."""
        if attempts >= self._settings.webhook_attempts:
            return None
        pause = self._settings.webhook_retry_seconds * 2.0 ** (attempts - 1)
        return min(pause, LONGEST_PAUSE) * random.uniform(0.5, 1.5)
