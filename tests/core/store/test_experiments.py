"""Experiments: what is stored, what follows from their runs, and how they are found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, update

from core.store import (
    Database,
    ExperimentState,
    State,
    beat,
    fail,
    find_reusable,
    get_experiment,
    get_run,
    insert_experiment,
    list_events,
    list_experiments,
    list_runs,
    write_frames,
)
from core.store.experiments import SETTLED_SECONDS, state_of
from core.store.model import STATES
from core.store.tables import runs
from tests.core.store.samples import claimed, experiment, frame, states, submit, succeed


def test_an_experiment_comes_back_as_it_was_given(db: Database) -> None:
    new = submit(
        db, 3, name="l1 grokt: früh", tags=("b", "a"), problem="low_rank", spec={"x": [1, {"y": None}]}
    )
    with db.read() as conn:
        found = get_experiment(conn, new.id)
    assert found is not None
    assert (found.id, found.name, found.tags, found.problem) == (
        new.id,
        "l1 grokt: früh",
        ("b", "a"),
        "low_rank",
    )
    assert (found.spec, found.digest) == (new.spec, new.digest)
    assert (found.state, found.progress, found.eta_seconds, found.finished_at) == ("queued", 0.0, None, None)
    assert found.counts == dict.fromkeys(STATES, 0) | {"queued": 3}
    assert abs(found.created_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_unknown_experiment_is_none(db: Database) -> None:
    with db.read() as conn:
        assert get_experiment(conn, "exp_none") is None
        assert get_run(conn, "run_none") is None
        assert list_runs(conn, "exp_none", limit=10) == []


def test_runs_come_back_in_cell_order_page_by_page(db: Database) -> None:
    new = submit(db, 5)
    with db.read() as conn:
        first = list_runs(conn, new.id, limit=2)
        rest = list_runs(conn, new.id, limit=10, after_cell=first[-1].cell)
    assert [run.id for run in first + rest] == [run.id for run in new.runs]
    run, given = rest[0], new.runs[2]
    assert (run.experiment_id, run.cell, run.seed, run.axes) == (new.id, 2, 2, given.axes)
    assert (run.state, run.step, run.steps, run.attempt, run.losses) == ("queued", 0, 1000, 0, 0)
    assert (run.digest, run.queue, run.device, run.batch_key) == (
        given.digest,
        "cpu",
        "auto",
        given.batch_key,
    )
    assert (run.final, run.theory, run.delay, run.started_at) == ({}, None, None, None)


def test_every_history_begins_with_created(db: Database) -> None:
    new = submit(db, 3)
    with db.read() as conn:
        for run in new.runs:
            (only,) = list_events(conn, run.id)
            assert (only.kind, only.run_id, only.experiment_id, only.data) == ("created", run.id, new.id, {})


@pytest.mark.parametrize(("count", "steps"), [(0, 1000), (1, 0)])
def test_an_experiment_without_work_is_refused(db: Database, count: int, steps: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        submit(db, count, steps=steps)


def test_a_large_seed_and_step_count_fit(db: Database) -> None:
    new = submit(db, 1, steps=2**62)
    with db.read() as conn:
        assert list_runs(conn, new.id, limit=1)[0].steps == 2**62


def test_progress_counts_steps_and_takes_succeeded_runs_whole(db: Database) -> None:
    new = submit(db, 4, batch=1)
    first, second = claimed(db), claimed(db)
    with db.write() as conn:
        write_frames(conn, [(first.runs[0], frame([0, 400]))])
        beat(conn, second, {second.runs[0].run_id: 200}, 50.0, 60)
    succeed(db, first.runs)
    with db.read() as conn:
        early = get_experiment(conn, new.id)
    assert early is not None
    assert early.eta_seconds is None
    with db.write() as conn:
        conn.execute(update(runs).values(started_at=runs.c.started_at - SETTLED_SECONDS))
    with db.read() as conn:
        found = get_experiment(conn, new.id)
    assert found is not None
    assert found.progress == (1000 + 200) / 4000
    assert found.eta_seconds == (800 + 2 * 1000) / 50.0


def test_there_is_no_eta_while_a_run_is_trained_that_tells_no_speed(db: Database) -> None:
    new = submit(db, 3, batch=1)
    even, leaping = claimed(db), claimed(db)
    with db.write() as conn:
        beat(conn, even, {even.runs[0].run_id: 200}, 50.0, 60)
        beat(conn, leaping, {leaping.runs[0].run_id: 200}, None, 60)
        conn.execute(update(runs).values(started_at=runs.c.started_at - SETTLED_SECONDS))
    with db.read() as conn:
        found = get_experiment(conn, new.id)
    assert found is not None
    assert (found.state, found.eta_seconds) == ("running", None)


def test_eta_is_zero_when_over(db: Database) -> None:
    new = submit(db)
    succeed(db, claimed(db).runs)
    with db.read() as conn:
        found = get_experiment(conn, new.id)
        run = get_run(conn, new.runs[0].id)
    assert found is not None
    assert run is not None
    assert (found.state, found.eta_seconds, found.progress) == ("succeeded", 0.0, 1.0)
    assert found.finished_at == run.finished_at is not None


OF_COUNTS: list[tuple[tuple[State, ...], ExperimentState]] = [
    (("queued", "queued"), "queued"),
    (("queued", "running"), "running"),
    (("queued", "succeeded"), "running"),
    (("queued", "cancelled"), "running"),
    (("succeeded", "cancelling"), "running"),
    (("failed", "running"), "running"),
    (("succeeded", "succeeded"), "succeeded"),
    (("succeeded", "failed"), "failed"),
    (("cancelled", "failed"), "failed"),
    (("succeeded", "cancelled"), "cancelled"),
    (("cancelled", "cancelled"), "cancelled"),
]


@pytest.mark.parametrize(("of_runs", "state"), OF_COUNTS)
def test_the_state_follows_from_the_runs(of_runs: tuple[State, ...], state: ExperimentState) -> None:
    assert state_of({name: of_runs.count(name) for name in STATES}) == state


def test_asking_for_a_state_finds_exactly_the_experiments_in_it(db: Database) -> None:
    made = {}
    for of_runs, _ in OF_COUNTS:
        new = submit(db, len(of_runs))
        made[new.id] = of_runs
        with db.write() as conn:
            for run, state in zip(new.runs, of_runs, strict=True):
                conn.exec_driver_sql(
                    f"UPDATE runs SET state = '{state}', finished_at = 1 WHERE id = '{run.id}'"
                )
    with db.read() as conn:
        everything = {found.id: found for found in list_experiments(conn, limit=100)}
        assert {identity: found.state for identity, found in everything.items()} == {
            identity: state for identity, (_, state) in zip(made, OF_COUNTS, strict=True)
        }
        for asked in ("queued", "running", "succeeded", "failed", "cancelled"):
            expected = [found.id for found in everything.values() if found.state == asked]
            assert [found.id for found in list_experiments(conn, limit=100, state=asked)] == expected


def test_experiments_are_listed_newest_first_page_by_page(db: Database) -> None:
    made = [submit(db).id for _ in range(5)]
    with db.read() as conn:
        first = [found.id for found in list_experiments(conn, limit=2)]
        second = [found.id for found in list_experiments(conn, limit=2, before=first[-1])]
        last = [found.id for found in list_experiments(conn, limit=2, before=second[-1])]
    assert first + second + last == made[::-1]


def test_experiments_are_found_by_problem_and_tag(db: Database) -> None:
    a = submit(db, problem="low_rank", tags=("paper", "svd")).id
    b = submit(db, problem="sparse_recovery", tags=("paper",)).id
    c = submit(db, problem="low_rank", tags=()).id
    with db.read() as conn:
        assert [found.id for found in list_experiments(conn, limit=9, problem="low_rank")] == [c, a]
        assert [found.id for found in list_experiments(conn, limit=9, tag="paper")] == [b, a]
        assert [found.id for found in list_experiments(conn, limit=9, tag="paper", problem="low_rank")] == [a]
        assert list_experiments(conn, limit=9, tag="pap") == []


def test_a_page_costs_the_same_number_of_queries_whatever_its_length(db: Database) -> None:
    for _ in range(6):
        submit(db, 2)
    asked: list[str] = []

    def remember(conn: Connection, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", remember)
    with db.read() as conn:
        list_experiments(conn, limit=1)
        one = len(asked)
        assert len(list_experiments(conn, limit=6)) == 6
        assert len(asked) - one <= one
    event.remove(db.engine, "before_cursor_execute", remember)


def test_only_succeeded_digests_are_reusable(db: Database) -> None:
    done, failed, waiting = submit(db, 2), submit(db), submit(db)
    succeed(db, claimed(db).runs)
    broken = claimed(db)
    with db.write() as conn:
        fail(conn, broken.runs, "internal", "broken")
    digests = [run.digest for new in (done, failed, waiting) for run in new.runs]
    with db.read() as conn:
        assert find_reusable(conn, [*digests, "unknown"]) == {run.digest: run.id for run in done.runs}
        assert find_reusable(conn, []) == {}


def test_the_first_run_of_a_digest_is_the_one_reused(db: Database) -> None:
    first, second = submit(db, digest="same"), submit(db, digest="same")
    for _ in range(2):
        succeed(db, claimed(db).runs)
    assert second.runs[0].digest == first.runs[0].digest
    with db.read() as conn:
        assert find_reusable(conn, ["same-0"]) == {"same-0": first.runs[0].id}


def test_a_reused_run_is_born_succeeded_with_the_recording_and_results(db: Database) -> None:
    old = submit(db, digest="same")
    lease = claimed(db)
    with db.write() as conn:
        write_frames(conn, [(lease.runs[0], frame([0, 1, 2]))])
    succeed(db, lease.runs)
    new = submit(db, digest="same", source_run=old.runs[0].id)
    with db.read() as conn:
        source, reused = get_run(conn, old.runs[0].id), get_run(conn, new.runs[0].id)
        found = get_experiment(conn, new.id)
        history = list_events(conn, new.runs[0].id)
    assert source is not None
    assert reused is not None
    assert found is not None
    copied = ["state", "step", "outcome", "t1", "t2", "delay", "diverged_at"]
    copied += ["final", "theory", "provenance", "recording_id"]
    assert [getattr(reused, name) for name in copied] == [getattr(source, name) for name in copied]
    assert (reused.source_run, reused.attempt, reused.worker, reused.started_at) == (source.id, 0, None, None)
    assert reused.finished_at == reused.created_at == found.finished_at
    assert (found.state, found.progress) == ("succeeded", 1.0)
    assert [(event.kind, event.data) for event in history] == [
        ("created", {}),
        ("reused", {"source_run": source.id}),
    ]


def test_a_run_whose_source_has_gone_or_never_succeeded_is_queued(db: Database) -> None:
    waiting = submit(db)
    gone = submit(db, source_run="run_gone")
    early = submit(db, source_run=waiting.runs[0].id)
    assert states(db, gone.id) == states(db, early.id) == ["queued"]
    with db.read() as conn:
        run = get_run(conn, gone.runs[0].id)
    assert run is not None
    assert run.source_run is None


def test_reused_and_new_runs_go_together(db: Database) -> None:
    old = submit(db, 2)
    succeed(db, claimed(db).runs)
    new = experiment(4)
    sources = [None, old.runs[0].id, None, old.runs[1].id]
    runs = [replace(run, source_run=source) for run, source in zip(new.runs, sources, strict=True)]
    with db.write() as conn:
        insert_experiment(conn, replace(new, runs=runs))
    assert states(db, new.id) == ["queued", "succeeded", "queued", "succeeded"]
    lease = claimed(db)
    assert [run.cell for run in lease.runs] == [0, 2]
    with db.read() as conn:
        recordings = [run.recording_id for run in list_runs(conn, new.id, limit=9)]
    assert len(set(recordings)) == 4


def test_experiments_are_found_by_a_part_of_their_name(db: Database) -> None:
    law = submit(db, name="Delay law, 100 % of it").id
    other = submit(db, name="delay_map").id
    submit(db, name=None)
    with db.read() as conn:

        def named(part: str) -> list[str]:
            return [found.id for found in list_experiments(conn, limit=9, name=part)]

        assert named("DELAY") == [other, law]
        # What SQL reads as patterns are letters like any other here.
        assert named("0 %") == [law]
        assert named("y_m") == [other]
        assert named("y%m") == named("y_l") == []


def test_outcomes_are_counted_of_runs_that_succeeded(db: Database) -> None:
    new = submit(db, 4)
    told = [("succeeded", "grokked"), ("succeeded", "grokked"), ("succeeded", "diverged"), ("running", None)]
    with db.write() as conn:
        for run, (state, outcome) in zip(new.runs, told, strict=True):
            conn.execute(update(runs).where(runs.c.id == run.id).values(state=state, outcome=outcome))
    with db.read() as conn:
        found = get_experiment(conn, new.id)
    assert found is not None
    assert found.outcomes == {"grokked": 2, "diverged": 1}
    assert (found.counts["succeeded"], found.counts["running"], found.counts["queued"]) == (3, 1, 0)
