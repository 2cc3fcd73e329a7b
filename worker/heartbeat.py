"""Keeps the lease of a batch alive from a thread of its own, and tells the loop what the outside wants."""

import contextvars
import logging
import math
import threading
import time
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError

from core.store import Database, beat
from core.training.ports import Signal
from worker.crew import Crew
from worker.shutdown import Shutdown

_SLOWEST_BEAT = 2.0
_STILL_LEASES, _STILL_SECONDS = 10, 120.0
log = logging.getLogger(__name__)


SPEED_SECONDS = 5.0
"""Of wall time, twice at most, over which the speed is the mean."""


class Pulse:
    """Where the loop is and when it last said so.

    Args:
        outer: of the loop that stands still for this one, and is alive as long as this one moves.

    Attributes:
        even: whether a step takes about the same time as any other; where the loop leaps over most of them
            its speed says nothing of what is to come.
    """

    def __init__(self, outer: "Pulse | None" = None) -> None:
        self._outer = outer
        self.even = True
        self.step: int | None = None
        self.at = time.monotonic()
        self._first_step, self._first_at, self._moved_at = 0, self.at, self.at
        self._mark: tuple[int, float] | None = None

    def begin(self, step: int) -> None:
        """The loop starts from this step; its set-up may still go on there."""
        self.move(step)
        self._first_step, self._first_at = step, self._moved_at

    def move(self, step: int) -> None:
        """The loop is alive at this step."""
        self._live()
        self.step, self._moved_at = step, self.at
        if step == self._first_step:
            self._first_at = self._moved_at
        elif self._moved_at - (self._mark[1] if self._mark else self._first_at) >= SPEED_SECONDS:
            # The first steps are recorded densely, and slow: they would count for hours.
            if self._mark is not None:
                self._first_step, self._first_at = self._mark
            self._mark = step, self._moved_at

    def rest(self, seconds: float) -> None:
        """The loop has stood still for another one for so long, which does not count in its speed."""
        self._moved_at += seconds
        self._first_at += seconds
        if self._mark is not None:
            self._mark = self._mark[0], self._mark[1] + seconds

    @property
    def steps_per_second(self) -> float | None:
        """Mean speed of the last five to ten seconds, without set-up; None before the loop has moved.

        None also where steps are not even.
        """
        if (
            not self.even
            or self.step is None
            or self.step == self._first_step
            or self._moved_at <= self._first_at
        ):
            return None
        return (self.step - self._first_step) / (self._moved_at - self._first_at)

    def _live(self) -> None:
        self.at = time.monotonic()
        if self._outer is not None:
            self._outer._live()


class LoopControl:
    """The training room's Control: marks the pulse, hands on the heartbeat's latest answer.

    The loop is to drain when the process is to stop, and at `until` on the monotonic clock.
    """

    def __init__(self, crew: Crew, pulse: Pulse, shutdown: Shutdown, until: float = math.inf) -> None:
        self._crew = crew
        self._pulse = pulse
        self._shutdown = shutdown
        self._until = until
        self._calm = Signal()
        self.seen: frozenset[int] = frozenset()
        """Positions that the loop has been told to give up."""

    def poll(self, step: int) -> Signal:
        """See core.training.ports.Control."""
        self._pulse.move(step)
        drain = self._shutdown.wanted or time.monotonic() >= self._until
        dropped = self._crew.dropped
        if not drain and not dropped:
            return self._calm
        self.seen = dropped
        return Signal(drop=dropped, drain=drain)


class Heartbeat:
    """Extends the lease every quarter of it, at most every two seconds, while the loop is alive."""

    def __init__(self, database: Database, crew: Crew, pulse: Pulse, lease_seconds: float) -> None:
        self._database = database
        self._crew = crew
        self._pulse = pulse
        self._lease_seconds = lease_seconds
        self._longest_pause = max(_STILL_LEASES * lease_seconds, _STILL_SECONDS)
        self._stop = threading.Event()
        # What it logs has the fields of the batch.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        """Starts it. Raises MemoryError where there is no memory for one more thread."""
        try:
            self._thread.start()
        except RuntimeError as error:
            raise MemoryError("no memory for the thread of the heartbeat") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(min(self._lease_seconds / 4, _SLOWEST_BEAT)):
            still = time.monotonic() - self._pulse.at
            if still > self._longest_pause:
                log.error("training has stood still for %.0f s: its lease is left to run out", still)
                continue
            try:
                self.beat()
            except (SQLAlchemyError, MemoryError) as error:
                # The next beat is the next try; a lease that runs out meanwhile is found out by its fence.
                log.warning("heartbeat failed: %s: %s", type(error).__name__, error)

    def beat(self) -> None:
        """Extends the lease once and takes the answer in."""
        lease = self._crew.lease
        if not lease.runs:
            return
        step = self._pulse.step
        steps = {} if step is None else {claim.run_id: step for claim in lease.runs}
        with self._database.write() as conn:
            answer = beat(conn, lease, steps, self._pulse.steps_per_second, self._lease_seconds)
        if answer.lost:
            self._crew.miss(answer.lost)
        if answer.cancelled:
            self._crew.cancel(answer.cancelled)
