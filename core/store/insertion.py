"""Storing a new experiment: everything in bulk, runs whose digest is known born succeeded."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Subquery,
    Text,
    bindparam,
    insert,
    literal,
    select,
)
from sqlalchemy.types import TypeEngine

from core.store.clock import now
from core.store.datasets import use_datasets
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
    "short": Boolean(),
}


# Built once: for a small experiment, building its statements would cost more than executing them.
_NOW = select(now())
_NEW_EXPERIMENT = insert(experiments)
_NEW_TAGS = insert(experiment_tags)
_NEW_RUNS = insert(runs)
_NEW_RECORDINGS = insert(recordings).returning(recordings.c.id)
_CREATED = insert(run_events).from_select(
    ["run_id", "experiment_id", "at", "kind", "data"],
    select(runs.c.id, runs.c.experiment_id, runs.c.created_at, literal("created"), literal({}, JSON()))
    .where(runs.c.experiment_id == bindparam("experiment"))
    .order_by(runs.c.cell),
)


def insert_experiment(conn: Connection, new: NewExperiment) -> None:
    """Store an experiment with its runs: queued, or succeeded where `source_run` has succeeded before.

    Raises NoSuchDataset where a dataset that it uses is not there; the transaction must then be given up.
    """
    _check(new)
    at: float = conn.execute(_NOW).scalar_one()
    fields = {"id": new.id, "name": new.name, "problem": new.problem, "spec": new.spec, "digest": new.digest}
    more = {"created_at": at, "owner": new.owner, "refines": new.refines}
    conn.execute(_NEW_EXPERIMENT, fields | more)
    if new.tags:
        tags = [{"experiment_id": new.id, "position": i, "tag": tag} for i, tag in enumerate(new.tags)]
        conn.execute(_NEW_TAGS, tags)
    reused = _insert_reused(conn, new.id, [run for run in new.runs if run.source_run is not None], at)
    _insert_queued(conn, new.id, [run for run in new.runs if run.id not in reused], at)
    if new.datasets:
        # After the sources of runs, as deletions lock them.
        use_datasets(conn, new.id, new.datasets)
    conn.execute(_CREATED, {"experiment": new.id})
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
    born = {"experiment_id": experiment_id, "state": "queued", "created_at": at, "final": {}}
    zeros = {"step": 0, "attempt": 0, "losses": 0}
    found = conn.execute(_NEW_RECORDINGS, [{"created_at": at}] * len(new)).scalars()
    rows = [
        {name: getattr(run, name) for name in _GIVEN} | born | zeros | {"recording_id": recording}
        for run, recording in zip(new, found, strict=True)
    ]
    conn.execute(_NEW_RUNS, rows)


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
