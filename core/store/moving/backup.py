"""A file that holds one moment of an SQLite database, made while others write to it."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.store.moving.files import PAGES_A_STEP, count_rows, opened, require_whole, sync
from core.store.moving.refusal import Refused

Progress = Callable[[int, int], None]
"""Told how many pages are copied, and of how many."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A finished backup: its bytes, and the rows of each table."""

    path: Path
    size: int
    rows: dict[str, int]


def backup(database: Path, target: Path, *, force: bool, tell: Progress) -> Saved:
    """Write the database's present state to `target`, whole or not at all.

    Raises Refused where the database is not there or damaged, or `target` exists and is not to be replaced;
    OSError and sqlite3.Error where the disk or the database does not play along.
    """
    if not database.is_file():
        raise Refused(f"there is no database to back up: {database}")
    if target.exists():
        if target.samefile(database):
            raise Refused(f"the backup would replace the database itself: {target}")
        if not force:
            raise Refused(f"{target} exists already; --force replaces it")
    with _temporary(target) as part:
        rows = _copy(database, part, tell)
        sync(part)
        part.replace(target)
    sync(target.absolute().parent)
    return Saved(target, target.stat().st_size, rows)


def _copy(database: Path, part: Path, tell: Progress) -> dict[str, int]:
    with opened(database) as source, opened(part) as copy:
        # A snapshot that is kept: otherwise each write of others would have the copy begin anew.
        source.execute("BEGIN")
        rows = count_rows(source)
        source.backup(
            copy, pages=PAGES_A_STEP, progress=lambda status, left, pages: tell(pages - left, pages)
        )
        # One file, without the log that the original has beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        require_whole(copy, part)
        if (found := count_rows(copy)) != rows:
            raise sqlite3.DatabaseError(f"the copy holds other rows than its source: {found}, not {rows}")
        return rows


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """A new file beside `target`, its owner's alone, that is gone at the end unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f".{target.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        for left in (part, Path(f"{name}-journal"), Path(f"{name}-wal"), Path(f"{name}-shm")):
            left.unlink(missing_ok=True)
