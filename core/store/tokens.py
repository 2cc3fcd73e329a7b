"""Tokens: made, listed, revoked, known again. Of a secret only its hash is kept."""

import secrets
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, insert, or_, select, update

from core.access import Scope, digest_of
from core.store.audit import note_action
from core.store.clock import now, utc, utc_or_none
from core.store.ids import new_id
from core.store.model import UNLIMITED, Quotas, Token
from core.store.quotas import columns_of
from core.store.tables import AnyRow, tokens

_SECRET_BYTES = 32
_SECRET_PREFIX = "groklab_"
"""Lets a scanner of published files see what it found."""
USE_SECONDS = 60.0
"""The latest use of a token is written at most so often."""


def create_token(conn: Connection, name: str, scope: Scope, quotas: Quotas = UNLIMITED) -> tuple[Token, str]:
    """A new token and its secret, which is kept nowhere: it is shown now or never."""
    secret = _SECRET_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    row = {"id": new_id("tok_"), "name": name, "scope": scope, "digest": digest_of(secret)}
    made = insert(tokens).values(**row, **columns_of(quotas), created_at=now()).returning(tokens)
    token = _token(conn.execute(made).one())
    note_action(conn, "create_token", None, data={"id": token.id, "name": name, "scope": scope})
    return token, secret


def list_tokens(conn: Connection) -> list[Token]:
    """Every token, revoked ones too, in the order in which they were made."""
    return [_token(row) for row in conn.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id))]


def revoke_token(conn: Connection, token_id: str) -> Token | None:
    """The token, which nobody is let in with any more; None where there is no such token.

    A second time changes nothing. Its row stays, so that a service that has had tokens never opens by itself.
    """
    valid = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
    if conn.execute(valid.values(revoked_at=now())).rowcount:
        note_action(conn, "revoke_token", None, data={"id": token_id})
    row = conn.execute(select(tokens).where(tokens.c.id == token_id)).first()
    return None if row is None else _token(row)


def any_token(conn: Connection) -> bool:
    """Whether a token was ever made here, revoked or not."""
    return conn.execute(select(tokens.c.id).where(tokens.c.digest.is_not(None)).limit(1)).first() is not None


def valid_tokens(conn: Connection) -> Mapping[str, Token]:
    """The tokens that are not revoked, by the digests of their secrets."""
    query = select(tokens).where(tokens.c.digest.is_not(None), tokens.c.revoked_at.is_(None))
    return {row.digest: _token(row) for row in conn.execute(query)}


def note_uses(conn: Connection, token_ids: Collection[str]) -> int:
    """Write that these tokens were used just now, unless that was written within `USE_SECONDS`: how many."""
    stale = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at <= now() - USE_SECONDS)
    used = update(tokens).where(tokens.c.id.in_(token_ids), stale)
    return conn.execute(used.values(last_used_at=now())).rowcount


def _token(row: AnyRow) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scope=row.scope,
        created_at=utc(row.created_at),
        last_used_at=utc_or_none(row.last_used_at),
        revoked_at=utc_or_none(row.revoked_at),
        quotas=Quotas(row.max_running_runs, row.max_queued_runs, row.max_steps_a_day, row.max_bytes),
        of_environment=row.digest is None,
    )
