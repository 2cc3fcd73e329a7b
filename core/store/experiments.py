"""Asking for experiments; what follows from their runs is computed, never stored."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, exists, func, select, text

from core.store.clock import now, utc, utc_or_none
from core.store.model import STATES, TERMINAL, Counts, Experiment, ExperimentState, State
from core.store.tables import SUCCEEDED, AnyRow, experiment_tags, experiments, runs, verifications


def get_experiment(conn: Connection, experiment_id: str) -> Experiment | None:
    """The experiment of that id."""
    row = conn.execute(_ONE, {"id": experiment_id}).first()
    return None if row is None else _complete(conn, [row])[0]


def get_experiments(conn: Connection, ids: Collection[str]) -> list[Experiment]:
    """Those of the experiments that there are."""
    return _complete(conn, conn.execute(_SOME, {"ids": list(ids)}).fetchall())


def list_experiments(
    conn: Connection,
    *,
    limit: int,
    before: str | None = None,
    state: ExperimentState | None = None,
    problem: str | None = None,
    tag: str | None = None,
    name: str | None = None,
) -> list[Experiment]:
    """Up to `limit` experiments, newest first, from the one made before `before` on.

    `name` is a part of their names; the case of letters does not matter (on SQLite of A to Z alone).
    """
    shown = ~exists().where(verifications.c.experiment_id == experiments.c.id)
    query = select(experiments).where(shown).order_by(experiments.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(experiments.c.id < before)
    if problem is not None:
        query = query.where(experiments.c.problem == problem)
    if tag is not None:
        query = query.where(
            exists().where(experiment_tags.c.tag == tag, experiment_tags.c.experiment_id == experiments.c.id)
        )
    if name is not None:
        query = query.where(experiments.c.name.icontains(name, autoescape=True))
    if state is not None:
        query = query.where(*_is(state))
    return _complete(conn, conn.execute(query).fetchall())


def find_reusable(conn: Connection, digests: Collection[str]) -> dict[str, str]:
    """For each digest that a run has succeeded with: the first such run."""
    asked = list(digests)
    pages = (asked[start : start + _PAGE] for start in range(0, len(asked), _PAGE))
    return {row.digest: row.id for page in pages for row in conn.execute(_REUSABLE, {"digests": page})}


_UNFINISHED: tuple[State, ...] = tuple(state for state in STATES if state not in TERMINAL)
_STARTED: tuple[State, ...] = tuple(state for state in STATES if state != "queued")


def _any(*states: State) -> ColumnElement[bool]:
    return exists().where(runs.c.experiment_id == experiments.c.id, runs.c.state.in_(states))


def _is(state: ExperimentState) -> list[ColumnElement[bool]]:
    """The conditions that `state_of` puts in words for one experiment."""
    match state:
        case "queued":
            return [~_any(*_STARTED)]
        case "running":
            return [_any(*_UNFINISHED), _any(*_STARTED)]
        case "failed":
            return [~_any(*_UNFINISHED), _any("failed")]
        case "cancelled":
            return [~_any(*_UNFINISHED, "failed"), _any("cancelled")]
        case "succeeded":
            return [~_any(*_UNFINISHED, "failed", "cancelled")]


def is_in(state: ExperimentState) -> ColumnElement[bool]:
    """Whether the experiment of a row is in that state."""
    return and_(*_is(state))


def state_of(counts: Counts) -> ExperimentState:
    """The state of an experiment with so many runs in each state."""
    if not any(counts[state] for state in _STARTED):
        return "queued"
    if any(counts[state] for state in _UNFINISHED):
        return "running"
    if counts["failed"]:
        return "failed"
    return "cancelled" if counts["cancelled"] else "succeeded"


def _complete(conn: Connection, rows: Sequence[AnyRow]) -> list[Experiment]:
    if not rows:
        return []
    ids = {"ids": [row.id for row in rows]}
    tags: dict[str, list[str]] = {}
    groups: dict[str, list[AnyRow]] = {}
    for row in conn.execute(_TAGS, ids):
        tags.setdefault(row.experiment_id, []).append(row.tag)
    for row in conn.execute(_GROUPS, ids):
        groups.setdefault(row.experiment_id, []).append(row)
    running = any(group.state == "running" for found in groups.values() for group in found)
    speeds = {row.experiment_id: row.speed for row in conn.execute(_SPEEDS, ids)} if running else {}
    return [_experiment(row, tags.get(row.id, []), groups[row.id], speeds.get(row.id)) for row in rows]


# Built once: building them would cost more than executing them.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_PAGE = 500
_ONE = select(experiments).where(experiments.c.id == bindparam("id"))
_SOME = select(experiments).where(experiments.c.id.in_(_IDS))
_TAGS = (
    select(experiment_tags.c.experiment_id, experiment_tags.c.tag)
    .where(experiment_tags.c.experiment_id.in_(_IDS))
    .order_by(experiment_tags.c.experiment_id, experiment_tags.c.position)
)
# For each experiment, state and outcome of its runs: how many, how far of how many steps, the latest end.
_GROUPS = (
    select(
        runs.c.experiment_id,
        runs.c.state,
        runs.c.outcome,
        func.count().label("n"),
        func.sum(runs.c.step).label("step"),
        func.sum(runs.c.steps).label("steps"),
        func.max(runs.c.finished_at).label("finished_at"),
    )
    .where(runs.c.experiment_id.in_(_IDS))
    .group_by(runs.c.experiment_id, runs.c.state, runs.c.outcome)
)
# The speed of the first steps, which are recorded densely, says nothing of those to come.
SETTLED_SECONDS = 5.0
_SPEEDS = (
    select(runs.c.experiment_id, func.sum(runs.c.steps_per_second).label("speed"))
    .where(runs.c.experiment_id.in_(_IDS), runs.c.state == "running")
    .where(runs.c.started_at < now() - SETTLED_SECONDS)
    .group_by(runs.c.experiment_id)
    # What leaps over its steps, and so has no speed, has steps that those of others say nothing of.
    .having(func.count() == func.count(runs.c.steps_per_second))
)
_REUSABLE = (
    select(runs.c.digest, func.min(runs.c.id).label("id"))
    .where(runs.c.digest.in_(bindparam("digests", expanding=True)), text(SUCCEEDED))
    .group_by(runs.c.digest)
)


def _experiment(row: AnyRow, tags: list[str], groups: Sequence[AnyRow], speed: float | None) -> Experiment:
    counts: Counts = dict.fromkeys(STATES, 0)
    outcomes: dict[str, int] = {}
    for group in groups:
        counts[group.state] += group.n
        if group.state == "succeeded" and group.outcome is not None:
            outcomes[group.outcome] = group.n
    state = state_of(counts)
    over = state in TERMINAL
    return Experiment(
        id=row.id,
        name=row.name,
        tags=tuple(tags),
        problem=row.problem,
        state=state,
        counts=counts,
        outcomes=outcomes,
        progress=_progress(groups),
        eta_seconds=0.0 if over else _eta(groups, speed),
        spec=row.spec,
        digest=row.digest,
        created_at=utc(row.created_at),
        finished_at=utc_or_none(max(group.finished_at for group in groups)) if over else None,
        owner=row.owner,
        refines=row.refines,
    )


def _progress(groups: Sequence[AnyRow]) -> float:
    """Steps done of all steps; a run that succeeded is done, wherever it stopped."""
    done = sum(int(group.steps if group.state == "succeeded" else group.step) for group in groups)
    return done / sum(int(group.steps) for group in groups)


def _eta(groups: Sequence[AnyRow], speed: float | None) -> float | None:
    if not speed:
        return None
    return sum(int(group.steps - group.step) for group in groups if group.state in _UNFINISHED) / speed
