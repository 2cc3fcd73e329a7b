"""More steps for runs that succeeded: what is queued, what stays, and whose content it is."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from core.store import (
    Changed,
    Database,
    LongerRun,
    LongerSpec,
    NewExperiment,
    Run,
    Topic,
    cancel_experiment,
    cancel_run,
    delete_experiment,
    extend,
    finish,
    get_experiment,
    get_run,
    last_seq,
    list_artifacts,
    list_events,
    load_checkpoints,
    note_crossings,
    read_history,
    read_series,
    read_vectors,
    retry_run,
    save_checkpoints,
    write_frames,
)
from core.store.tables import recordings, runs
from tests.core.store.samples import claimed, frame, result, rows, submit

WHOLE = LongerSpec(2000, {"steps": 2000}, "longer")


def run_of(db: Database, run_id: str) -> Run:
    with db.read() as conn:
        found = get_run(conn, run_id)
    assert found is not None
    return found


def done(db: Database, count: int = 1, **changes: Any) -> NewExperiment:
    """An experiment that has ended after its last step, with series, states and files."""
    new = submit(db, count, **changes)
    lease = claimed(db)
    with db.write() as conn:
        for run in lease.runs:
            points = replace(frame([0, 10, 1000]), vectors=(rows([0, 1000]), rows([10, 1000], name="others")))
            write_frames(conn, [(run, points)])
        note_crossings(conn, [(run, {"t1": 10}) for run in lease.runs])
        save_checkpoints(conn, [(run, 1000, b"state") for run in lease.runs], 1000)
        files = {"parameters.safetensors": b"end"}
        finish(conn, [(run, result(t2=None, artifacts=files, last_step=1000)) for run in lease.runs])
    return new


def longer(db: Database, run_id: str, **changes: Any) -> LongerRun:
    run = run_of(db, run_id)
    fields = dict(digest=f"{run.digest} longer", batch_key=f"{run.batch_key}>2000", short=False, goes_on=True)
    given = {**fields, "scalars": 1000, "rows": 1000, "unseen": False, **changes}
    return LongerRun(run_id, run.steps, 2000, **given)


def ask(db: Database, new: NewExperiment, *wanted: LongerRun) -> None:
    with db.write() as conn:
        extend(conn, new.id, wanted or [longer(db, run.id) for run in new.runs], WHOLE)


def recorded(db: Database, run_id: str) -> dict[str, list[int]]:
    run = run_of(db, run_id)
    with db.read() as conn:
        (part,) = read_series(conn, run.recording_id, ["train_error"])
        vectors = {
            n: read_vectors(conn, run.recording_id, n).steps.tolist() for n in ("parameters", "others")
        }
    return {"train_error": part.steps.tolist(), **vectors}


def count_of(db: Database, table: Any) -> int:
    with db.read() as conn:
        found: int = conn.execute(select(func.count()).select_from(table)).scalar_one()
    return found


def test_a_run_is_queued_with_more_steps_and_what_it_has(db: Database) -> None:
    new = done(db)
    (one,) = new.runs
    ask(db, new)
    run = run_of(db, one.id)
    assert (run.state, run.steps, run.digest) == ("queued", 2000, f"{one.digest} longer")
    assert (run.step, run.t1, run.losses, run.final) == (1000, 10, 0, {})
    assert (run.outcome, run.theory, run.provenance, run.finished_at) == (None, None, None, None)
    with db.read() as conn:
        assert load_checkpoints(conn, [run.id])[run.id].step == 1000
        assert list_artifacts(conn, run.recording_id) == []
        told = list_events(conn, run.id)[-1]
    assert (told.kind, told.data) == ("extended", {"steps": 2000, "before": 1000})
    assert recorded(db, run.id)["train_error"] == [0, 10, 1000]
    assert [c.run_id for c in claimed(db).runs] == [run.id]


@pytest.mark.parametrize(("scalars", "iterates"), [(999, 1000), (1000, 999), (999, 999)])
def test_a_last_step_that_is_off_the_schedule_is_forgotten(db: Database, scalars: int, iterates: int) -> None:
    new = done(db)
    ask(db, new, longer(db, new.runs[0].id, scalars=scalars, rows=iterates))
    assert recorded(db, new.runs[0].id) == {
        "train_error": [0, 10, 1000][: 2 + (scalars == 1000)],
        "others": [10, 1000][: 1 + (scalars == 1000)],
        "parameters": [0, 1000][: 1 + (iterates == 1000)],
    }


def test_a_crossing_that_is_not_looked_for_is_forgotten(db: Database) -> None:
    new = done(db, 2)
    with db.write() as conn:
        conn.execute(runs.update().values(t2=1000))
    first, second = (run.id for run in new.runs)
    ask(db, new, longer(db, first, unseen=True), longer(db, second))
    assert [(run_of(db, run).t1, run_of(db, run).t2) for run in (first, second)] == [(10, None), (10, 1000)]


def test_who_starts_afresh_keeps_no_state(db: Database) -> None:
    new = done(db)
    ask(db, new, longer(db, new.runs[0].id, goes_on=False))
    with db.read() as conn:
        assert load_checkpoints(conn, [new.runs[0].id]) == {}


@pytest.mark.parametrize("extended", ["source", "reused"])
def test_of_two_that_share_content_each_has_its_own_afterwards(db: Database, extended: str) -> None:
    source = done(db, digest="d")
    reused = submit(db, digest="d", source_run=source.runs[0].id)
    one, other = (source, reused) if extended == "source" else (reused, source)
    shared = run_of(db, other.runs[0].id)
    ask(db, one, longer(db, one.runs[0].id, scalars=999, rows=999))
    mine = run_of(db, one.runs[0].id)
    assert mine.recording_id != shared.recording_id
    assert mine.source_run is None
    assert recorded(db, mine.id)["train_error"] == [0, 10]
    assert recorded(db, shared.id)["train_error"] == [0, 10, 1000]
    assert run_of(db, shared.id) == shared
    with db.read() as conn:
        assert [c.step for c in load_checkpoints(conn, [mine.id, shared.id]).values()] == [1000, 1000]
        assert len(list_artifacts(conn, shared.recording_id)) == 1
    lease = claimed(db)
    with db.write() as conn:
        write_frames(conn, [(lease.runs[0], frame([1500]))])
        delete_experiment(conn, one.id)
    assert recorded(db, shared.id)["train_error"] == [0, 10, 1000]
    with db.write() as conn:
        delete_experiment(conn, other.id)
    assert count_of(db, recordings) == 0


def test_many_that_share_with_others_are_copied_each(db: Database) -> None:
    source = done(db, 3, digest="d")
    again = submit(db, 3, digest="d")
    with db.write() as conn:
        delete_experiment(conn, again.id)
    reused = [submit(db, digest=f"e{n}", source_run=run.id) for n, run in enumerate(source.runs)]
    ask(db, source)
    assert count_of(db, recordings) == 6
    for one, run in zip(reused, source.runs, strict=True):
        assert recorded(db, one.runs[0].id) == recorded(db, run.id)


def test_a_result_that_is_there_is_taken_over(db: Database) -> None:
    new = done(db)
    run = run_of(db, new.runs[0].id)
    there = submit(db, digest=new.digest, steps=2000)
    (other,) = claimed(db).runs
    with db.write() as conn:
        conn.execute(runs.update().where(runs.c.id == other.run_id).values(digest=f"{run.digest} longer"))
        write_frames(conn, [(other, frame([0, 2000]))])
        finish(conn, [(other, result(t2=1500, last_step=2000))])
    ask(db, new, longer(db, run.id, source_run=other.run_id))
    taken, source = run_of(db, run.id), run_of(db, there.runs[0].id)
    assert (taken.state, taken.steps, taken.source_run) == ("succeeded", 2000, source.id)
    for name in ("recording_id", "t2", "outcome", "final", "digest", "step"):
        assert getattr(taken, name) == getattr(source, name)
    assert states(db, run.id)[-2:] == [("extended", "succeeded"), ("reused", "succeeded")]
    assert count_of(db, recordings) == 1, "what nobody refers to is deleted"


def states(db: Database, run_id: str) -> list[tuple[str, str | None]]:
    """What happened to a run, with the states that followers are told."""
    with db.read() as conn:
        found, _ = read_history(conn, [Topic("run", run_id)], 0, last_seq(conn), 100)
    return [(item.event.kind, item.state) for item in found]


def test_followers_are_told_that_a_run_waits_again(db: Database) -> None:
    new = done(db)
    ask(db, new)
    assert states(db, new.runs[0].id)[-2:] == [("finished", "succeeded"), ("extended", "queued")]


def test_a_source_that_has_gone_or_changed_is_not_taken_over(db: Database) -> None:
    new = done(db, 2)
    other = done(db, digest="another")
    first, second = (run.id for run in new.runs)
    gone = longer(db, first, source_run="run_gone"), longer(db, second, source_run=other.runs[0].id)
    ask(db, new, *gone)
    assert [run_of(db, run).state for run in (first, second)] == ["queued", "queued"]
    assert [run_of(db, run).source_run for run in (first, second)] == [None, None]


@pytest.mark.parametrize("change", ["running", "steps", "deleted"])
def test_nothing_changes_where_a_run_is_not_what_it_was(db: Database, change: str) -> None:
    new = done(db, 2)
    first, second = (longer(db, run.id) for run in new.runs)
    if change == "running":
        ask(db, new, second)
        claimed(db)
    elif change == "steps":
        second = replace(second, before=999)
    else:
        second = replace(second, run_id="run_gone")
    with pytest.raises(Changed, match=second.run_id):
        ask(db, new, first, second)
    assert run_of(db, first.run_id).state == "succeeded"


def test_of_extensions_at_once_one_takes_effect(db: Database) -> None:
    new = done(db, 6)
    wanted = [longer(db, run.id) for run in new.runs]

    def again(_: int) -> bool:
        try:
            ask(db, new, *wanted)
        except Changed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(again, range(4))) == [False, False, False, True]
    with db.read() as conn:
        for run in new.runs:
            assert [event.kind for event in list_events(conn, run.id)].count("extended") == 1


def test_two_that_share_and_are_extended_at_once_leave_nothing_over(db: Database) -> None:
    for number in range(5):
        source = done(db, digest=f"d{number}")
        reused = submit(db, digest=f"d{number}", source_run=source.runs[0].id)
        wanted = [(new, longer(db, new.runs[0].id)) for new in (source, reused)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda item: ask(db, *item), wanted))
        with db.write() as conn:
            for new in (source, reused):
                cancel_experiment(conn, new.id)
    used = select(func.count(runs.c.recording_id.distinct()))
    with db.read() as conn:
        assert conn.execute(used).scalar_one() == 10
    assert count_of(db, recordings) == 10


def test_the_spec_has_the_steps_once_every_run_has_them(db: Database) -> None:
    new = done(db, 4)
    first, second, early, last = (run.id for run in new.runs)
    with db.write() as conn:
        conn.execute(runs.update().where(runs.c.id == early).values(step=500))

    def spec() -> Any:
        with db.read() as conn:
            found = get_experiment(conn, new.id)
        assert found is not None
        return found.spec, found.digest

    before = spec()
    ask(db, new, longer(db, first), longer(db, second))
    assert spec() == before
    ask(db, new, longer(db, last))
    assert spec() == ({"steps": 2000}, "longer")


def test_who_ended_early_stays_with_its_batch_and_is_what_it_was(db: Database) -> None:
    new = done(db, 3)
    first, early, other = (run.id for run in new.runs)
    with db.write() as conn:
        conn.execute(runs.update().where(runs.c.id == early).values(step=500))
    before = run_of(db, early)
    ask(db, new, longer(db, first))
    assert run_of(db, early) == replace(before, batch_key=run_of(db, first).batch_key)
    assert run_of(db, other).batch_key == before.batch_key


def test_a_cancelled_extension_can_be_retried(db: Database) -> None:
    new = done(db)
    ask(db, new)
    with db.write() as conn:
        assert cancel_run(conn, new.runs[0].id)
        assert retry_run(conn, new.runs[0].id)
    run = run_of(db, new.runs[0].id)
    assert (run.state, run.steps, run.t1) == ("queued", 2000, 10)
