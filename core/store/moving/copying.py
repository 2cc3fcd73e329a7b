"""Copying a database into another one, so that it can be interrupted at any moment and started again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, func, insert, select, text

from core.store.engine import Database, open_database
from core.store.moving.conditions import (
    name_of,
    prepare_target,
    require_file,
    require_finished,
    require_form,
    require_rest,
)
from core.store.moving.counters import carry_counters
from core.store.moving.digest import Digest
from core.store.moving.mark import Mark, advance, remove_mark, take_mark
from core.store.moving.ranges import digest_of, fetch, ranges
from core.store.moving.refusal import Refused
from core.store.tables import CONTENT

Tell = Callable[[str, int, int], None]
"""Told the name of a table, how many of its rows are copied, and of how many."""

# Parents first, so that references hold at every moment.
TABLES: Sequence[Table] = CONTENT


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table of source and target, once it is copied."""

    table: str
    source: Digest
    target: Digest

    @property
    def equal(self) -> bool:
        """Whether both hold the same rows."""
        return self.source == self.target


def copy(
    source_url: str, target_url: str, *, live: bool, lease_seconds: float, tell: Tell
) -> list[Comparison]:
    """Copy one moment of the source into the target; the tables as they are then in both.

    A target that holds an unfinished copy of this source is gone on with: what it has is compared first, and
    tables that differ, since the source has changed meanwhile, are copied anew. Tables that differ at the
    end stay marked as unfinished. Raises Refused, SQLAlchemyError.
    """
    if name_of(source_url) == name_of(target_url):
        raise Refused(f"source and target are the same database: {name_of(source_url)}")
    require_file(source_url, "source")
    with _opened(source_url) as source, _opened(target_url) as target:
        require_form(source, "source")
        require_finished(source)
        if not live:
            require_rest(source, lease_seconds)
        prepare_target(target)
        mark = take_mark(target, name_of(source_url))
        with source.read() as conn:
            expected = [_Transfer(conn, target, mark, table, tell).run() for table in TABLES]
            with target.write() as writing:
                carry_counters(conn, writing)
        with target.read() as conn:
            found = [
                Comparison(table.name, digest, digest_of(conn, table))
                for table, digest in zip(TABLES, expected, strict=True)
            ]
        if all(comparison.equal for comparison in found):
            remove_mark(target, mark)
            _analyse(target)
        return found


@dataclass(frozen=True, slots=True)
class _Transfer:
    """One table on its way."""

    source: Connection
    target: Database
    mark: Mark
    table: Table
    tell: Tell

    def run(self) -> Digest:
        """Copies what the target lacks: the digest of the source's table."""
        total = self.source.execute(select(func.count()).select_from(self.table)).scalar_one()
        digest = self._kept()
        self.tell(self.table.name, digest.rows, total)
        for part in ranges(self.source, self.table, after=self.mark.done.get(self.table.name)):
            rows = fetch(self.source, self.table, part)
            for row in rows:
                digest.add(self.table, row)
            self.mark.done[self.table.name] = part.last
            with self.target.write() as conn:
                # First, so that a copy that was taken over waits for nothing and writes nothing.
                advance(conn, self.mark)
                conn.execute(insert(self.table), [dict(row._mapping) for row in rows])
            self.tell(self.table.name, digest.rows, total)
        return digest

    def _kept(self) -> Digest:
        """The digest of what an earlier start has copied and the source still holds."""
        last = self.mark.done.get(self.table.name)
        digest = Digest() if last is None else digest_of(self.source, self.table, last)
        with self.target.read() as conn:
            held = digest_of(conn, self.table)
        if held == digest:
            return digest
        self._empty()
        return Digest()

    def _empty(self) -> None:
        """Empties the table in the target, and those that refer to it, so that they are copied anew."""
        doomed = _referring(self.table)
        for table in doomed:
            self.mark.done.pop(table.name, None)
        with self.target.write() as conn:
            advance(conn, self.mark)
            for table in reversed(doomed):
                conn.execute(delete(table))


def _referring(table: Table) -> list[Table]:
    """The table and all that refer to it, directly or not, parents first."""
    found = {table}
    for other in TABLES:
        if any(key.column.table in found for key in other.foreign_keys):
            found.add(other)
    return [other for other in TABLES if other in found]


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    db = open_database(url)
    try:
        yield db
    finally:
        db.dispose()


def _analyse(target: Database) -> None:
    """Let the planner know at once what the tables hold; SQLite's plans do without."""
    if target.dialect == "postgresql":
        with target.write() as conn:
            conn.execute(text("ANALYZE"))
