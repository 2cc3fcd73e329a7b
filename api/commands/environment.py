"""Settings and database of a command, with advice where they are not as they must be."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from api.commands.trouble import MISUSED, Trouble
from worker.settings import SECRET, Settings

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def load_settings(**options: Any) -> Settings:
    """Settings from the environment; options that were given on the command line win."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        raise Trouble(*map(_told, error.errors()), code=MISUSED) from None


def _told(fault: "ErrorDetails") -> str:
    name = str(fault["loc"][0])
    shown = "" if name in SECRET else f" (got {fault['input']!r})"
    return f"GROKLAB_{name.upper()}: {fault['msg']}{shown}"


def migrate(settings: Settings) -> None:
    """Brings the database to this version's form, and makes it where it is a file."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import upgrade

    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url)
    except (OSError, ValueError, SQLAlchemyError) as error:
        raise Trouble(f"cannot migrate the database: {first_line(error)}") from error


def require_database_url(settings: Settings) -> None:
    """Refuses a URL of no database, and one that this program is too old for.

    A database that is away, or not ready for this version, may come later.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import Incompatible, NotMigrated

    try:
        _require_compatible(settings)
    except (NotMigrated, SQLAlchemyError):
        return
    except Incompatible as error:
        raise Trouble(str(error)) from error


def require_migrated(settings: Settings) -> None:
    """Refuses a database that this program cannot work with now."""
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import Incompatible

    try:
        _require_compatible(settings)
    except Incompatible as error:
        raise Trouble(str(error)) from error
    except SQLAlchemyError as error:
        raise Trouble(f"cannot open the database: {first_line(error)}") from error


def _require_compatible(settings: Settings) -> None:
    from core.store import open_database, require_compatible, require_wal

    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        database = open_database(settings.database_url)
    except (OSError, ValueError) as error:
        raise Trouble(f"cannot open the database: {first_line(error)}") from error
    try:
        require_compatible(database)
        require_wal(database)
    finally:
        database.dispose()


def own_url(settings: Settings) -> str:
    """Where the API of these settings is reached from this machine."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def first_line(error: BaseException) -> str:
    """What a database says is long; its first line tells what is wrong."""
    return (str(error).splitlines() or [type(error).__name__])[0]
