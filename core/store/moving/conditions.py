"""What must hold before a copy begins: both ends of this version's form, and nobody at work."""

from pathlib import Path

from sqlalchemy import func, inspect, make_url, select, text

from core.store.clock import now
from core.store.engine import Database
from core.store.migrate import is_current, upgrade
from core.store.moving.mark import unfinished_source
from core.store.moving.refusal import Refused
from core.store.tables import LEASED, runs, workers


def name_of(url: str) -> str:
    """A database's URL without its password; of a file the real path, whichever way it was spelled."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        parsed = parsed.set(database=str(Path(parsed.database).resolve()))
    return parsed.set(drivername=parsed.get_backend_name()).render_as_string(hide_password=True)


def require_file(url: str, role: str) -> None:
    """Raises Refused where an SQLite database is not there; opening it would make an empty one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise Refused(f"the {role} is not there: {name_of(url)}")


def require_form(db: Database, role: str) -> None:
    """Raises Refused where a database is not of this version's form."""
    name = name_of(db.url)
    if not is_current(db):
        raise Refused(
            f"the {role} {name} is not of this version's form: "
            f"run `GROKLAB_DATABASE_URL={name} groklab migrate` first"
        )


def require_finished(db: Database) -> None:
    """Raises Refused where a source is itself an unfinished copy."""
    if (of := unfinished_source(db)) is not None:
        raise Refused(f"the source is itself an unfinished copy, of {of}: finish that one first")


def prepare_target(db: Database) -> None:
    """Build the tables in an empty target; raises Refused for one of another form."""
    with db.read() as conn:
        empty = not inspect(conn).get_table_names()
    if empty:
        upgrade(db.url)
    require_form(db, "target")


def require_rest(db: Database, lease_seconds: float) -> None:
    """Raises Refused while workers are alive, or runs leased: what they write later would be left behind."""
    leased = select(func.count()).select_from(runs).where(text(LEASED), runs.c.lease_expires >= now())
    alive = select(func.count()).select_from(workers).where(workers.c.beat_at >= now() - lease_seconds)
    with db.read() as conn:
        training, working = conn.execute(leased).scalar_one(), conn.execute(alive).scalar_one()
    if training or working:
        raise Refused(
            f"the source is at work ({working} workers, {training} runs in training): stop the service "
            f"(a killed worker counts for {lease_seconds:g} s), or copy this moment of it with --live"
        )
