"""How far things are, for those who follow them."""

from core.store import Database, Topic, beat, look_at, write_frames
from core.store.looks import ExperimentLook, Recorded, RunLook
from core.store.recorded import Frame
from tests.core.store.samples import claimed, frame, rows, submit, succeed


def test_a_run_is_seen_with_what_it_has_recorded(db: Database) -> None:
    new = submit(db)
    run = new.runs[0].id
    topic = Topic("run", run)
    with db.read() as conn:
        assert look_at(conn, [topic, Topic("run", "run_none")]) == {
            topic: RunLook(run, "queued", 0, 0, 1000, None, ())
        }
    lease = claimed(db)
    points = frame([0, 1, 2])
    with db.write() as conn:
        both = Frame(points.steps, points.names, points.values, (rows([0, 1]),))
        write_frames(conn, [(lease.runs[0], both)])
        write_frames(conn, [(lease.runs[0], frame([3, 9]))])
        beat(conn, lease, {run: 40}, 7.5, 60)
    steps = {"train_error": 9, "test_error": 9, "parameters": 1}
    with db.read() as conn:
        look = look_at(conn, [topic])[topic]
    assert look == RunLook(run, "running", 1, 40, 1000, 7.5, (Recorded((run,), steps),))
    assert not look.terminal
    succeed(db, lease.runs)
    with db.read() as conn:
        after = look_at(conn, [topic])[topic]
    assert after.terminal
    assert after.recorded == look.recorded
    assert after.pulse != look.pulse


def test_runs_that_are_equally_far_are_seen_together(db: Database) -> None:
    new = submit(db, 4, batch=3)
    topic = Topic("experiment", new.id)
    ids = [run.id for run in new.runs]
    first, second = claimed(db), claimed(db)
    with db.write() as conn:
        write_frames(conn, [(run, frame([0, 1], "train_error")) for run in first.runs[:2]])
        write_frames(conn, [(first.runs[2], frame([0], "train_error"))])
        write_frames(conn, [(second.runs[0], frame([0, 1], "test_error"))])
    with db.read() as conn:
        look = look_at(conn, [topic])[topic]
    assert isinstance(look, ExperimentLook)
    assert (look.state, look.counts["running"]) == ("running", 4)
    assert {recorded.runs: recorded.steps for recorded in look.recorded} == {
        (ids[0], ids[1]): {"train_error": 1},
        (ids[2],): {"train_error": 0},
        (ids[3],): {"test_error": 1},
    }
    succeed(db, [*first.runs, *second.runs])
    with db.read() as conn:
        end = look_at(conn, [topic])[topic]
    assert (end.terminal, end.recorded) == (True, ())
