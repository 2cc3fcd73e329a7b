"""The training room's Recorder and Checkpoints, kept in the store under the fence of each claim."""

import logging
from collections.abc import Callable, Collection, Mapping

from sqlalchemy import Connection

from core import store
from core.store import Claimed, Database, Finish
from core.training.ports import Frame, Result, Vectors
from worker.crew import Crew
from worker.heartbeat import LoopControl, Pulse
from worker.retry import Patience

log = logging.getLogger(__name__)
Describe = Callable[[int, Result], Finish]
"""What is stored of a member's result."""
Conclude = Callable[[Connection, Collection[Claimed]], None]
"""What else is stored once they have ended, in the same transaction."""


class StoreRecorder:
    """Writes frames, each in one transaction with the states to keep and the ends of the runs it ends."""

    def __init__(
        self,
        database: Database,
        crew: Crew,
        control: LoopControl,
        pulse: Pulse,
        patience: Patience,
        describe: Describe,
        conclude: Conclude,
    ) -> None:
        self._database = database
        self._crew = crew
        self._control = control
        self._pulse = pulse
        self._patience = patience
        self._describe = describe
        self._conclude = conclude

    def write(self, frame: Frame) -> None:
        """See core.training.ports.Recorder."""
        self._pulse.move(frame.step)
        claims = self._crew.open
        finishes = [
            (claims[place], self._describe(place, result))
            for place, result in frame.results.items()
            if place in claims
        ]
        # Only what the loop has given up has had its last frame.
        ended = [claims[p] for p in self._crew.to_cancel & self._control.seen if p in claims]
        done = [claim.run_id for claim, _ in finishes] + [claim.run_id for claim in ended]
        with self._crew.leaving(done):
            fenced = self._patience(
                lambda: self._store(frame, claims, finishes, ended), settled=frozenset[str]
            )
            self._crew.lose(fenced)
            self._crew.close(done)
        _tell([item for item in finishes if item[0].run_id not in fenced])

    def _store(
        self,
        frame: Frame,
        claims: Mapping[int, Claimed],
        finishes: list[tuple[Claimed, Finish]],
        ended: list[Claimed],
    ) -> frozenset[str]:
        columns = ((place, column) for column, place in enumerate(frame.members) if place in claims)
        every = ((claims[place], _part(frame, column)) for place, column in columns)
        parts = [(claim, part) for claim, part in every if part.last_step is not None]
        crossings = [(claims[place], found) for place, found in frame.crossings.items() if place in claims]
        states = [
            (claims[place], frame.step, state) for place, state in frame.states.items() if place in claims
        ]
        concerned = {c for group in (parts, crossings, states, finishes) for c, *_ in group} | set(ended)
        with self._database.write() as conn:
            # All at once and in one order: piece by piece, two writers could each wait for the other.
            store.hold(conn, concerned)
            fenced = store.write_frames(conn, parts) if parts else frozenset()
            if crossings:
                fenced |= store.note_crossings(conn, [c for c in crossings if c[0].run_id not in fenced])
            if kept := [item for item in states if item[0].run_id not in fenced]:
                fenced |= store.save_checkpoints(conn, kept, frame.step)
            fenced |= self._finish(conn, frame, [f for f in finishes if f[0].run_id not in fenced])
            if ended:
                fenced |= store.finish_cancelled(conn, [c for c in ended if c.run_id not in fenced])
        return fenced

    def _finish(
        self, conn: Connection, frame: Frame, finishes: list[tuple[Claimed, Finish]]
    ) -> frozenset[str]:
        if not finishes:
            return frozenset()
        # A run may end before its first heartbeat; its speed is told here.
        ours = {claim.run_id for claim, _ in finishes}
        lease = self._crew.lease
        ending = lease.without({run.run_id for run in lease.runs} - ours)
        claims = self._crew.open
        last = {claims[p].run_id: result.last_step for p, result in frame.results.items() if p in claims}
        store.beat(conn, ending, last, self._pulse.steps_per_second, lease.seconds)
        fenced = store.finish(conn, finishes)
        self._conclude(conn, [claim for claim, _ in finishes if claim.run_id not in fenced])
        return fenced


class StoreCheckpoints:
    """Gives the states of all members that we hold, if all are of one step."""

    def __init__(self, database: Database, crew: Crew, pulse: Pulse, patience: Patience) -> None:
        self._database = database
        self._crew = crew
        self._pulse = pulse
        self._patience = patience
        # Training resumes all that it was given or none, so a run lost meanwhile still gets its state.
        self._claims, self._lease = crew.open, crew.lease
        self.resumed_from: int | None = None

    def load(self) -> Mapping[int, bytes]:
        """See core.training.ports.Checkpoints; what lies after the states that it returns is deleted.

        Members whose states are not all of one step cannot go on together: then all start again.
        """
        states, fenced = self._patience(self._load)
        self._crew.lose(fenced)
        self._pulse.begin(self.resumed_from or 0)
        return states

    def _load(self) -> tuple[Mapping[int, bytes], frozenset[str]]:
        ids = {place: claim.run_id for place, claim in self._claims.items()}
        with self._database.write() as conn:
            kept = store.load_checkpoints(conn, list(ids.values()))
            if len(kept) < len(ids) or len({checkpoint.step for checkpoint in kept.values()}) > 1:
                kept = {}
            steps = {run_id: checkpoint.step for run_id, checkpoint in kept.items()}
            fenced = store.resume(conn, self._lease, steps)
        self.resumed_from = min(steps.values(), default=None)
        return {place: kept[run_id].state for place, run_id in ids.items() if kept}, fenced


def _tell(finishes: list[tuple[Claimed, Finish]]) -> None:
    for claim, end in finishes:
        ended = {"run": claim.run_id, "attempt": claim.attempt, "outcome": end.outcome, "step": end.last_step}
        log.info("run succeeded", extra=ended)


def _part(frame: Frame, column: int) -> store.Frame:
    """What the frame holds of the member in a column."""
    length = int(frame.lengths[column])
    vectors = tuple(_rows(rows, column) for rows in frame.vectors if rows.lengths[column] > 0)
    return store.Frame(frame.steps[:length], frame.names, frame.values[:length, :, column], vectors)


def _rows(vectors: Vectors, column: int) -> store.Vectors:
    length = int(vectors.lengths[column])
    return store.Vectors(vectors.name, vectors.shape, vectors.steps[:length], vectors.values[:length, column])
