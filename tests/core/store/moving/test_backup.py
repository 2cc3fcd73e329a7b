"""A backup is whole or not there; a restore takes the place of a database that nobody uses, or leaves it."""

import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from core.store import Database, claim, list_runs, load_checkpoints, open_database, reap, save_checkpoints
from core.store.moving import Refused, backup, restore
from tests.core.store.moving.content import counts, everything, fill, make_heavy, train
from tests.core.store.samples import claimed, submit


def quiet(done: int, total: int) -> None:
    """No progress."""


def file_of(db: Database) -> Path:
    return Path(db.url.removeprefix("sqlite:///"))


def test_a_restored_backup_is_the_database_of_that_moment(sqlite_db: Database, tmp_path: Path) -> None:
    train(sqlite_db)
    fill(sqlite_db)
    before = everything(sqlite_db)
    saved = backup(file_of(sqlite_db), tmp_path / "saved.db", force=False, tell=quiet)
    assert saved.rows == counts(sqlite_db)
    assert saved.size == saved.path.stat().st_size
    assert list(tmp_path.iterdir()) == [saved.path]
    submit(sqlite_db, 3)
    place = tmp_path / "new" / "groklab.db"
    done = restore(saved.path, place, force=False, tell=quiet)
    assert (done.rows, done.training) == (saved.rows, 1)
    found = open_database(f"sqlite:///{place}")
    assert everything(found) == before
    with found.engine.connect() as conn:
        assert conn.scalar(text("PRAGMA journal_mode")) == "wal"
        assert conn.scalar(text("PRAGMA auto_vacuum")) == 2
    found.dispose()


def test_a_backup_holds_one_moment_while_others_write(sqlite_db: Database, tmp_path: Path) -> None:
    make_heavy(sqlite_db, fill(sqlite_db), 60)
    before = everything(sqlite_db)
    steps: list[int] = []

    def write_in_between(done: int, total: int) -> None:
        if not steps:
            writer = threading.Thread(target=submit, args=(sqlite_db, 2))
            writer.start()
            writer.join()
        steps.append(done)

    backup(file_of(sqlite_db), tmp_path / "saved.db", force=False, tell=write_in_between)
    assert steps == sorted(steps)
    assert len(steps) > 3
    assert everything(sqlite_db) != before
    restore(tmp_path / "saved.db", tmp_path / "groklab.db", force=False, tell=quiet)
    found = open_database(f"sqlite:///{tmp_path / 'groklab.db'}")
    assert everything(found) == before
    found.dispose()


def test_an_interrupted_backup_leaves_what_was_there(sqlite_db: Database, tmp_path: Path) -> None:
    fill(sqlite_db)
    target = tmp_path / "saved.db"
    target.write_bytes(b"older")

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Refused, match="exists already; --force replaces it"):
        backup(file_of(sqlite_db), target, force=False, tell=quiet)
    with pytest.raises(KeyboardInterrupt):
        backup(file_of(sqlite_db), target, force=True, tell=interrupt)
    assert target.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [target]
    backup(file_of(sqlite_db), target, force=True, tell=quiet)
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_damaged_database_makes_no_backup(sqlite_url: str, tmp_path: Path) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO experiment_tags VALUES ('exp_none', 0, 'lost')")
    with pytest.raises(Refused, match="is damaged: a row of experiment_tags has no parent"):
        backup(path, tmp_path / "saved.db", force=False, tell=quiet)
    with pytest.raises(Refused, match="no database to back up"):
        backup(tmp_path / "none.db", tmp_path / "saved.db", force=False, tell=quiet)
    with pytest.raises(Refused, match="replace the database itself"):
        backup(path, path, force=True, tell=quiet)
    assert not (tmp_path / "saved.db").exists()


def test_an_interrupted_restore_leaves_the_old_database(sqlite_db: Database, tmp_path: Path) -> None:
    experiment = fill(sqlite_db)
    saved = backup(file_of(sqlite_db), tmp_path / "saved.db", force=False, tell=quiet).path
    place = tmp_path / "groklab.db"
    restore(saved, place, force=False, tell=quiet)
    old = open_database(f"sqlite:///{place}")
    before = everything(old)
    old.dispose()
    make_heavy(sqlite_db, experiment, 40)
    heavy = backup(file_of(sqlite_db), tmp_path / "heavy.db", force=False, tell=quiet).path

    def interrupt(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(Refused, match="there is a database already"):
        restore(heavy, place, force=False, tell=quiet)
    with pytest.raises(KeyboardInterrupt):
        restore(heavy, place, force=True, tell=interrupt)
    old = open_database(f"sqlite:///{place}")
    assert everything(old) == before
    old.dispose()
    restore(heavy, place, force=True, tell=quiet)
    new = open_database(f"sqlite:///{place}")
    assert everything(new) == everything(sqlite_db)
    new.dispose()


def test_what_is_no_backup_is_refused(sqlite_db: Database, tmp_path: Path) -> None:
    place, other = tmp_path / "groklab.db", tmp_path / "other"
    with pytest.raises(Refused, match="there is no such backup"):
        restore(other, place, force=False, tell=quiet)
    other.write_text("no database, but long enough to look like one" * 100)
    with pytest.raises(Refused, match="no backup of Groklab: file is not a database"):
        restore(other, place, force=False, tell=quiet)
    saved = backup(file_of(sqlite_db), tmp_path / "saved.db", force=False, tell=quiet).path
    raw = sqlite3.connect(saved)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()
    with pytest.raises(Refused, match=r"made by a newer version \(its form is \['9999'\]\)"):
        restore(saved, place, force=False, tell=quiet)
    assert not place.exists()


def test_a_damaged_database_is_put_aside(sqlite_db: Database, tmp_path: Path) -> None:
    fill(sqlite_db)
    saved = backup(file_of(sqlite_db), tmp_path / "saved.db", force=False, tell=quiet).path
    place = tmp_path / "groklab.db"
    place.write_bytes(b"scrap" * 4096)
    done = restore(saved, place, force=True, tell=quiet)
    assert done.aside is not None
    assert done.aside.read_bytes() == b"scrap" * 4096
    assert done.rows == counts(sqlite_db)


def test_runs_in_training_are_lost_to_their_worker_and_go_on_from_their_checkpoint(
    sqlite_db: Database, tmp_path: Path
) -> None:
    new = submit(sqlite_db)
    (old,) = claimed(sqlite_db, seconds=0.01).runs
    with sqlite_db.write() as conn:
        save_checkpoints(conn, [(old, 5, b"state")], 5)
    saved = backup(file_of(sqlite_db), tmp_path / "saved.db", force=False, tell=quiet).path
    restore(saved, tmp_path / "groklab.db", force=False, tell=quiet)
    found = open_database(f"sqlite:///{tmp_path / 'groklab.db'}")
    with found.write() as conn:
        assert reap(conn, 10).requeued == 1
        lease = claim(conn, queue="cpu", worker="w2", lease_seconds=60)
        assert lease is not None
        assert lease.runs[0].attempt == old.attempt + 1
        assert load_checkpoints(conn, [old.run_id])[old.run_id].state == b"state"
        assert [run.losses for run in list_runs(conn, new.id, limit=9)] == [1]
    found.dispose()
