"""Workers on a database that a later version has migrated, while they work and at their start."""

import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from alembic.script import ScriptDirectory

from core.store.migrate import config
from tests.faults import oracle
from tests.faults.lab import Lab, whole

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "core", "migrations", "worker")
ADDS = "op.add_column('runs', sa.Column('colour', sa.Text()))"
CHANGES = "op.execute(\"UPDATE runs SET message = 'changed' WHERE message IS NULL\")"


def migrate_with_a_later_version(lab: Lab, folder: Path, additive: bool, body: str) -> None:
    """Runs `groklab migrate` of a version that has one migration more."""
    for package in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    (head,) = ScriptDirectory.from_config(config()).get_heads()
    source = f"""\
import sqlalchemy as sa
from alembic import op

revision, down_revision, additive = "later", {head!r}, {additive}


def upgrade():
{indent(body, "    ")}
"""
    (folder / "migrations" / "versions" / "later.py").write_text(source)
    command = [sys.executable, "-m", "api.cli", "migrate"]
    env = lab.environment | {"PYTHONPATH": str(folder)}
    subprocess.run(command, env=env, cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize("lab", ["embedded", pytest.param("servers", marks=pytest.mark.slow)], indirect=True)
def test_worker_goes_on_where_the_migration_only_adds(lab: Lab, tmp_path: Path) -> None:
    lab.worker()
    running = lab.submit(steps=3_000_000)
    lab.midway(running)
    migrate_with_a_later_version(lab, tmp_path / "later", True, ADDS)
    later = lab.submit()
    for experiment in (running, later):
        whole(lab.finish(experiment, 120), lab)
    # So does one that starts now.
    other = lab.worker()
    last = lab.submit(seed=8)
    whole(lab.finish(last), lab)
    oracle.check(lab.database, [running, later, last])
    other.terminate()
    assert other.wait(60) == 0


@pytest.mark.slow
def test_worker_refuses_where_the_migration_changes_things_and_says_so(lab: Lab, tmp_path: Path) -> None:
    worker = lab.worker()
    running = lab.submit(steps=3_000_000)
    lab.midway(running)
    migrate_with_a_later_version(lab, tmp_path / "later", False, CHANGES)
    # What it has in hand is finished; then it ends, before it claims anything.
    whole(lab.finish(running, 120), lab)
    later = lab.submit()
    assert worker.wait(60) == 1
    assert "this worker ends: the database was migrated to revision later" in lab.log("worker")
    assert lab.runs(later)[0]["state"] == "queued"
    with pytest.raises(subprocess.CalledProcessError) as refused:
        lab.run("worker")
    assert "the database was migrated to revision later" in refused.value.stderr
    # Back at this version's form, the work is done.
    folder = tmp_path / "later"
    command = "from core.store.migrate import downgrade; import sys; downgrade(*sys.argv[1:])"
    source = (folder / "migrations" / "versions" / "later.py").read_text()
    undo = '\n\ndef downgrade():\n    op.execute("UPDATE runs SET message = NULL")\n'
    (folder / "migrations" / "versions" / "later.py").write_text(source + undo)
    (head,) = ScriptDirectory.from_config(config()).get_heads()
    arguments = [sys.executable, "-c", command, lab.database_url, head]
    subprocess.run(arguments, env=lab.environment | {"PYTHONPATH": str(folder)}, cwd=folder, check=True)
    lab.worker()
    whole(lab.finish(later), lab)
    oracle.check(lab.database, [running, later])
