"""`groklab prune`: forgetting experiments that ended long ago."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict

from api.commands.environment import first_line
from api.commands.trouble import MISUSED, Trouble
from core.store import ExperimentState
from worker.settings import Settings

_UNITS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_ENDED: Sequence[ExperimentState] = ("succeeded", "failed", "cancelled")
_LONGEST = 100 * 366 * 86_400


def seconds_in(duration: str) -> float:
    """Seconds of `12h`, `30d` or `4w`."""
    found = re.fullmatch(r"([1-9][0-9]{0,9})([hdw])", duration.strip(), re.ASCII)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        raise Trouble(
            "--older-than must be a whole number from 1 on and h, d or w, as in 12h, 30d or 4w "
            f"(a hundred years at most); got {duration!r}",
            code=MISUSED,
        )
    return float(seconds)


def states_in(names: Sequence[str]) -> Sequence[ExperimentState]:
    """States in which an experiment has ended; all of them without any names."""
    unknown = [name for name in names if name not in _ENDED]
    if unknown:
        raise Trouble(f"--state must be one of {', '.join(_ENDED)}; got {unknown[0]!r}", code=MISUSED)
    return [state for state in _ENDED if state in names] or _ENDED


def run_prune(
    settings: Settings, age: float, states: Sequence[ExperimentState], dry_run: bool, as_json: bool
) -> None:
    """Deletes, or only tells what it would delete."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import open_database
    from core.store.retention import disk_bytes, foresee, prune

    try:
        database = open_database(settings.database_url)
        try:
            before = disk_bytes(database)
            found = (foresee if dry_run else prune)(database, age, states)
            after = disk_bytes(database)
        finally:
            database.dispose()
    except (ValueError, SQLAlchemyError) as error:
        raise Trouble(f"cannot prune the database: {first_line(error)}") from error
    if as_json:
        facts = {"dry_run": dry_run, **asdict(found), "disk_bytes": {"before": before, "after": after}}
        sys.stdout.write(json.dumps(facts) + "\n")
        return
    verb = "would be deleted" if dry_run else "deleted"
    sys.stdout.write(
        f"{found.experiments:,} experiments, {found.runs:,} runs and {found.recordings:,} recordings "
        f"{verb}: {found.bytes_freed:,} bytes\n"
    )
    if not dry_run:
        sys.stdout.write(f"the database takes {after:,} bytes on the disk, {before:,} before\n")
