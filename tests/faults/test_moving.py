"""Moving house with real processes: a copy that is killed, a backup while a worker writes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.store import Database, open_database
from core.store.moving import unfinished_source
from core.store.tables import artifacts
from tests.core.store.moving.content import everything, fill, make_heavy
from tests.databases import postgres_database
from tests.faults.conftest import open_lab
from tests.faults.lab import Lab, whole

ROOT = Path(__file__).parents[2]
FILES = 150


@pytest.fixture(params=["sqlite to postgresql", pytest.param("postgresql to sqlite", marks=pytest.mark.slow)])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """A filled source, and an empty target of the other dialect."""
    with postgres_database() as url:
        urls = [f"sqlite:///{tmp_path / 'groklab.db'}", url]
        if request.param.startswith("postgresql"):
            urls.reverse()
        groklab("migrate", GROKLAB_DATABASE_URL=urls[0], GROKLAB_STATE_DIR=str(tmp_path))
        source, target = map(open_database, urls)
        yield source, target
        source.dispose()
        target.dispose()


def started(*arguments: str, **settings: str) -> "subprocess.Popen[str]":
    env = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    command = [sys.executable, "-m", "api.cli", *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def groklab(*arguments: str, code: int = 0, **settings: str) -> str:
    """Runs a command to its end: what it says."""
    process = started(*arguments, **settings)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    return out + err


def files_in(db: Database) -> int:
    with db.read() as conn:
        return conn.execute(select(func.count()).select_from(artifacts)).scalar_one()


def killed_midway(source: Database, target: Database, beyond: int) -> int:
    """Kills a copy once the target has more files than that; how many it has then."""
    process = started("copy", "--from", source.url, "--to", target.url, "--live")
    end = time.monotonic() + 60
    while unfinished_source(target) is None or files_in(target) <= beyond:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return files_in(target)


def test_a_copy_that_is_killed_goes_on_and_ends_equal(ends: tuple[Database, Database]) -> None:
    source, target = ends
    make_heavy(source, fill(source), FILES)
    once = killed_midway(source, target, 0)
    twice = killed_midway(source, target, once)
    assert 0 < once < twice < files_in(source)
    refused = groklab("prune", "--older-than", "1d", "--dry-run", code=1, GROKLAB_DATABASE_URL=target.url)
    assert "holds an unfinished copy" in refused
    said = groklab("copy", "--from", source.url, "--to", target.url, "--live")
    went_on = re.search(rf"artifacts +([0-9]+)/{files_in(source)} rows", said)
    # A server may yet commit what it was handed before the kill.
    assert went_on is not None
    assert twice <= int(went_on[1]) < files_in(source)
    assert "NO" not in said.split()
    assert everything(target) == everything(source)


@pytest.mark.slow
def test_a_backup_while_a_worker_writes_is_whole_and_its_runs_go_on(tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    with open_lab("embedded", tmp_path / "first") as lab:
        lab.worker()
        done = lab.submit(sweep={"seeds": {"count": 5}})
        whole(lab.finish(done), lab)
        series = [lab.series(run["id"]) for run in lab.runs(done)]
        long = lab.submit(steps=8_000_000)
        lab.midway(long, 20_000)
        lab.run("backup", str(saved))
        assert lab.runs(long)[0]["state"] == "running"
        env = {"GROKLAB_STATE_DIR": str(tmp_path / "first" / "state")}
        assert "is in use: stop the service first" in groklab("restore", str(saved), "--force", code=1, **env)
        whole(lab.finish(long), lab)
        calm = lab.series(lab.runs(long)[0]["id"])
    state = tmp_path / "second" / "state"
    said = groklab("restore", str(saved), GROKLAB_STATE_DIR=str(state))
    assert "1 runs were in training" in said
    with open_lab("embedded", tmp_path / "second") as lab:
        lab.worker()
        assert [lab.series(run["id"]) for run in lab.runs(done)] == series
        (run,) = lab.finish(long)
        whole([run], lab)
        assert lab.series(run["id"]) == calm
        assert lab.events(run["id"]).count("lost") == 1
        once_more(lab)


def once_more(lab: Lab) -> None:
    """The restored service takes new work."""
    whole(lab.finish(lab.submit()), lab)
