"""Rows as the same bytes whichever database they lie in, and one digest of many rows in any order."""

import hashlib
import struct
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import JSON, Double, Table

from core.store.documents import dump
from core.store.tables import AnyRow

_MODULUS = 2**256


@dataclass(slots=True)
class Digest:
    """A count of rows, and the sum of their SHA-256: databases need not agree on an order of texts."""

    rows: int = 0
    total: int = 0

    def add(self, table: Table, row: AnyRow) -> None:
        """Count one row, with a value for each column of the table."""
        self.rows += 1
        self.total = (self.total + int.from_bytes(_hash(table, row))) % _MODULUS

    @property
    def hex(self) -> str:
        """64 hexadecimal digits."""
        return f"{self.total:064x}"


def _hash(table: Table, row: AnyRow) -> bytes:
    found = hashlib.sha256()
    for column, value in zip(table.columns, row, strict=True):
        kind, data = _encode(column.type, value)
        found.update(kind + len(data).to_bytes(8))
        found.update(data)
    return found.digest()


def _encode(kind: Any, value: Any) -> tuple[bytes, bytes]:
    """A letter for the kind of value, and its bytes."""
    if value is None:
        return b"n", b""
    if isinstance(kind, JSON):
        return b"j", orjson.dumps(orjson.loads(dump(value)), option=orjson.OPT_SORT_KEYS)
    if isinstance(kind, Double):
        # SQLite keeps one zero, without a sign.
        return b"f", struct.pack(">d", value + 0.0)
    if isinstance(value, bytes):
        return b"b", value
    if isinstance(value, str):
        return b"t", value.encode()
    return b"i", str(int(value)).encode()
