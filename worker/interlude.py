"""Lets short batches pass: claimed between two flushes of a long one, and trained in its place meanwhile."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from core.store import Batch, Incompatible, Lease, claim_short, require_compatible_now
from worker.bench import Bench
from worker.heartbeat import Pulse

PROVEN_SECONDS = 10.0
"""A batch that was planned as short lets others pass, too, once it has trained for so long."""
LONGEST_SECONDS = 30.0
"""After which an interlude is over: what was planned as short and is not gives its runs back."""
_MOST_CREDIT = 10.0
_LOOK_SECONDS = 1.0
_WAITED_SECONDS = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """When a batch may train: to its end, or in an interlude of another.

    Attributes:
        outer: the pulse of the batch that stands still meanwhile.
        until: when to give the runs back, on the monotonic clock.
    """

    outer: Pulse | None = None
    until: float = math.inf


ALONE = Turn()


class Interludes:
    """Called between the flushes of a batch: trains what is short and waits, if it is the batch's to yield.

    An interlude may begin when the batch has trained as long as all interludes before, so that it keeps half
    of the time. Time without interludes is saved up for ten seconds of them at most, so that many short
    batches that come at once do not hold up a batch that has trained for hours.

    Args:
        lease: of the batch.
        pulse: of the batch.
        train: trains another batch in its turn.
    """

    def __init__(
        self, bench: Bench, lease: Lease, pulse: Pulse, train: Callable[[Lease, Turn], None]
    ) -> None:
        self._bench, self._lease, self._pulse, self._train = bench, lease, pulse, train
        self._passed_over: set[Batch] = set()
        self._since = time.monotonic()
        self._trained = self._credit = 0.0
        self._over = False

    def __call__(self) -> None:
        """Returns at once where nothing may pass or nothing waits."""
        trained = time.monotonic() - self._since
        if trained < _LOOK_SECONDS or self._over:
            return
        self._trained += trained
        self._credit = min(self._credit + trained, _MOST_CREDIT)
        if not self._lease.short or self._trained >= PROVEN_SECONDS:
            self._let_pass()
        self._since = time.monotonic()

    def _let_pass(self) -> None:
        while self._credit >= 0 and not self._bench.shutdown.wanted:
            begin = time.monotonic()
            short = self._claim()
            if short is None:
                return
            batch = short.runs[0].experiment_id, short.batch_key
            log.info("batch stands still for %s batch %s", *batch)
            turn = Turn(self._pulse, begin + LONGEST_SECONDS)
            self._train(short, turn)
            end = time.monotonic()
            if end >= turn.until:
                self._passed_over.add(batch)
            self._credit -= end - begin
            self._pulse.rest(end - begin)

    def _claim(self) -> Lease | None:
        try:
            with self._bench.database.write() as conn:
                require_compatible_now(conn)
                return claim_short(
                    conn,
                    queue=self._bench.queue,
                    worker=self._lease.worker,
                    lease_seconds=self._lease.seconds,
                    waited_seconds=_WAITED_SECONDS,
                    passed_over=self._passed_over,
                    refused=self._bench.refusals.kinds,
                )
        except Incompatible as error:
            # The next claim ends this worker.
            log.warning("no more interludes: %s", error)
            self._over = True
            return None
        except SQLAlchemyError as error:
            # The next flush is the next try.
            log.warning("no interlude: %s: %s", type(error).__name__, error)
            return None
