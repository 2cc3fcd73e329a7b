"""More steps for runs that succeeded: queued again with what they have, or taking over what others have."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Subquery,
    Text,
    and_,
    case,
    delete,
    exists,
    null,
    or_,
    select,
    update,
)

from core.store.checkpoints import forget_states, truncate_frames
from core.store.clock import now
from core.store.deletion import delete_unused
from core.store.events import CROSSINGS, record
from core.store.fence import change, locking
from core.store.listed import listed
from core.store.model import Json
from core.store.owning import copy_content, new_recordings, shared_among
from core.store.retrying import unended
from core.store.tables import AnyRow, artifacts, experiments, runs, vector_chunks
from core.store.vectors import truncate_vectors

_METRIC = vector_chunks.c.metric
_ITERATES = or_(_METRIC == "parameters", _METRIC == "parameters.re", _METRIC == "parameters.im")
_TAKEN_OVER = ("step", "outcome", "t1", "t2", "diverged_at", "final", "theory", "provenance", "recording_id")


class Changed(Exception):
    """A run is not any more what it was when its extension was planned."""


@dataclass(frozen=True, slots=True)
class LongerRun:
    """One run that gets more steps.

    Attributes:
        before: the steps that it has.
        steps, digest, batch_key, short: as of a new run (`core.store.model.NewRun`).
        goes_on: whether it goes on from its kept state, if there is one, or starts afresh.
        scalars, rows: last steps of its scalars, and of its parameters, that stay.
        unseen: whether crossings at its last step are forgotten.
        source_run: a run of that digest that has succeeded, whose result is taken over instead.
    """

    run_id: str
    before: int
    steps: int
    digest: str
    batch_key: str
    short: bool
    goes_on: bool
    scalars: int
    rows: int
    unseen: bool
    source_run: str | None = None


@dataclass(frozen=True, slots=True)
class LongerSpec:
    """What the experiment asks for once each run has its steps, or has ended before them by its own rules."""

    steps: int
    spec: Json
    digest: str


def extend(conn: Connection, experiment_id: str, longer: Sequence[LongerRun], whole: LongerSpec) -> None:
    """succeeded -> queued, with more steps, for all of `longer`, which are runs of the experiment.

    A run that shares its recording gets one of its own, so that others keep theirs. One whose `source_run` is
    still there stays succeeded, with that run's recording and result. Raises Changed, upon which the
    transaction must not commit, where one of the runs has not succeeded or has other steps by now.
    """
    rows = _locked(conn, longer)
    sources = {run.run_id: source for run in longer if (source := _source(run, rows)) is not None}
    trained = [run for run in longer if run.run_id not in sources]
    recordings = _own_recordings(conn, trained, rows)
    _shorten(conn, trained, recordings)
    _move_companions(conn, experiment_id, trained, rows)
    _queue(conn, trained, recordings)
    _take_over(conn, longer, sources)
    _tell(conn, longer, rows, sources)
    delete_unused(conn, {rows[run.run_id].recording_id for run in longer})
    _rewrite_spec(conn, experiment_id, whole)


def _locked(conn: Connection, longer: Sequence[LongerRun]) -> dict[str, AnyRow]:
    """The runs and their sources, locked in one order. Raises Changed."""
    ids = {run.run_id for run in longer} | {run.source_run for run in longer if run.source_run is not None}
    asked = listed(conn, ((run_id,) for run_id in ids), id=Text())
    found = conn.execute(locking(select(runs).join(asked, asked.c.id == runs.c.id)))
    rows = {row.id: row for row in found}
    for run in longer:
        row = rows.get(run.run_id)
        if row is None or row.state != "succeeded" or row.steps != run.before:
            raise Changed(run.run_id)
    return rows


def _source(run: LongerRun, rows: Mapping[str, AnyRow]) -> AnyRow | None:
    """The run whose result is taken over, if it still has it."""
    source = rows.get(run.source_run) if run.source_run is not None else None
    there = source is not None and source.state == "succeeded" and source.digest == run.digest
    return source if there else None


def _own_recordings(
    conn: Connection, trained: Sequence[LongerRun], rows: Mapping[str, AnyRow]
) -> dict[str, int]:
    """The recording of each run, which no other run refers to."""
    own = {run.run_id: rows[run.run_id].recording_id for run in trained}
    shared = shared_among(conn, set(own.values()))
    sharing = [run for run in trained if own[run.run_id] in shared]
    made = dict(zip((run.run_id for run in sharing), new_recordings(conn, len(sharing)), strict=True))
    copy_content(conn, [(own[run.run_id], made[run.run_id]) for run in sharing if run.goes_on])
    return own | made


def _shorten(conn: Connection, trained: Sequence[LongerRun], recordings: Mapping[str, int]) -> None:
    """Forget what the longer runs would not have: files of the end, a last step off the schedule."""
    asked = listed(conn, ((recording,) for recording in recordings.values()), id=BigInteger())
    conn.execute(delete(artifacts).where(artifacts.c.recording_id.in_(select(asked.c.id))))
    going = [run for run in trained if run.goes_on]
    forget_states(conn, [recordings[run.run_id] for run in trained if not run.goes_on])
    truncate_frames(conn, {recordings[run.run_id]: run.scalars for run in going})
    truncate_vectors(conn, {recordings[run.run_id]: run.scalars for run in going}, ~_ITERATES)
    truncate_vectors(conn, {recordings[run.run_id]: run.rows for run in going}, _ITERATES)


def _move_companions(
    conn: Connection, experiment_id: str, trained: Sequence[LongerRun], rows: Mapping[str, AnyRow]
) -> None:
    """Take those of a batch along that ended before their last step: with them it keeps its shape."""
    moves = {rows[run.run_id].batch_key: run.batch_key for run in trained}
    asked = listed(conn, moves.items(), old=Text(), new=Text())
    early = (
        select(runs.c.id, asked.c.new)
        .join(asked, asked.c.old == runs.c.batch_key)
        .where(
            runs.c.experiment_id == experiment_id,
            runs.c.state == "succeeded",
            runs.c.step < runs.c.steps,
            runs.c.source_run.is_(None),
            runs.c.id.not_in(_ids(conn, [run.run_id for run in trained])),
        )
    )
    change(conn, locking(early), lambda chosen: {"batch_key": chosen.c.new})


def _ids(conn: Connection, run_ids: Collection[str]) -> Any:
    return select(listed(conn, ((run_id,) for run_id in run_ids), id=Text()).c.id)


def _asked(conn: Connection, longer: Sequence[LongerRun], *more: Mapping[str, int]) -> Subquery:
    names = ("run_id", "steps", "digest", "batch_key", "short", "unseen")
    rows = ([*(getattr(run, name) for name in names), *(m[run.run_id] for m in more)] for run in longer)
    kinds: dict[str, Any] = {
        "id": Text(),
        "new_steps": BigInteger(),
        "new_digest": Text(),
        "new_key": Text(),
        "new_short": Boolean(),
        "unseen": Boolean(),
    }
    return listed(conn, rows, **kinds, **{f"more{n}": BigInteger() for n, _ in enumerate(more)})


def _queue(conn: Connection, trained: Sequence[LongerRun], recordings: Mapping[str, int]) -> None:
    asked = _asked(conn, trained, recordings)
    columns = [column for column in asked.c if column.name != "id"]
    chosen = select(runs.c.id, *columns).join(asked, asked.c.id == runs.c.id)

    def values(new: Subquery) -> dict[str, Any]:
        # Crossings before stay what they are: whoever goes on from the kept state has found them.
        crossings = {
            name: case((and_(new.c.unseen, runs.c[name] == runs.c.step), null()), else_=runs.c[name])
            for name in CROSSINGS
        }
        return {
            **unended(),
            **crossings,
            "steps": new.c.new_steps,
            "digest": new.c.new_digest,
            "batch_key": new.c.new_key,
            "short": new.c.new_short,
            "recording_id": new.c.more0,
            "source_run": null(),
        }

    change(conn, locking(chosen), values)


def _take_over(conn: Connection, longer: Sequence[LongerRun], sources: Mapping[str, AnyRow]) -> None:
    for run in longer:
        if (source := sources.get(run.run_id)) is not None:
            taken = {name: getattr(source, name) for name in _TAKEN_OVER}
            mine = {"steps": run.steps, "digest": run.digest, "source_run": source.id, "finished_at": now()}
            conn.execute(update(runs).where(runs.c.id == run.run_id).values(**taken, **mine))


def _tell(
    conn: Connection,
    longer: Sequence[LongerRun],
    rows: Mapping[str, AnyRow],
    sources: Mapping[str, AnyRow],
) -> None:
    said: list[tuple[str, str, str, Json]] = []
    for run in longer:
        about = run.run_id, rows[run.run_id].experiment_id
        said.append((*about, "extended", {"steps": run.steps, "before": run.before}))
        if (source := sources.get(run.run_id)) is not None:
            said.append((*about, "reused", {"source_run": source.id}))
    record(conn, said)


def _rewrite_spec(conn: Connection, experiment_id: str, whole: LongerSpec) -> None:
    early = and_(runs.c.state == "succeeded", runs.c.step < runs.c.steps)
    others = exists().where(runs.c.experiment_id == experiment_id, ~or_(runs.c.steps == whole.steps, early))
    conn.execute(
        update(experiments)
        .where(experiments.c.id == experiment_id, ~others)
        .values(spec=whole.spec, digest=whole.digest)
    )
