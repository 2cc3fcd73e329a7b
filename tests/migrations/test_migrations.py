"""The one tree of migrations: up, down, with data, by many at once, and equal to the tables."""

import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from core.store import (
    Database,
    Incompatible,
    Vectors,
    is_current,
    list_artifacts,
    list_events,
    list_runs,
    open_database,
    read_artifact,
    require_compatible,
    require_wal,
    upgrade,
    watermark,
)
from core.store.artifacts import store_artifacts
from core.store.compatibility import REVISIONS
from core.store.migrate import config, downgrade
from core.store.tables import metadata
from core.store.vectors import write_vectors
from tests.core.store.samples import submit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def blank(blank_url: str) -> Iterator[Database]:
    """A database that no migration has seen."""
    db = open_database(blank_url)
    yield db
    db.dispose()


def tables(db: Database) -> set[str]:
    with db.read() as conn:
        return set(inspect(conn).get_table_names())


def indexes(db: Database) -> dict[str | None, list[str]]:
    """The indexes of the runs, each with its condition."""
    with db.read() as conn:
        found = inspect(conn).get_indexes("runs")
    return {index["name"]: [str(option) for option in index["dialect_options"].values()] for index in found}


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


def test_the_migrations_build_the_tables(db: Database) -> None:
    with db.read() as conn:
        context = MigrationContext.configure(
            conn, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_every_migration_says_whether_it_only_adds() -> None:
    for script in ScriptDirectory.from_config(config()).walk_revisions():
        assert isinstance(script.module.additive, bool), script.revision


def test_the_revisions_that_may_go_on_reach_back_to_one_that_does_more_than_add(blank: Database) -> None:
    with pytest.raises(Incompatible, match="groklab migrate"):
        require_compatible(blank)
    upgrade(blank.url, "0003")
    with pytest.raises(Incompatible, match="groklab migrate"):
        require_compatible(blank)

    def going_on() -> set[str]:
        with blank.read() as conn:
            return set(conn.execute(text("SELECT revision FROM compatible_revisions")).scalars())

    upgrade(blank.url, "0004")
    assert going_on() == {"0001", "0002", "0003", "0004"}
    upgrade(blank.url)
    require_compatible(blank)
    assert "0005" in going_on()
    assert "0004" not in going_on()


def test_a_file_that_was_left_without_its_log_has_one_again(tmp_path: Path) -> None:
    path = tmp_path / "groklab.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA journal_mode = DELETE")
    db = open_database(f"sqlite:///{path}")
    try:
        require_wal(db)
        with db.read() as conn:
            assert conn.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    finally:
        db.dispose()


@pytest.mark.parametrize("listed", [True, False])
def test_a_newer_database_is_refused_unless_this_revision_may_go_on(blank: Database, listed: bool) -> None:
    upgrade(blank.url)
    with blank.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = 'later'"))
        if not listed:
            conn.execute(text("DELETE FROM compatible_revisions"))
    if listed:
        require_compatible(blank)
        return
    with pytest.raises(Incompatible, match="revision later"):
        require_compatible(blank)


def test_a_blank_database_is_not_current_and_an_upgraded_one_is(blank: Database) -> None:
    assert not is_current(blank)
    upgrade(blank.url)
    assert is_current(blank)
    upgrade(blank.url)
    assert is_current(blank)


def test_every_revision_goes_up_down_and_up_again(blank: Database) -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]
    for revision, before in zip(revisions, ["base", *revisions], strict=False):
        upgrade(blank.url, revision)
        after = tables(blank)
        downgrade(blank.url, before)
        upgrade(blank.url, revision)
        assert tables(blank) == after
    downgrade(blank.url, "base")
    assert tables(blank) == {"alembic_version"}


def test_rows_survive_an_upgrade_and_may_be_there_at_a_downgrade(blank: Database) -> None:
    upgrade(blank.url)
    new = submit(blank, 3)
    upgrade(blank.url)
    with blank.read() as conn:
        assert [run.id for run in list_runs(conn, new.id, limit=9)] == [run.id for run in new.runs]
        assert [event.kind for event in list_events(conn, new.runs[0].id)] == ["created"]
    downgrade(blank.url, "base")
    upgrade(blank.url)
    with blank.read() as conn:
        assert list_runs(conn, new.id, limit=9) == []
    submit(blank)


def test_recordings_survive_vectors_and_files_coming_and_going(blank: Database) -> None:
    upgrade(blank.url, "0001")
    with blank.engine.begin() as conn:
        conn.execute(text("INSERT INTO recordings VALUES (1, 0.0)"))
        conn.execute(text("INSERT INTO frames VALUES (1, 0, 0, 1, 2, :data)"), {"data": bytes(8)})
    upgrade(blank.url)
    with blank.write() as conn:
        rows = Vectors("parameters", (2,), np.array([0, 7]), np.ones((2, 2)))
        write_vectors(conn, [(1, rows)])
        store_artifacts(conn, {1: {"a.bin": b"file"}})
    with blank.read() as conn:
        assert watermark(conn, 1) == (1, 0, 1, 7)
        assert read_artifact(conn, 1, "a.bin") == b"file"
    downgrade(blank.url, "0001")
    assert not {"vector_chunks", "artifacts"} & tables(blank)
    upgrade(blank.url)
    with blank.read() as conn:
        assert watermark(conn, 1) == (1, 0, 0, None)
        assert list_artifacts(conn, 1) == []


def test_runs_from_before_are_not_short_and_those_after_may_be(blank: Database) -> None:
    upgrade(blank.url)
    old = submit(blank, 2, short=True)
    downgrade(blank.url, "0002")
    upgrade(blank.url)
    new = submit(blank, short=True)
    with blank.read() as conn:
        rows = conn.execute(text("SELECT experiment_id, short FROM runs ORDER BY experiment_id, cell"))
        assert [(row.experiment_id, bool(row.short)) for row in rows] == [
            (old.id, False),
            (old.id, False),
            (new.id, True),
        ]


def test_postgresql_does_not_compress_blobs_again(postgres_db: Database) -> None:
    query = text(
        "SELECT relname || '.' || attname FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid "
        "WHERE attstorage = 'e' AND relkind = 'r'"
    )
    with postgres_db.read() as conn:
        plain = set(conn.execute(query).scalars())
    assert plain >= {
        "frames.data",
        "chunks.data",
        "checkpoints.state",
        "vector_chunks.steps",
        "vector_chunks.data",
        "artifacts.data",
    }


@pytest.fixture
def next_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts one more migration on top of the tree, given the body of its upgrade."""
    tree = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", tree, ignore=shutil.ignore_patterns("__pycache__"))
    (head,) = ScriptDirectory.from_config(config()).get_heads()

    def add(body: str) -> None:
        source = f"""\
import sqlalchemy as sa
from alembic import op

revision, down_revision, additive = "next", {head!r}, True


def upgrade():
{indent(body, "    ")}
"""
        (tree / "versions" / "next.py").write_text(source)
        monkeypatch.setattr("core.store.migrate.TREE", tree)

    return add


def test_a_migration_that_fails_leaves_the_schema_as_it_was(
    blank: Database, next_migration: Callable[[str], None]
) -> None:
    upgrade(blank.url)
    before = tables(blank)
    next_migration("op.create_table('extra', sa.Column('id', sa.Integer))\nraise RuntimeError('half-way')")
    with pytest.raises(RuntimeError, match="half-way"):
        upgrade(blank.url)
    assert tables(blank) == before
    with blank.read() as conn:
        assert conn.execute(text("SELECT version_num FROM alembic_version")).scalar() != "next"


def test_replacing_a_table_keeps_its_rows_children_and_indexes(
    blank: Database, next_migration: Callable[[str], None]
) -> None:
    upgrade(blank.url)
    new = submit(blank, 3)
    before = indexes(blank)
    next_migration(
        "with op.batch_alter_table('runs') as runs:\n    runs.alter_column('message', type_=sa.String(500))"
    )
    upgrade(blank.url)
    with blank.read() as conn:
        assert [run.id for run in list_runs(conn, new.id, limit=9)] == [run.id for run in new.runs]
        assert [event.kind for event in list_events(conn, new.runs[2].id)] == ["created"]
    assert indexes(blank) == before


def test_rows_without_parents_stop_a_migration(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/groklab.db"
    upgrade(url)
    db = open_database(url)
    with db.engine.connect() as conn:
        raw = conn.connection.cursor()
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("INSERT INTO frames VALUES (1, 0, 0, 1, 0, x'')")
        raw.close()
    db.dispose()
    with pytest.raises(RuntimeError, match="without their parents"):
        upgrade(url)


def test_processes_that_start_at_once_migrate_once(blank_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    starters = [context.Process(target=upgrade, args=(blank_url,)) for _ in range(3)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(60)
    assert [starter.exitcode for starter in starters] == [0, 0, 0]
    db = open_database(blank_url)
    assert is_current(db)
    with db.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    db.dispose()


def test_the_tree_is_found_where_core_is_installed(tmp_path: Path) -> None:
    for package in ("core", "migrations"):
        shutil.copytree(
            ROOT / package, tmp_path / "site" / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    script = (
        "from core.store import is_current, open_database, upgrade; import core.store\n"
        f"url = 'sqlite:///{tmp_path}/groklab.db'\n"
        "upgrade(url)\n"
        "db = open_database(url)\n"
        "assert is_current(db), url\n"
        f"assert core.store.__file__.startswith({str(tmp_path)!r}), core.store.__file__\n"
    )
    environment = {"PYTHONPATH": str(tmp_path / "site"), "PATH": ""}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment)


def test_the_revisions_written_down_are_those_of_the_tree() -> None:
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    assert tuple(script.revision for script in scripts) == REVISIONS


def test_asking_whether_a_database_fits_does_not_import_alembic(blank: Database) -> None:
    upgrade(blank.url)
    code = (
        "import sys; from core.store import open_database, require_compatible\n"
        "require_compatible(open_database(sys.argv[1])); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, blank.url]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"
