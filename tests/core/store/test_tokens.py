"""Tokens: a secret is shown once, known by its hash, and lets in until it is revoked."""

import re
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select, update

from core.access import digest_of
from core.store import Database, create_token, list_tokens, note_uses, revoke_token, valid_tokens
from core.store.tables import tokens
from core.store.tokens import any_token


def test_a_secret_is_long_random_and_kept_nowhere(db: Database) -> None:
    with db.write() as conn:
        token, secret = create_token(conn, "lab", "write")
        other = create_token(conn, "lab", "write")[1]
    assert re.fullmatch(r"groklab_[A-Za-z0-9_-]{43}", secret)
    assert secret != other
    with db.read() as conn:
        assert secret.removeprefix("groklab_") not in repr(conn.execute(select(tokens)).fetchall())
        assert valid_tokens(conn)[digest_of(secret)] == token
    assert (token.name, token.scope, token.last_used_at, token.revoked_at) == ("lab", "write", None, None)


def test_tokens_are_listed_in_the_order_they_were_made(db: Database) -> None:
    with db.write() as conn:
        made = [create_token(conn, name, "read")[0] for name in ("b", "a", "c")]
    with db.read() as conn:
        assert list_tokens(conn) == made


def test_a_revoked_token_is_valid_no_more_and_stays_known(db: Database) -> None:
    with db.write() as conn:
        assert not any_token(conn)
        token, _ = create_token(conn, "lab", "admin")
        first = revoke_token(conn, token.id)
        again = revoke_token(conn, token.id)
        assert revoke_token(conn, "tok_none") is None
    assert first is not None
    assert first.revoked_at is not None
    assert again == first
    with db.read() as conn:
        assert valid_tokens(conn) == {}
        assert any_token(conn)
        assert list_tokens(conn) == [first]


def test_the_latest_use_is_written_at_most_once_a_minute(db: Database) -> None:
    with db.write() as conn:
        token, _ = create_token(conn, "lab", "read")
        create_token(conn, "unused", "read")
        assert note_uses(conn, {token.id}) == 1
        assert note_uses(conn, {token.id}) == 0
        before = {one.name: one.last_used_at for one in list_tokens(conn)}
        assert before["lab"] is not None
        assert before["unused"] is None
        conn.execute(update(tokens).values(last_used_at=tokens.c.last_used_at - 61))
        assert note_uses(conn, {token.id, "env_none"}) == 1


def test_tokens_of_the_environment_let_nobody_in_by_the_database(db: Database) -> None:
    with db.write() as conn:
        row = {"id": "env_1", "name": "environment", "scope": "admin", "created_at": 1.5}
        conn.execute(tokens.insert().values(row))
        assert valid_tokens(conn) == {}
        assert not any_token(conn)


def test_many_may_make_tokens_at_once(db: Database) -> None:
    def make(number: int) -> str:
        with db.write() as conn:
            return create_token(conn, str(number), "read")[1]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(24)))
    with db.read() as conn:
        assert {digest_of(secret) for secret in made} == set(valid_tokens(conn))
