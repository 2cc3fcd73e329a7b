"""The files of a run: kept with its end, and only by its owner."""

from datetime import UTC, datetime, timedelta

from core.store import (
    Database,
    cancel_run,
    finish,
    get_run,
    kept_state,
    list_artifacts,
    read_artifact,
    reap,
    save_checkpoints,
)
from core.store.artifacts import store_artifacts
from tests.core.store.samples import claimed, result, submit

FILES = {"parameters.safetensors": bytes(range(256)) * 5000, "a.bin": b""}


def recording(db: Database, run_id: str) -> int:
    with db.read() as conn:
        run = get_run(conn, run_id)
    assert run is not None
    return run.recording_id


def test_files_are_kept_with_the_end_of_their_run(db: Database) -> None:
    submit(db, 2)
    run, bare = claimed(db).runs
    with db.write() as conn:
        assert finish(conn, [(run, result(artifacts=FILES)), (bare, result())]) == frozenset()
    with db.read() as conn:
        mine = recording(db, run.run_id)
        found = list_artifacts(conn, mine)
        assert [(file.name, file.size) for file in found] == [
            ("a.bin", 0),
            ("parameters.safetensors", 1_280_000),
        ]
        assert abs(found[0].created_at - datetime.now(UTC)) < timedelta(hours=1)
        assert {name: read_artifact(conn, mine, name) for name in FILES} == FILES
        assert read_artifact(conn, mine, "b.bin") is None
        assert list_artifacts(conn, recording(db, bare.run_id)) == []


def test_a_fenced_or_cancelled_run_leaves_no_files(db: Database) -> None:
    submit(db, 2)
    former, other = claimed(db, seconds=-1).runs
    with db.write() as conn:
        reap(conn, 10)
        assert finish(conn, [(former, result(artifacts=FILES))]) == {former.run_id}
    _, again = claimed(db).runs
    with db.write() as conn:
        cancel_run(conn, other.run_id)
        assert finish(conn, [(again, result(artifacts=FILES))]) == frozenset()
    with db.read() as conn:
        for run in (former, other):
            assert list_artifacts(conn, recording(db, run.run_id)) == []


def test_a_newer_file_takes_the_place_of_an_older_one(db: Database) -> None:
    submit(db, 2)
    first, second = (recording(db, run.run_id) for run in claimed(db).runs)
    with db.write() as conn:
        store_artifacts(conn, {first: {"a.bin": b"old", "b.bin": b"b"}, second: {"a.bin": b"other"}})
        store_artifacts(conn, {first: {"a.bin": b"newer"}})
        assert read_artifact(conn, first, "a.bin") == b"newer"
        assert read_artifact(conn, first, "b.bin") == b"b"
        assert read_artifact(conn, second, "a.bin") == b"other"


def test_the_step_and_size_of_a_kept_state_are_told(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    mine = recording(db, run.run_id)
    with db.write() as conn:
        assert kept_state(conn, mine) is None
        save_checkpoints(conn, [(run, 3, b"12345")], 3)
        assert kept_state(conn, mine) == (3, 5)
