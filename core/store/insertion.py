"""Storing a new experiment: everything in bulk, runs whose digest is known born succeeded."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Subquery,
    Text,
    insert,
    literal,
    select,
)
from sqlalchemy.types import TypeEngine

from core.store.clock import now
from core.store.events import record
from core.store.listed import listed
from core.store.model import NewExperiment, NewRun
from core.store.tables import experiment_tags, experiments, recordings, run_events, runs

_COPIED = ["step", "outcome", "t1", "t2", "diverged_at", "final", "theory", "provenance", "recording_id"]
_GIVEN: dict[str, TypeEngine[Any]] = {
    "id": Text(),
    "cell": Integer(),
    "seed": BigInteger(),
    "axes": JSON(),
    "digest": Text(),
    "steps": BigInteger(),
    "device": Text(),
    "queue": Text(),
    "batch_key": Text(),
}


def insert_experiment(conn: Connection, new: NewExperiment) -> None:
    """Store an experiment with its runs: queued, or succeeded where `source_run` has succeeded before."""
    _check(new)
    at: float = conn.execute(select(now())).scalar_one()
    fields = {"id": new.id, "name": new.name, "problem": new.problem, "spec": new.spec, "digest": new.digest}
    conn.execute(insert(experiments).values(**fields, created_at=at))
    if new.tags:
        tags = [{"experiment_id": new.id, "position": i, "tag": tag} for i, tag in enumerate(new.tags)]
        conn.execute(insert(experiment_tags), tags)
    reused = _insert_reused(conn, new.id, [run for run in new.runs if run.source_run is not None], at)
    _insert_queued(conn, new.id, [run for run in new.runs if run.id not in reused], at)
    _record_created(conn, new.id)
    record(conn, ((run_id, new.id, "reused", {"source_run": source}) for run_id, source in reused.items()))


def _check(new: NewExperiment) -> None:
    if not new.runs:
        raise ValueError(f"an experiment needs at least one run; {new.id} has none")
    for run in new.runs:
        if run.steps < 1:
            raise ValueError(f"steps must be at least 1; got {run.steps} for {run.id}")


def _given(
    conn: Connection, new: Sequence[NewRun], name: str, kind: TypeEngine[Any], more: Sequence[Any]
) -> Subquery:
    """The given fields of the runs as a table, with one more column."""
    rows = ([*(getattr(run, field) for field in _GIVEN), extra] for run, extra in zip(new, more, strict=True))
    return listed(conn, rows, **_GIVEN, **{name: kind})


def _born(experiment_id: str, state: str, at: float) -> dict[str, ColumnElement[Any]]:
    """What every run of the experiment begins with."""
    zeros = {"attempt": literal(0), "losses": literal(0)}
    return {
        "experiment_id": literal(experiment_id),
        "state": literal(state),
        "created_at": literal(at),
        **zeros,
    }


def _insert_queued(conn: Connection, experiment_id: str, new: Sequence[NewRun], at: float) -> None:
    if not new:
        return
    given = _given(conn, new, "recording_id", BigInteger(), _new_recordings(conn, len(new), at))
    born = _born(experiment_id, "queued", at) | {"step": literal(0), "final": literal({}, JSON())}
    conn.execute(insert(runs).from_select([*given.c.keys(), *born], select(*given.c, *born.values())))


def _new_recordings(conn: Connection, count: int, at: float) -> Sequence[int]:
    each = listed(conn, ([i] for i in range(count)), i=Integer())
    new = insert(recordings).from_select(["created_at"], select(literal(at)).select_from(each))
    return conn.execute(new.returning(recordings.c.id)).scalars().all()


def _insert_reused(conn: Connection, experiment_id: str, new: Sequence[NewRun], at: float) -> dict[str, str]:
    """Store the runs whose source is still there: the source of each."""
    if not new:
        return {}
    given = _given(conn, new, "source_run", Text(), [run.source_run for run in new])
    source = runs.alias("source")
    born = _born(experiment_id, "succeeded", at) | {name: source.c[name] for name in _COPIED}
    born["finished_at"] = literal(at)
    query = (
        select(*given.c, *born.values())
        .join_from(given, source, source.c.id == given.c.source_run)
        .where(source.c.state == "succeeded")
        .order_by(source.c.id)
        # Nobody may delete the source, and with it the recording, before this commits.
        .with_for_update(of=source, read=True, key_share=True)
    )
    stored = insert(runs).from_select([*given.c.keys(), *born], query)
    return {row.id: row.source_run for row in conn.execute(stored.returning(runs.c.id, runs.c.source_run))}


def _record_created(conn: Connection, experiment_id: str) -> None:
    query = (
        select(runs.c.id, runs.c.experiment_id, runs.c.created_at, literal("created"), literal({}, JSON()))
        .where(runs.c.experiment_id == experiment_id)
        .order_by(runs.c.cell)
    )
    conn.execute(insert(run_events).from_select(["run_id", "experiment_id", "at", "kind", "data"], query))
