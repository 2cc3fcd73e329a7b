"""`groklab copy`, `backup` and `restore`: moving a database, with progress on stderr and what came of it."""

import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.commands.environment import first_line
from api.commands.tables import write_table
from api.commands.trouble import MISUSED, Trouble
from worker.settings import Settings

if TYPE_CHECKING:
    from core.store.moving import Comparison

_LINE_SECONDS = 5.0
_SHOWN_DIGITS = 12


def run_copy(source: str, target: str, live: bool, as_json: bool, lease_seconds: float) -> None:
    """Copies, compares and shows the comparison; a table that differs is trouble."""
    from core.store.moving import copy

    with _plainly("copy"):
        found = copy(source, target, live=live, lease_seconds=lease_seconds, tell=_Lines("rows"))
    if as_json:
        facts = {"equal": all(one.equal for one in found), "tables": [_facts(one) for one in found]}
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    else:
        write_table(_short(one) for one in found)
    different = [one.table for one in found if not one.equal]
    if different:
        raise Trouble(
            f"these tables differ: {', '.join(different)}; start the copy again to copy them anew, "
            "and let nobody else write to the target"
        )


def run_backup(settings: Settings, file: Path, force: bool) -> None:
    """Writes the database of an embedded service to a file."""
    from core.store.moving import backup

    lines = _Lines("pages")
    with _plainly("back up"):
        saved = backup(
            _database_file(settings, "pg_dump -Fc -f FILE"), file, force=force, tell=lines.named("backup")
        )
    _say(f"{saved.path}: {saved.size:,} bytes, {_contents(saved.rows)}")


def run_restore(settings: Settings, file: Path, force: bool) -> None:
    """Puts a backup in the place of the database of an embedded service."""
    from core.store.moving import restore

    lines = _Lines("pages")
    with _plainly("restore"):
        database = _database_file(settings, "pg_restore -d")
        done = restore(file, database, force=force, tell=lines.named("restore"))
    _say(f"{database}: {_contents(done.rows)}")
    if done.aside is not None:
        _say(f"the database that was there is damaged and lies at {done.aside}")
    if done.training:
        _say(f"{done.training:,} runs were in training; they go on from their checkpoints in a while")


def _database_file(settings: Settings, instead: str) -> Path:
    from sqlalchemy import make_url

    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Trouble(
            f"the database is {url.render_as_string()}, not a file: use PostgreSQL's own `{instead}`",
            code=MISUSED,
        )
    return Path(url.database)


class _Lines:
    """A line on stderr at the end of each part, where it is gone on with, and every few seconds."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._told = time.monotonic()
        self._name = ""

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        goes_on = name != self._name and done > 0
        self._name = name
        if done >= total or goes_on or now - self._told >= _LINE_SECONDS:
            self._told = now
            sys.stderr.write(f"{name:<16} {done:,}/{total:,} {self._unit}\n")
            sys.stderr.flush()

    def named(self, name: str) -> "_Part":
        """The same for something that has one part."""
        return _Part(self, name)


class _Part:
    def __init__(self, lines: _Lines, name: str) -> None:
        self._lines, self._name = lines, name

    def __call__(self, done: int, total: int) -> None:
        self._lines(self._name, done, total)


@contextmanager
def _plainly(what: str) -> Iterator[None]:
    """Failures that a user can cause or mend are lines, not tracebacks."""
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from core.store.moving import Refused

    try:
        yield
    except Refused as error:
        raise Trouble(str(error)) from error
    except (ValueError, ArgumentError) as error:
        raise Trouble(first_line(error), code=MISUSED) from error
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise Trouble(f"cannot {what}: {first_line(error)}") from error


def _facts(one: "Comparison") -> dict[str, Any]:
    return {
        "table": one.table,
        "rows": {"source": one.source.rows, "target": one.target.rows},
        "digest": {"source": one.source.hex, "target": one.target.hex},
        "equal": one.equal,
    }


def _short(one: "Comparison") -> dict[str, Any]:
    return {
        "table": one.table,
        "rows": f"{one.source.rows:,}",
        "rows in target": f"{one.target.rows:,}",
        "digest": one.source.hex[:_SHOWN_DIGITS],
        "digest in target": one.target.hex[:_SHOWN_DIGITS],
        "equal": "yes" if one.equal else "NO",
    }


def _contents(rows: dict[str, int]) -> str:
    names: Sequence[str] = ("experiments", "runs", "recordings")
    return ", ".join(f"{rows.get(name, 0):,} {name}" for name in names)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
