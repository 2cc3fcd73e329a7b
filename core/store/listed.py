"""Rows of Python values as a table inside a statement: one fixed SQL text however many rows there are."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, Connection, Subquery, Text, cast, func, literal, select
from sqlalchemy.types import TypeEngine

from core.store.documents import dump


def listed(conn: Connection, rows: Iterable[Sequence[Any]], **columns: TypeEngine[Any]) -> Subquery:
    """A subquery with one row for each of `rows`: texts, integers, truth values, None, documents (JSON)."""
    documents = [isinstance(kind, JSON) for kind in columns.values()]
    prepared = [[_prepare(*field) for field in zip(row, documents, strict=True)] for row in rows]
    fields = _fields(conn, orjson.dumps(prepared).decode(), list(columns.values()))
    return select(*(field.label(name) for field, name in zip(fields, columns, strict=True))).subquery()


def _prepare(value: Any, document: bool) -> Any:
    return dump(value) if document and value is not None else value


def _fields(conn: Connection, payload: str, kinds: list[TypeEngine[Any]]) -> list[ColumnElement[Any]]:
    if conn.dialect.name == "sqlite":
        item = func.json_each(literal(payload, Text)).table_valued("value").c.value
        return [func.json_extract(item, f"$[{i}]", type_=kind) for i, kind in enumerate(kinds)]
    item = func.json_array_elements(cast(literal(payload, Text), JSON)).table_valued("value").c.value
    return [cast(item.op("->>")(i), kind) for i, kind in enumerate(kinds)]
