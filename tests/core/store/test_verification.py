"""Verifications: queued and claimed like runs, seen nowhere else, gone with what they verify."""

from typing import Any

from sqlalchemy import func, select

from core.store import (
    Claimed,
    Database,
    NewExperiment,
    Verification,
    beat,
    cancel_run,
    conclude,
    counts,
    delete_experiment,
    find_reusable,
    finish,
    get_experiment,
    get_run,
    get_verification,
    list_experiments,
    list_runs,
    list_verifications,
    new_id,
    reap,
    retrained,
    retry_run,
    start_verification,
    watermark,
    write_frames,
)
from core.store.retention import prune
from core.store.tables import metadata, recordings, runs
from tests.core.store.samples import claimed, frame, result, submit


def done(db: Database, count: int = 1, **changes: Any) -> NewExperiment:
    new = submit(db, count, **changes)
    end(db, *claimed(db).runs)
    return new


def end(db: Database, *claims: Claimed, offset: float = 0.0, **changes: Any) -> None:
    """Series and results."""
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 1, 1000], offset=offset)) for run in claims])
        assert not finish(conn, [(run, result(last_step=1000, **changes)) for run in claims])


def verify(db: Database, run_id: str) -> str | None:
    """Asks for it: the verification, None where that is refused."""
    verifying = new_id("run_")
    with db.write() as conn:
        return verifying if start_verification(conn, run_id, new_id("exp_"), verifying) else None


def look(db: Database, run_id: str, verifying: str) -> Verification:
    with db.read() as conn:
        found = get_verification(conn, run_id, verifying)
    assert found is not None
    return found


def repeat(db: Database, run_id: str, offset: float = 0.0) -> Verification:
    """A verification that has ended."""
    verifying = verify(db, run_id)
    assert verifying is not None
    (claim,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(claim, frame([0, 1, 1000], offset=offset))])
        finish(conn, [(claim, result(last_step=1000))])
        conclude(conn, claim, "float64")
    return look(db, run_id, verifying)


def test_it_is_claimed_as_a_run_and_leaves_its_experiment_alone(db: Database) -> None:
    new = done(db, 3)
    run = new.runs[1]
    with db.read() as conn:
        before = get_experiment(conn, new.id), list_runs(conn, new.id, limit=9)
    verifying = verify(db, run.id)
    assert verifying is not None
    lease = claimed(db)
    (claim,) = lease.runs
    assert (claim.run_id, claim.cell, lease.problem) == (verifying, 1, "sparse_recovery")
    with db.read() as conn:
        assert (get_experiment(conn, new.id), list_runs(conn, new.id, limit=9)) == before
        assert [one.id for one in list_experiments(conn, limit=9)] == [new.id]
        again = retrained(conn, claim.experiment_id)
        assert retrained(conn, new.id) is None
    assert again is not None
    assert (again.run_id, again.batch) == (run.id, (new.id, run.batch_key))
    found = look(db, run.id, verifying)
    assert (found.state, found.result, found.steps) == ("running", None, 1000)


def test_the_verdict_is_kept_and_equal_content_is_not(db: Database) -> None:
    new = done(db)
    same = repeat(db, new.runs[0].id)
    other = repeat(db, new.runs[0].id, offset=0.5)
    assert same.result is not None
    assert other.result is not None
    assert (same.result["verdict"], same.result["compared"]) == ("equal", 6)
    assert (other.result["verdict"], other.result["first"]) == (
        "differs",
        {"metric": "test_error", "step": 0},
    )
    with db.read() as conn:
        kept = [get_run(conn, one.id) for one in (same, other)]
        found = [watermark(conn, run.recording_id).chunks for run in kept if run is not None]
        assert found == [0, 1]
        listed = list_verifications(conn, new.runs[0].id, limit=9)
        assert [one.id for one in listed] == [other.id, same.id]
        assert list_verifications(conn, new.runs[0].id, limit=9, before=other.id) == [same]
        assert list_verifications(conn, same.id, limit=9) == []


def test_nobody_takes_over_a_verification(db: Database) -> None:
    new = done(db)
    with db.read() as conn:
        run = get_run(conn, new.runs[0].id)
    assert run is not None
    verification = repeat(db, run.id)
    with db.write() as conn:
        assert find_reusable(conn, [run.digest]) == {run.digest: run.id}
        delete_experiment(conn, new.id)
        assert find_reusable(conn, [run.digest]) == {}
        assert get_run(conn, verification.id) is None


def test_only_what_succeeded_and_is_no_verification_is_verified(db: Database) -> None:
    waiting = submit(db, 2, batch=1)
    assert verify(db, waiting.runs[0].id) is None
    with db.write() as conn:
        cancel_run(conn, waiting.runs[1].id)
    assert verify(db, waiting.runs[1].id) is None
    assert verify(db, "run_none") is None
    end(db, *claimed(db).runs)
    verification = repeat(db, waiting.runs[0].id)
    assert verify(db, verification.id) is None


def test_a_lost_worker_a_cancel_and_a_retry_are_those_of_any_run(db: Database) -> None:
    new = done(db)
    verifying = verify(db, new.runs[0].id)
    assert verifying is not None
    claimed(db, seconds=-1)
    with db.write() as conn:
        assert reap(conn, 10).requeued == 1
    lease = claimed(db)
    with db.write() as conn:
        assert cancel_run(conn, verifying)
        assert beat(conn, lease, {}, None, 60).cancelled == {verifying}
        finish(conn, [(lease.runs[0], result())])
        conclude(conn, lease.runs[0], "float64")
    assert (look(db, new.runs[0].id, verifying).state, look(db, new.runs[0].id, verifying).result) == (
        "cancelled",
        None,
    )
    with db.write() as conn:
        assert retry_run(conn, verifying)
        assert counts(conn, new.id)["succeeded"] == 1
    (claim,) = claimed(db).runs
    with db.write() as conn:
        write_frames(conn, [(claim, frame([0, 1, 1000]))])
        finish(conn, [(claim, result())])
        conclude(conn, claim, "float64")
    found = look(db, new.runs[0].id, verifying)
    assert found.result is not None
    assert (found.state, found.result["verdict"]) == ("succeeded", "equal")


def test_a_run_that_changed_meanwhile_supersedes_its_verification(db: Database) -> None:
    new = done(db)
    verifying = verify(db, new.runs[0].id)
    assert verifying is not None
    with db.write() as conn:
        conn.execute(runs.update().where(runs.c.id == new.runs[0].id).values(digest="longer"))
    end(db, *(lease := claimed(db)).runs)
    with db.write() as conn:
        conclude(conn, lease.runs[0], "float64")
    assert look(db, new.runs[0].id, verifying).result == {"verdict": "superseded"}


def test_a_reused_run_is_trained_as_its_source_was(db: Database) -> None:
    source = done(db, 3)
    reused = submit(db, source_run=source.runs[2].id)
    verifying = verify(db, reused.runs[0].id)
    (claim,) = claimed(db).runs
    assert (claim.run_id, claim.cell) == (verifying, 2)
    with db.read() as conn:
        again = retrained(conn, claim.experiment_id)
        hidden, asked = (get_experiment(conn, one) for one in (claim.experiment_id, source.id))
    assert again is not None
    assert hidden is not None
    assert asked is not None
    assert again.run_id == source.runs[2].id
    assert hidden.spec == asked.spec
    with db.write() as conn:
        delete_experiment(conn, source.id)
        assert retrained(conn, claim.experiment_id) is None


def test_verifications_go_with_what_they_verify(db: Database) -> None:
    for forget in (delete, forgotten):
        new, other = done(db), done(db)
        repeat(db, new.runs[0].id, offset=1.0)
        verify(db, new.runs[0].id)
        kept = repeat(db, other.runs[0].id)
        forget(db, new)
        with db.read() as conn:
            assert get_run(conn, kept.id) is not None
            used = select(func.count(runs.c.recording_id.distinct()))
            held = conn.execute(select(func.count()).select_from(recordings)).scalar_one()
            assert held == conn.execute(used).scalar_one() == 2
        delete(db, other)
        with db.read() as conn:
            for table in metadata.sorted_tables:
                if table.name not in ("alembic_version", "compatible_revisions", "audit"):
                    assert conn.execute(select(func.count()).select_from(table)).scalar_one() == 0, table


def delete(db: Database, new: NewExperiment) -> None:
    with db.write() as conn:
        delete_experiment(conn, new.id)


def forgotten(db: Database, new: NewExperiment) -> None:
    """By age: this one ended long ago."""
    with db.write() as conn:
        conn.execute(runs.update().where(runs.c.experiment_id == new.id).values(finished_at=1.0))
    prune(db, 3600, ["succeeded"])
