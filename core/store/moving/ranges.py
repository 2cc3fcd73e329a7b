"""A table cut into ranges of its primary key, each small enough to hold in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    Text,
    cast,
    func,
    literal,
    select,
    tuple_,
)

from core.store.moving.digest import Digest
from core.store.tables import AnyRow

Key = tuple[int | str, ...]
"""The values of a table's primary key."""

ROWS, BYTES = 2000, 16 * 2**20
"""What a range holds at most; a single row may be larger."""
_KEYS_A_LOOK = 10_000


@dataclass(frozen=True, slots=True)
class Range:
    """The rows of a table from `first` to `last`, both included."""

    first: Key
    last: Key


def ranges(
    conn: Connection, table: Table, *, after: Key | None = None, until: Key | None = None
) -> Iterator[Range]:
    """The rows beyond `after` up to `until` (both may be open), in the database's order of keys."""
    key = list(table.primary_key.columns)
    query = select(*key, _size(table)).order_by(*key).limit(_KEYS_A_LOOK)
    if until is not None:
        query = query.where(_key(table) <= _literal(table, until))
    while True:
        found = conn.execute(query if after is None else query.where(_key(table) > _literal(table, after)))
        keys = [(tuple(row[:-1]), int(row[-1])) for row in found]
        yield from _cut(keys)
        if len(keys) < _KEYS_A_LOOK:
            return
        after = keys[-1][0]


def fetch(conn: Connection, table: Table, part: Range) -> Sequence[AnyRow]:
    """The rows of a range."""
    return conn.execute(
        select(table).where(
            _key(table) >= _literal(table, part.first), _key(table) <= _literal(table, part.last)
        )
    ).fetchall()


def digest_of(conn: Connection, table: Table, until: Key | None = None) -> Digest:
    """The digest of a table, or of its rows up to a key."""
    digest = Digest()
    for part in ranges(conn, table, until=until):
        for row in fetch(conn, table, part):
            digest.add(table, row)
    return digest


def _cut(keys: Sequence[tuple[Key, int]]) -> Iterator[Range]:
    start = size = 0
    for i, (_, more) in enumerate(keys):
        if i > start and (i - start >= ROWS or size + more > BYTES):
            yield Range(keys[start][0], keys[i - 1][0])
            start, size = i, 0
        size += more
    if keys:
        yield Range(keys[start][0], keys[-1][0])


def _size(table: Table) -> ColumnElement[int]:
    """Bytes in the columns that may hold many."""
    size: ColumnElement[int] = literal(0)
    for column in table.columns:
        if isinstance(column.type, LargeBinary):
            size = size + func.coalesce(func.length(column), 0)
        elif isinstance(column.type, JSON):
            size = size + func.coalesce(func.length(cast(column, Text)), 0)
    return size


def _key(table: Table) -> Any:
    return tuple_(*table.primary_key.columns)


def _literal(table: Table, key: Key) -> Any:
    columns = table.primary_key.columns
    return tuple_(*(literal(value, column.type) for column, value in zip(columns, key, strict=True)))
