"""Whether the service can do its work: database, migrations, broker."""

import logging
import os
import shutil

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.services import Services
from core.store import Incompatible, require_compatible

_LEAST_FREE = 1 << 20
_log = logging.getLogger("groklab.api")


def missing(services: Services) -> dict[str, str]:
    """What the service needs and does not have, by name; empty when it is ready."""
    faults: dict[str, str] = {}
    if (fault := _database(services)) is not None:
        faults["database"] = fault
    elif (fault := _form(services)) is not None:
        faults["migrations"] = fault
    if (fault := _broker(services)) is not None:
        faults["broker"] = fault
    if (fault := _disk(services)) is not None:
        faults["disk"] = fault
    return faults


def _disk(services: Services) -> str | None:
    """The state folder is where an embedded service writes; servers watch their own disks."""
    settings = services.settings
    embedded = services.db.dialect == "sqlite" or settings.broker_url.startswith("filesystem")
    if not embedded or not settings.state_dir.exists():
        return None
    free = shutil.disk_usage(settings.state_dir).free
    return f"{free} bytes are free; {_LEAST_FREE} are needed" if free < _LEAST_FREE else None


def _database(services: Services) -> str | None:
    try:
        with services.db.read() as conn:
            conn.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        _log.warning("database not reachable", extra={"error": str(error).splitlines()[0]})
        return f"not reachable ({type(error).__name__})"
    return None


def _form(services: Services) -> str | None:
    try:
        require_compatible(services.db)
    except Incompatible as error:
        return str(error)
    return None


def _broker(services: Services) -> str | None:
    settings = services.settings
    if settings.broker_url.startswith("filesystem"):
        folder = settings.broker_folder
        parent = folder if folder.exists() else folder.parent
        return None if os.access(parent, os.W_OK | os.X_OK) else "its folder cannot be written"
    try:
        with services.broker.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
    except Exception as error:
        # The broker's client library has a family of errors for every transport.
        _log.warning("broker not reachable", extra={"error": str(error)})
        return f"not reachable ({type(error).__name__})"
    return None
