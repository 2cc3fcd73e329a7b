"""The counters that number new rows: a copy goes on counting where its source stood."""

from sqlalchemy import Connection, Table, text

from core.store.tables import metadata

COUNTED = [table for table in metadata.sorted_tables if table.dialect_options["sqlite"]["autoincrement"]]
"""The tables whose rows the database numbers."""


def carry_counters(source: Connection, target: Connection) -> None:
    """Numbers that the source has given are never given again, not even those of rows that are deleted."""
    for table in COUNTED:
        _set(target, table, max(_last(source, table), _last(target, table)))


def _last(conn: Connection, table: Table) -> int:
    """The last number given; 0 when there is none."""
    if conn.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(conn.scalar(query, {"name": table.name}) or 0)
    query = text(f"SELECT last_value, is_called FROM {_sequence(conn, table)}")
    last, given = conn.execute(query).one()
    return int(last) if given else 0


def _set(conn: Connection, table: Table, number: int) -> None:
    if number == 0:
        return
    if conn.dialect.name == "postgresql":
        conn.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :number)"),
            {"sequence": _sequence(conn, table), "number": number},
        )
        return
    values = {"name": table.name, "number": number}
    known = conn.execute(text("UPDATE sqlite_sequence SET seq = :number WHERE name = :name"), values)
    if known.rowcount == 0:
        conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)"), values)


def _sequence(conn: Connection, table: Table) -> str:
    (column,) = table.primary_key.columns
    query = text("SELECT pg_get_serial_sequence(:table, :column)")
    return str(conn.scalar(query, {"table": table.name, "column": column.name}))
