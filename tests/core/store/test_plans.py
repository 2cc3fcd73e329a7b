"""What must stay fast while 100,000 runs wait, by the query plans; `make bench` has the clock."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import pytest
from sqlalchemy import ColumnElement, Connection, Table, event, insert, literal, select

from core.store import (
    Database,
    Lease,
    Queue,
    batch_members,
    beat,
    cancel_run,
    claim,
    claim_short,
    counts,
    find_reusable,
    finish,
    get_experiment,
    last_steps,
    list_experiments,
    list_runs,
    open_database,
    queue_depth,
    reap,
    take_census,
    upgrade,
)
from core.store.tables import experiments, runs
from tests.core.store.samples import claimed, result, submit


class Work(Protocol):
    """Something asked of the database, about a lease."""

    def __call__(self, conn: Connection, lease: Lease) -> object: ...


WORKER: dict[str, Work] = {
    "claim": lambda conn, lease: claim(conn, queue="cpu", worker="w", lease_seconds=60),
    "claim short": lambda conn, lease: claim_short(
        conn, queue="cpu", worker="w", lease_seconds=60, waited_seconds=0
    ),
    "claim of what is not refused": lambda conn, lease: claim(
        conn, queue="cpu", worker="w", lease_seconds=60, refused={"matrix_completion", "dataset"}
    ),
    "claim where all is refused": lambda conn, lease: claim(
        conn, queue="cpu", worker="w", lease_seconds=60, refused={"sparse_recovery"}
    ),
    "beat": lambda conn, lease: beat(conn, lease, {}, 1.0, 60),
    "finish": lambda conn, lease: finish(conn, [(run, result()) for run in lease.runs]),
    "reap": lambda conn, lease: reap(conn, 10),
    "members": lambda conn, lease: batch_members(conn, lease),
    "last steps": lambda conn, lease: last_steps(conn, lease),
    "cancel": lambda conn, lease: cancel_run(conn, lease.runs[0].run_id),
}
READER: dict[str, Work] = {
    "reusable": lambda conn, lease: find_reusable(conn, ["a digest"]),
    "experiment": lambda conn, lease: get_experiment(conn, lease.runs[0].experiment_id),
    "counts": lambda conn, lease: counts(conn, lease.runs[0].experiment_id),
    "runs": lambda conn, lease: list_runs(conn, lease.runs[0].experiment_id, limit=10, after_cell=500),
    "experiments": lambda conn, lease: list_experiments(conn, limit=1, state="queued", tag="demo"),
    "depth": lambda conn, lease: queue_depth(conn),
    "census": lambda conn, lease: take_census(conn, 60),
}


@pytest.fixture
def crowded(blank_url: str) -> Iterator[Database]:
    """A database of its own, where 100,000 runs wait in 10 experiments."""
    upgrade(blank_url)
    db = open_database(blank_url)
    first = submit(db, 10_000, batch=8)
    with db.write() as conn:
        for number in range(9):
            later = f"{first.id}-{number}"
            copy(conn, experiments, experiments.c.id == first.id, id=literal(later))
            ids = {"id": runs.c.id + f"-{number}", "experiment_id": literal(later)}
            copy(conn, runs, runs.c.experiment_id == first.id, **ids)
    yield db
    db.dispose()


def copy(conn: Connection, table: Table, which: ColumnElement[bool], **new: ColumnElement[str]) -> None:
    """Store chosen rows once more, with new values in some columns."""
    columns = [new.get(column.name, column) for column in table.c]
    conn.execute(insert(table).from_select(list(table.c.keys()), select(*columns).where(which)))


def test_no_statement_walks_through_the_crowd_of_waiting_runs(crowded: Database) -> None:
    db, lease = crowded, claimed(crowded)
    for name, work in {**WORKER, **READER}.items():
        for statement, plan in plans(db, partial(work, lease=lease)):
            for line in plan:
                assert "Seq Scan on runs" not in line, (name, statement, plan)
                assert not line.startswith("SCAN runs") or "INDEX runs_" in line, (name, statement, plan)


def test_numbers_for_operators_are_read_without_a_look_at_runs_that_ended(crowded: Database) -> None:
    used = set()
    for _, plan in plans(crowded, partial(take_census, alive_within_seconds=60)):
        used |= set(re.findall(r"runs_\w+(?:_idx|_pkey|_key)", " ".join(plan)))
    assert used == {"runs_queued_idx", "runs_leased_idx"}


def test_a_short_batch_is_found_without_a_look_at_the_long_ones(crowded: Database) -> None:
    submit(crowded, 3, short=True)

    def look(conn: Connection, queue: Queue) -> Lease | None:
        return claim_short(conn, queue=queue, worker="w", lease_seconds=60, waited_seconds=0)

    queues: tuple[Queue, ...] = ("gpu", "cpu")
    for queue in queues:
        (_, plan), *_ = plans(crowded, partial(look, queue=queue))
        assert any(f"runs_short_{queue}_idx" in line for line in plan), plan
        assert not any("TEMP B-TREE" in line for line in plan), plan


def plans(db: Database, work: Callable[[Connection], object]) -> list[tuple[str, list[str]]]:
    """The statements of some work, each with its query plan."""
    asked: list[tuple[str, Any]] = []

    def remember(conn: Connection, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", remember)
    with db.write() as conn:
        work(conn)
    event.remove(db.engine, "before_cursor_execute", remember)
    explain = "EXPLAIN QUERY PLAN " if db.dialect == "sqlite" else "EXPLAIN "
    with db.write() as conn:
        return [
            (statement, [row[-1] for row in conn.exec_driver_sql(explain + statement, parameters)])
            for statement, parameters in asked
            if statement.startswith(("SELECT", "UPDATE", "INSERT"))
        ]
