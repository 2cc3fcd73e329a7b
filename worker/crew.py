"""Which members of a batch are still ours; known to the training loop and to the heartbeat alike."""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock

from core.store import Claimed, Lease

log = logging.getLogger(__name__)


class Crew:
    """The claims of one lease by position in the batch, until each is closed, lost or cancelled.

    Args:
        lease: what was claimed.
        members: every planned member of the batch, (cell, run id) in cell order.
    """

    def __init__(self, lease: Lease, members: Sequence[tuple[int, str]]) -> None:
        self._lease = lease
        self._places = {run_id: place for place, (_, run_id) in enumerate(members)}
        # A run that was deleted right after the claim is no member any more.
        held = (claim for claim in lease.runs if claim.run_id in self._places)
        self._open = {self._places[claim.run_id]: claim for claim in held}
        self._to_cancel: frozenset[int] = frozenset()
        self._dropped: frozenset[int] = frozenset()
        self._leaving: frozenset[str] = frozenset()
        self._lock = Lock()

    @property
    def open(self) -> Mapping[int, Claimed]:
        """Claims that we hold, by position."""
        with self._lock:
            return dict(self._open)

    @property
    def lease(self) -> Lease:
        """The lease, less the runs that we no longer hold."""
        held = {claim.run_id for claim in self.open.values()}
        return self._lease.without({run.run_id for run in self._lease.runs} - held)

    @property
    def dropped(self) -> frozenset[int]:
        """Positions that training is to give up: cancelled by a user, or lost to someone else."""
        return self._dropped

    @property
    def to_cancel(self) -> frozenset[int]:
        """Positions that a user cancelled and that we still have to write down as such."""
        with self._lock:
            return self._to_cancel & self._open.keys()

    def close(self, run_ids: Iterable[str]) -> None:
        """These are done: nothing is written for them any more."""
        with self._lock:
            for run_id in run_ids:
                self._open.pop(self._places[run_id], None)

    @contextmanager
    def leaving(self, run_ids: Iterable[str]) -> Iterator[None]:
        """Inside of it these runs are written down as ended or given back, and then closed."""
        mine = frozenset(run_ids)
        with self._lock:
            self._leaving |= mine
        try:
            yield
        finally:
            with self._lock:
                self._leaving -= mine

    def miss(self, run_ids: Collection[str]) -> None:
        """A heartbeat did not find these among ours; those that are leaving may have left already."""
        with self._lock:
            lost = frozenset(run_ids) - self._leaving
        self.lose(lost)

    def lose(self, run_ids: Collection[str]) -> None:
        """These are no longer ours."""
        lost = [claim for claim in self.open.values() if claim.run_id in run_ids]
        _tell(logging.WARNING, "run lost", lost)
        self.close(run_ids)
        self._drop(run_ids)

    def cancel(self, run_ids: Collection[str]) -> None:
        """A user wants these to end."""
        with self._lock:
            places = {self._places[run_id] for run_id in run_ids}
            new = [self._open[place] for place in places - self._to_cancel if place in self._open]
            self._to_cancel |= places
        _tell(logging.INFO, "run is to be cancelled", new)
        self._drop(run_ids)

    def _drop(self, run_ids: Collection[str]) -> None:
        with self._lock:
            self._dropped |= {self._places[run_id] for run_id in run_ids}


def _tell(level: int, message: str, claims: Iterable[Claimed]) -> None:
    for claim in claims:
        log.log(level, message, extra={"run": claim.run_id, "attempt": claim.attempt})
