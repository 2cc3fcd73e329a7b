"""Settings and database of a command, with advice where they are not as they must be."""

from typing import Any

from pydantic import ValidationError

from api.commands.trouble import MISUSED, Trouble
from worker.settings import Settings


def load_settings(**options: Any) -> Settings:
    """Settings from the environment; options that were given on the command line win."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        lines = (
            f"GROKLAB_{str(fault['loc'][0]).upper()}: {fault['msg']} (got {fault['input']!r})"
            for fault in error.errors()
        )
        raise Trouble(*lines, code=MISUSED) from None


def migrate(settings: Settings) -> None:
    """Brings the database to this version's form, and makes it where it is a file."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import upgrade

    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)
    except (OSError, ValueError, SQLAlchemyError) as error:
        raise Trouble(f"cannot migrate the database: {first_line(error)}") from error


def require_migrated(settings: Settings) -> None:
    """Refuses a database of another form; one that cannot be reached now may come later."""
    from sqlalchemy.exc import OperationalError

    from core.store import is_current, open_database
    from core.store.moving import unfinished_source

    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        database = open_database(settings.database_url)
    except (OSError, ValueError) as error:
        raise Trouble(f"cannot open the database: {first_line(error)}") from error
    try:
        current = is_current(database)
        copied = unfinished_source(database)
    except OperationalError:
        return
    finally:
        database.dispose()
    if not current:
        raise Trouble("the database is not of this version's form: run `groklab migrate` first")
    if copied is not None:
        raise Trouble(f"the database holds an unfinished copy of {copied}: finish `groklab copy` first")


def first_line(error: BaseException) -> str:
    """The part of an error's message that is for users."""
    return (str(error).splitlines() or [type(error).__name__])[0]
