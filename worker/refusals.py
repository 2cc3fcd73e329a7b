"""What a worker process does not claim any more, because it fails at once here whenever it is tried."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.store import Json

FAST_SECONDS = 5.0
"""A batch that fails within so long of its claim fails fast: it has hardly trained."""
IN_A_ROW = 3
"""Fast failures of one kind, and none of it trained in between, after which the kind is refused."""
TRIAL_SECONDS = 300.0
"""After which one batch of the kind is tried again."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Row:
    """Fast failures of one kind: how many in a row, the latest, and since when it is refused."""

    failures: int
    message: str
    latest: float
    since: datetime | None = None


class Refusals:
    """Counts the fast failures of this process by the kind of problem.

    A driver that is broken, or a package that is missing, fails every batch of a kind on one machine, and a
    queue of them within seconds, while other workers could train them. So the process leaves the kind to
    others until a trial succeeds or the process is started again.
    """

    def __init__(self) -> None:
        # Replaced as a whole: the thread that tells the store reads it.
        self._rows: Mapping[str, _Row] = {}

    def failed(self, kind: str, seconds: float, message: str) -> None:
        """A batch of the kind has failed as `internal`, so many seconds after its claim."""
        if seconds > FAST_SECONDS:
            return
        before = self._rows.get(kind, _Row(0, "", 0.0))
        row = replace(before, failures=before.failures + 1, message=message, latest=time.monotonic())
        if row.failures >= IN_A_ROW:
            log.error("%s is refused after %d fast failures: %s", kind, row.failures, message)
            row = replace(row, since=row.since or datetime.now(UTC))
        self._rows = {**self._rows, kind: row}

    def trained(self, kind: str) -> None:
        """A batch of the kind came to its end here."""
        row = self._rows.get(kind)
        if row is not None and row.since is not None:
            log.info("%s is no longer refused", kind)
        self._rows = {name: other for name, other in self._rows.items() if name != kind}

    @property
    def kinds(self) -> frozenset[str]:
        """What is not to be claimed now."""
        now = time.monotonic()
        rows = self._rows.items()
        return frozenset(kind for kind, row in rows if row.since and now - row.latest < TRIAL_SECONDS)

    @property
    def told(self) -> list[Json]:
        """What `/v1/workers` shows: kind, since when, and the latest failure."""
        return [
            {"kind": kind, "since": row.since.isoformat(), "message": row.message}
            for kind, row in self._rows.items()
            if row.since is not None
        ]
