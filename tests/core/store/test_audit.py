"""The audit: written with what it tells of, read newest first, forgotten in the end."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from core.store import (
    Database,
    Token,
    create_token,
    delete_experiment,
    forget_audit,
    list_audit,
    note_action,
    revoke_token,
)
from core.store.retention import prune
from core.store.tables import audit
from tests.core.store.samples import claimed, submit, succeed

ADA = Token("tok_1", "Ada", "write", datetime.now(UTC))


def test_entries_outlive_what_they_tell_of(db: Database) -> None:
    made = submit(db)
    with db.write() as conn:
        note_action(conn, "create", ADA, experiment_id=made.id, data={"runs": 1})
        delete_experiment(conn, made.id)
        note_action(conn, "delete", None, experiment_id=made.id)
    with db.read() as conn:
        deleted, created = list_audit(conn, limit=9)
    assert (created.token_id, created.token_name, created.action) == ("tok_1", "Ada", "create")
    assert (created.experiment_id, created.run_id, created.data) == (made.id, None, {"runs": 1})
    assert (deleted.token_id, deleted.token_name, deleted.action) == (None, None, "delete")
    assert created.at <= deleted.at
    assert created.id < deleted.id


def test_pages_neither_repeat_nor_skip(db: Database) -> None:
    with db.write() as conn:
        for number in range(7):
            note_action(conn, str(number), ADA)
    with db.write() as conn:
        first = list_audit(conn, limit=3)
        note_action(conn, "later", ADA)
        rest = list_audit(conn, limit=9, before=first[-1].id)
    assert [entry.action for entry in (*first, *rest)] == list("6543210")


def test_what_is_rolled_back_is_not_told(db: Database) -> None:
    def broken() -> None:
        with db.write() as conn:
            note_action(conn, "delete", ADA)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with db.read() as conn:
        assert list_audit(conn, limit=9) == []


def test_old_entries_are_forgotten(db: Database) -> None:
    with db.write() as conn:
        note_action(conn, "old", ADA)
        conn.execute(update(audit).values(at=audit.c.at - 3 * 86_400))
        note_action(conn, "new", ADA)
        assert forget_audit(conn, 4) == 0
        assert forget_audit(conn, 2) == 1
        assert [entry.action for entry in list_audit(conn, limit=9)] == ["new"]


def test_commands_on_the_database_are_told_without_secrets(db: Database) -> None:
    made = submit(db)
    succeed(db, claimed(db).runs)
    with db.write() as conn:
        token, secret = create_token(conn, "lab", "read")
        revoke_token(conn, token.id)
        revoke_token(conn, token.id)
        revoke_token(conn, "tok_none")
    prune(db, 0.0, ["succeeded"])
    with db.read() as conn:
        entries = list_audit(conn, limit=9)
    assert [(entry.action, entry.token_id) for entry in entries] == [
        ("prune", None),
        ("revoke_token", None),
        ("create_token", None),
    ]
    assert entries[0].experiment_id == made.id
    assert entries[2].data == {"id": token.id, "name": "lab", "scope": "read"}
    assert secret not in repr(entries)
