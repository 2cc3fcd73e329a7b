"""What must hold of a database after any fault: nothing lost, nothing twice, nothing left over."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Connection, Select, exists, func, select

from core.spec import Record, expand, parse_spec
from core.spec.schedule import parameter_steps, recorded_steps
from core.store import (
    TERMINAL,
    Database,
    Event,
    Run,
    get_experiment,
    list_events,
    list_runs,
    read_series,
    read_vectors,
    summaries,
)
from core.store.tables import (
    chunks,
    experiments,
    frames,
    idempotency_keys,
    metadata,
    recordings,
    run_events,
    runs,
)

_MOST_RUNS = 100_000
Steps = NDArray[np.int64]
Values = NDArray[np.float64]
Recorded = dict[str, tuple[Steps, Values]]
"""Steps and values (rows of a vector metric) by metric."""


def check(db: Database, experiments_: Collection[str]) -> None:
    """Every run has succeeded once with all of its record, its events say so, and no row is left over."""
    with db.read() as conn:
        for experiment in experiments_:
            _check_experiment(conn, experiment)
        _check_leftovers(conn)


def same(db: Database, disturbed: str, calm: str) -> None:
    """Cell by cell the disturbed experiment has the results and, bit for bit, the series of the calm one."""
    with db.read() as conn:
        pairs = zip(_runs(conn, disturbed), _runs(conn, calm), strict=True)
        for one, other in pairs:
            results = [(run.cell, run.outcome, run.t1, run.t2, run.step, run.final) for run in (one, other)]
            assert results[0] == results[1], f"{one.id} and {other.id} differ: {results}"
            _same_bits(one, recorded(conn, one), recorded(conn, other))


def recorded(conn: Connection, run: Run) -> Recorded:
    """Everything that was recorded of a run."""
    known = summaries(conn, run.recording_id)
    parts = read_series(conn, run.recording_id, [m.name for m in known if m.shape is None])
    rows = [read_vectors(conn, run.recording_id, m.name) for m in known if m.shape is not None]
    scalars = {part.metric: (part.steps, part.values) for part in parts}
    return scalars | {part.metric: (part.steps, part.values) for part in rows}


def _check_experiment(conn: Connection, experiment_id: str) -> None:
    experiment = get_experiment(conn, experiment_id)
    assert experiment is not None, f"{experiment_id} is gone"
    spec = parse_spec(experiment.spec)
    found = _runs(conn, experiment_id)
    assert [run.cell for run in found] == [cell.index for cell in expand(spec)], (
        "runs are missing or too many"
    )
    for run in found:
        _check_result(conn, run)
        _check_record(run, recorded(conn, run), spec.record)
        check_story(run, list_events(conn, run.id))


def _runs(conn: Connection, experiment_id: str) -> list[Run]:
    return list_runs(conn, experiment_id, limit=_MOST_RUNS)


def _check_result(conn: Connection, run: Run) -> None:
    assert run.state == "succeeded", f"{run.id} is {run.state}: {run.cause} {run.message}"
    assert run.outcome is not None, run
    assert run.final, run
    assert run.provenance is not None, run
    assert run.finished_at is not None, run
    lease = conn.execute(select(runs.c.lease_expires).where(runs.c.id == run.id)).scalar_one()
    assert lease is None, f"{run.id} has ended and is still leased"


def _check_record(run: Run, series: Recorded, record: Record) -> None:
    """Each series has exactly the planned steps up to the last one, so none twice and none missing."""
    planned = _until(run.step, recorded_steps(record, run.steps))
    rows = _until(run.step, parameter_steps(record, run.steps))
    assert series, f"nothing was recorded of {run.id}"
    for metric, (steps, values) in series.items():
        expected = rows if values.ndim == 2 else planned
        assert np.array_equal(steps, expected), f"{metric} of {run.id}: {_difference(steps, expected)}"
        assert len(values) == len(steps), f"{metric} of {run.id} has {len(values)} values"
    if rows.size:
        assert "parameters" in series, f"{run.id} has no parameters"


def _until(last: int, steps: Steps) -> Steps:
    """The planned steps that a run reaches; one that ends early records where it does."""
    return np.union1d(steps[steps <= last], [last]) if steps.size else steps


def _difference(found: Steps, expected: Steps) -> str:
    twice = sorted(step for step, n in Counter(found.tolist()).items() if n > 1)
    missing, extra = np.setdiff1d(expected, found), np.setdiff1d(found, expected)
    return f"missing {missing[:9]}, not planned {extra[:9]}, twice {twice[:9]}"


def _same_bits(run: Run, one: Recorded, other: Recorded) -> None:
    assert one.keys() == other.keys(), f"{run.id} has {one.keys() ^ other.keys()} in one only"
    for metric, (steps, values) in one.items():
        calm_steps, calm_values = other[metric]
        assert np.array_equal(steps, calm_steps), f"steps of {metric} of {run.id} differ"
        same_bits = values.tobytes() == calm_values.tobytes()
        assert same_bits, f"{metric} of {run.id} differs by up to {np.nanmax(np.abs(values - calm_values))}"


def check_story(run: Run, events: Sequence[Event]) -> None:
    """The history of a run that has ended is one that the rules of claims and leases admit."""
    kinds = [event.kind for event in events]
    told = f"{run.id}: {kinds}"
    assert kinds[0] == "created", told
    assert [kind for kind in _since_the_last(kinds, _AGAIN) if kind in _LAST] == [_ENDINGS[run.state]], told
    if run.source_run is not None:
        assert "reused" in kinds, told
        return
    attempts = [event.data["attempt"] for event in events if event.kind == "claimed"]
    assert attempts == list(range(1, run.attempt + 1)), f"{told} with attempts {attempts}"
    _check_claims(events, told)
    for name in ("t1", "t2"):
        steps = [event.data["step"] for event in events if event.kind == name]
        assert (steps[-1] if steps else None) == getattr(run, name), told
        # What is found again after a resume is found where it was.
        assert len(set(steps)) <= 1, told


def _since_the_last(kinds: Sequence[str], marks: Collection[str]) -> Sequence[str]:
    """The kinds after the last of the marks; all where there is none."""
    places = [place for place, kind in enumerate(kinds) if kind in marks]
    return kinds[places[-1] :] if places else kinds


_AGAIN = frozenset({"retried", "extended"})
_ENDINGS = {"succeeded": "finished", "failed": "failed", "cancelled": "cancelled"}
_LAST = frozenset(_ENDINGS.values())
_LEFT = frozenset({"lost", "released"})


def _check_claims(events: Sequence[Event], told: str) -> None:
    """Claims and the ways out of them take turns, and who goes on says from where."""
    turns = [event for event in events if event.kind in {"claimed", *_LEFT, *_LAST}]
    for one, next_ in pairwise(turns):
        wanted = _LEFT | _LAST if one.kind == "claimed" else {"claimed"}
        assert next_.kind in wanted, told
        if next_.kind in _LEFT:
            assert (next_.data["attempt"], next_.data["worker"]) == (one.data["attempt"], one.data["worker"])
    begun = [event.data["attempt"] for event in events if event.kind in ("resumed", "restarted")]
    assert len(set(begun)) == len(begun), told
    last = max(event.data["attempt"] for event in events if event.kind == "claimed")
    if last > 1:
        assert last in begun, f"{told} says not where the last attempt began"


def _without(child: Sequence[Column[Any]], parent: Sequence[Column[Any]]) -> Select[int]:
    """How many rows have a key `child`, and no row has that key as its `parent`."""
    # A list of keys (NOT IN) would be walked through for every row.
    other = parent[0].table.alias()
    known = exists().where(*(c == other.c[p.name] for c, p in zip(child, parent, strict=True)))
    return select(func.count()).where(~known, *(c.is_not(None) for c in child))


def _check_leftovers(conn: Connection) -> None:
    """No row without what it belongs to, in any table, and no recording without its one trained run."""
    for table in metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            child, parent = list(key.columns), [element.column for element in key.elements]
            lost = _without(child, parent)
            _none(
                conn.execute(lost).scalar_one(),
                f"rows of {table.name} without their {key.referred_table.name}",
            )
    unused = _without([recordings.c.id], [runs.c.recording_id])
    _none(conn.execute(unused).scalar_one(), "recordings of no run")
    shared = select(runs.c.recording_id).where(runs.c.source_run.is_(None))
    twice = shared.group_by(runs.c.recording_id).having(func.count() > 1)
    _none(len(conn.execute(twice).fetchall()), "recordings that two trained runs write to")
    lost = _without([run_events.c.experiment_id], [experiments.c.id])
    _none(conn.execute(lost).scalar_one(), "events of no experiment")
    open_keys = select(func.count()).select_from(idempotency_keys).where(idempotency_keys.c.status.is_(None))
    _none(conn.execute(open_keys).scalar_one(), "Idempotency-Keys without an answer")
    idle = select(func.count()).where(
        runs.c.state.in_([*TERMINAL, "queued"]), runs.c.lease_expires.is_not(None)
    )
    _none(conn.execute(idle).scalar_one(), "leases on runs that nobody trains")
    _check_frames(conn)


def _check_frames(conn: Connection) -> None:
    """Every frame of a recording has a chunk of the same metrics."""
    count = select(chunks.c.recording_id, chunks.c.first_step, func.count().label("n"))
    each = count.group_by(chunks.c.recording_id, chunks.c.first_step).subquery()
    uneven = (
        select(each.c.recording_id)
        .group_by(each.c.recording_id)
        .having(func.min(each.c.n) != func.max(each.c.n))
    )
    _none(len(conn.execute(uneven).fetchall()), "recordings with uneven frames")
    bare = _without(
        [frames.c.recording_id, frames.c.first_step], [chunks.c.recording_id, chunks.c.first_step]
    )
    _none(conn.execute(bare).scalar_one(), "frames without values")


def _none(count: int, what: str) -> None:
    assert count == 0, f"{count} {what}"
