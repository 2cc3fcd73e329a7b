"""How far runs and experiments are, many of them in a few statements: for those who follow them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, func, select

from core.store.experiments import get_experiments
from core.store.history import Topic
from core.store.listed import listed
from core.store.model import LIVE, TERMINAL, Counts, ExperimentState, State
from core.store.tables import AnyRow, chunks, frames, runs, vector_chunks


@dataclass(frozen=True, slots=True)
class Recorded:
    """Runs of one batch that have recorded equally far, and the last step of each of their metrics."""

    runs: tuple[str, ...]
    steps: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunLook:
    """A run at one moment; `recorded` has at most one item."""

    id: str
    state: State
    attempt: int
    step: int
    steps: int
    steps_per_second: float | None
    recorded: tuple[Recorded, ...]

    @property
    def terminal(self) -> bool:
        """Whether it has ended."""
        return self.state in TERMINAL

    @property
    def pulse(self) -> object:
        """What changes with its state, and not with progress."""
        return self.state, self.attempt


@dataclass(frozen=True, slots=True)
class ExperimentLook:
    """An experiment at one moment; `recorded` is of those of its runs that are under training."""

    id: str
    state: ExperimentState
    counts: Counts
    progress: float
    eta_seconds: float | None
    recorded: tuple[Recorded, ...]

    @property
    def terminal(self) -> bool:
        """Whether all its runs have ended."""
        return self.state in TERMINAL

    @property
    def pulse(self) -> object:
        """What changes with the states of its runs, and not with progress."""
        return self.counts


Look = RunLook | ExperimentLook


def look_at(conn: Connection, topics: Collection[Topic]) -> dict[Topic, Look]:
    """Those of the topics that there are, at one moment."""
    return {**_runs(conn, _ids(topics, "run")), **_experiments(conn, _ids(topics, "experiment"))}


def _ids(topics: Collection[Topic], kind: str) -> list[str]:
    return [topic.id for topic in topics if topic.kind == kind]


def _runs(conn: Connection, ids: Sequence[str]) -> dict[Topic, Look]:
    if not ids:
        return {}
    rows = conn.execute(_progress().where(runs.c.id.in_(ids))).fetchall()
    recorded = {
        row.id: found for row, found in zip(rows, _recorded(conn, [[row] for row in rows]), strict=True)
    }
    return {
        Topic("run", row.id): RunLook(
            row.id, row.state, row.attempt, row.step, row.steps, row.steps_per_second, recorded[row.id]
        )
        for row in rows
    }


def _experiments(conn: Connection, ids: Sequence[str]) -> dict[Topic, Look]:
    if not ids:
        return {}
    live = _progress().where(runs.c.experiment_id.in_(ids), runs.c.state.in_(LIVE))
    equally_far = attrgetter("experiment_id", "batch_key", "last_step")
    rows = sorted((row for row in conn.execute(live) if row.last_step is not None), key=equally_far)
    groups = [list(group) for _, group in groupby(rows, equally_far)]
    recorded: dict[str, tuple[Recorded, ...]] = {}
    for group, found in zip(groups, _recorded(conn, groups), strict=True):
        of = group[0].experiment_id
        recorded[of] = recorded.get(of, ()) + found
    return {
        Topic("experiment", e.id): ExperimentLook(
            e.id, e.state, e.counts, e.progress, e.eta_seconds, recorded.get(e.id, ())
        )
        for e in get_experiments(conn, ids)
    }


def _progress() -> Any:
    """Runs, and where the latest frame of each lies."""
    latest = select(frames).where(frames.c.recording_id == runs.c.recording_id)
    latest = latest.order_by(frames.c.first_step.desc()).limit(1)

    def of_latest(column: ColumnElement[int]) -> ColumnElement[int]:
        return latest.with_only_columns(column).scalar_subquery().label(column.key)

    names = ["id", "experiment_id", "batch_key", "state", "attempt", "step", "steps", "steps_per_second"]
    chosen = [runs.c[name] for name in [*names, "recording_id"]]
    return select(*chosen, of_latest(frames.c.first_step), of_latest(frames.c.last_step))


def _recorded(conn: Connection, groups: Sequence[Sequence[AnyRow]]) -> list[tuple[Recorded, ...]]:
    """What the runs of each group have recorded, by that of the first of them."""
    firsts = [group[0] for group in groups]
    steps: dict[int, dict[str, int]] = {row.recording_id: {} for row in firsts}
    latest = listed(
        conn,
        ((row.recording_id, row.first_step, row.last_step) for row in firsts if row.first_step is not None),
        id=BigInteger(),
        first=BigInteger(),
        last=BigInteger(),
    )
    same = (chunks.c.recording_id == latest.c.id) & (chunks.c.first_step == latest.c.first)
    scalars = select(latest.c.id, chunks.c.metric, latest.c.last).join_from(latest, chunks, same)
    last: ColumnElement[int] = func.max(vector_chunks.c.last_step)
    of = vector_chunks.c.recording_id
    vectors = (
        select(of, vector_chunks.c.metric, last).where(of.in_(steps)).group_by(of, vector_chunks.c.metric)
    )
    for query in (scalars, vectors):
        for recording, metric, step in conn.execute(query):
            steps[recording][metric] = step
    members = [tuple(row.id for row in group) for group in groups]
    return [
        (Recorded(ids, steps[row.recording_id]),) if steps[row.recording_id] else ()
        for ids, row in zip(members, firsts, strict=True)
    ]
