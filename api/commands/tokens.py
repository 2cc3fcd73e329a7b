"""`groklab token`: making, listing and revoking tokens, in the database itself."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.commands.environment import first_line
from api.commands.tables import write_table
from api.commands.trouble import MISUSED, Trouble
from core.access import Scope
from worker.settings import Settings

if TYPE_CHECKING:
    from core.store import Database, Token

_LONGEST_NAME = 100
_INSIDE = ("quotas", "of_environment")


def run_create(
    settings: Settings, scope: Scope, name: str, quotas: Mapping[str, int | None], as_json: bool
) -> None:
    """Makes a token and shows its secret, this once; the secret alone goes to stdout."""
    from api.default_quotas import default_quotas
    from core.store import create_token

    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        raise Trouble(f"--name must be 1 to {_LONGEST_NAME} printable characters", code=MISUSED)
    with _database(settings) as database, database.write() as conn:
        token, secret = create_token(conn, name, scope, default_quotas(settings, **quotas))
    if as_json:
        sys.stdout.write(json.dumps({**_facts(token), "secret": secret}) + "\n")
        return
    sys.stdout.write(secret + "\n")
    sys.stderr.write(f"token {token.id} ({token.scope}, {token.name}): its secret is shown this once\n")


def run_list(settings: Settings, as_json: bool) -> None:
    """Shows every token, never a secret."""
    from core.store import list_tokens

    with _database(settings) as database, database.read() as conn:
        found = [_facts(token) for token in list_tokens(conn)]
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        write_table(found)


def run_revoke(settings: Settings, token_id: str, as_json: bool) -> None:
    """Lets a token in no more, within seconds."""
    from core.store import revoke_token

    with _database(settings) as database, database.write() as conn:
        token = revoke_token(conn, token_id)
    if token is None:
        raise Trouble(f"no such token: {token_id[:100]} (`groklab token list` shows them)")
    if as_json:
        sys.stdout.write(json.dumps(_facts(token)) + "\n")
    else:
        sys.stdout.write(f"revoked {token.id} ({token.name})\n")


@contextmanager
def _database(settings: Settings) -> "Iterator[Database]":
    from sqlalchemy.exc import SQLAlchemyError

    from core.store import open_database

    try:
        database = open_database(settings.database_url)
        try:
            yield database
        finally:
            database.dispose()
    except (ValueError, SQLAlchemyError) as error:
        raise Trouble(f"cannot use the database: {first_line(error)}") from error


def _facts(token: "Token") -> dict[str, Any]:
    from core.store.quotas import columns_of

    facts = {name: _plain(value) for name, value in asdict(token).items() if name not in _INSIDE}
    return facts | columns_of(token.quotas)


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
