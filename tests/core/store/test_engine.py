"""Opening databases, and what their transactions promise."""

import os
import socket
import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.store import Database, counts, engine, get_experiment, hold, insert_experiment, open_database, reap
from tests.core.store.samples import claimed, experiment, submit


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite"):
        open_database(url)


def test_a_write_is_committed(db: Database) -> None:
    new = submit(db)
    with db.read() as conn:
        assert get_experiment(conn, new.id) is not None


def test_a_write_that_raises_leaves_nothing(db: Database) -> None:
    new = experiment()

    def write() -> None:
        with db.write() as conn:
            insert_experiment(conn, new)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write()
    with db.read() as conn:
        assert get_experiment(conn, new.id) is None


def test_a_read_cannot_write(db: Database) -> None:
    with db.read() as conn, pytest.raises(DBAPIError):
        insert_experiment(conn, experiment())
    submit(db)


def test_a_read_sees_one_moment(db: Database) -> None:
    new = submit(db, 3)
    with db.read() as conn:
        assert counts(conn, new.id)["queued"] == 3
        with db.write() as other:
            other.execute(text("UPDATE runs SET state = 'failed'"))
        assert counts(conn, new.id)["queued"] == 3
    with db.read() as conn:
        assert counts(conn, new.id)["failed"] == 3


def test_a_child_without_its_parent_is_refused(db: Database) -> None:
    with pytest.raises(IntegrityError), db.write() as conn:
        conn.execute(text("INSERT INTO frames VALUES (12345, 0, 0, 1, 0, '')"))


def test_writers_wait_for_each_other(db: Database) -> None:
    new = submit(db)
    held = threading.Event()

    def hold() -> None:
        with db.write() as conn:
            conn.execute(text("UPDATE runs SET step = step + 1"))
            held.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    with db.write() as conn:
        conn.execute(text("UPDATE runs SET step = step + 10"))
    holder.join()
    with db.read() as conn:
        assert (
            conn.execute(text("SELECT step FROM runs WHERE id = :id"), {"id": new.runs[0].id}).scalar() == 11
        )


def test_sqlite_is_set_up_for_many_processes(sqlite_db: Database) -> None:
    expected = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 1,
        "busy_timeout": 30_000,
        "auto_vacuum": 2,
    }
    with sqlite_db.write() as conn:
        found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
    assert found == expected


def test_a_server_whose_host_has_vanished_is_given_up_within_a_minute(postgres_url: str) -> None:
    db = open_database(postgres_url)
    try:
        with db.read() as conn:
            file = os.dup(conn.connection.dbapi_connection.fileno())  # type: ignore[union-attr]
            with socket.socket(fileno=file) as connection:
                if connection.family == socket.AF_UNIX:
                    pytest.skip("the server is on this host")

                def option(name: int) -> int:
                    return connection.getsockopt(socket.IPPROTO_TCP, name)

                silent = option(socket.TCP_KEEPIDLE)
                silent += option(socket.TCP_KEEPINTVL) * option(socket.TCP_KEEPCNT)
                assert 0 < silent <= 60
                assert 0 < option(socket.TCP_USER_TIMEOUT) <= 60_000
    finally:
        db.dispose()


def test_a_write_that_stands_still_lets_go_of_its_rows(
    postgres_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_LONGEST_IDLE_WRITE", "SET LOCAL idle_in_transaction_session_timeout = '1s'")
    submit(postgres_db)
    lease = claimed(postgres_db, seconds=0.01)

    def stand_still() -> None:
        with postgres_db.write() as conn:
            assert not hold(conn, lease.runs).fenced
            while not reaped():
                time.sleep(0.05)
            conn.exec_driver_sql("SELECT 1")

    def reaped() -> bool:
        assert time.monotonic() < end
        with postgres_db.write() as conn:
            return reap(conn, 10).requeued > 0

    end = time.monotonic() + 30
    with pytest.raises(DBAPIError) as ended:
        stand_still()
    assert ended.value.connection_invalidated


def test_connections_are_bounded_and_the_next_one_waits(database_url: str) -> None:
    db = open_database(database_url, connections=2)
    got = threading.Event()

    def third() -> None:
        with db.read() as conn:
            conn.exec_driver_sql("SELECT 1")
        got.set()

    waiting = threading.Thread(target=third)
    try:
        with db.read():
            with db.read():
                waiting.start()
                assert not got.wait(0.5)
            assert got.wait(20)
        waiting.join()
    finally:
        db.dispose()
