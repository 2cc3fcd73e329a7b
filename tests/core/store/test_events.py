"""Histories: only added to, in the order of what happened."""

from datetime import UTC

from core.store import Database, get_run, last_seq, list_events, note_crossings, reap, resume
from tests.core.store.samples import claimed, submit, succeed


def test_a_history_is_read_on_from_any_event(db: Database) -> None:
    submit(db, 2)
    lease = claimed(db)
    (run, other) = lease.runs
    with db.write() as conn:
        note_crossings(conn, [(run, {"t1": 10}), (other, {"t1": 11})])
        note_crossings(conn, [(run, {"t2": 500})])
    succeed(db, lease.runs)
    with db.read() as conn:
        history = list_events(conn, run.run_id)
        assert [event.kind for event in history] == ["created", "claimed", "t1", "t2", "finished"]
        assert [event.seq for event in history] == sorted({event.seq for event in history})
        assert history[3].data == {"step": 500}
        assert all(event.at.tzinfo is UTC and event.run_id == run.run_id for event in history)
        assert list_events(conn, run.run_id, after=history[1].seq) == history[2:]
        assert list_events(conn, run.run_id, after=history[1].seq, limit=2) == history[2:4]
        assert list_events(conn, run.run_id, after=history[-1].seq) == []
        assert last_seq(conn, run.run_id) == history[-1].seq


def test_only_the_owner_adds_to_a_history(db: Database) -> None:
    submit(db)
    former = claimed(db, seconds=-1).runs[0]
    with db.write() as conn:
        reap(conn, 10)
        assert note_crossings(conn, [(former, {"t1": 1})]) == {former.run_id}
    present = claimed(db).runs[0]
    with db.write() as conn:
        assert note_crossings(conn, [(former, {"t1": 1}), (present, {"t2": 7})]) == {former.run_id}
    with db.read() as conn:
        kinds = [event.kind for event in list_events(conn, present.run_id)]
        stored = get_run(conn, present.run_id)
    assert kinds == ["created", "claimed", "lost", "claimed", "t2"]
    assert stored is not None
    assert (stored.t1, stored.t2) == (None, 7)


def test_steps_are_known_while_a_run_goes_on_and_forgotten_where_it_is_set_back(db: Database) -> None:
    submit(db)
    lease = claimed(db)
    (run,) = lease.runs
    with db.write() as conn:
        note_crossings(conn, [(run, {"t2": 500, "t1": 10})])
        running = get_run(conn, run.run_id)
        resume(conn, lease, {run.run_id: 100})
        back = get_run(conn, run.run_id)
    assert running is not None
    assert back is not None
    assert (running.state, running.t1, running.t2, running.delay) == ("running", 10, 500, 490)
    assert (back.t1, back.t2) == (10, None)
    with db.read() as conn:
        assert [e.kind for e in list_events(conn, run.run_id)][2:4] == ["t1", "t2"]


def test_the_last_number_rises_with_everything_that_happens(db: Database) -> None:
    with db.read() as conn:
        before = last_seq(conn)
        assert last_seq(conn, "run_none") == 0
    first = submit(db)
    with db.read() as conn:
        after = last_seq(conn)
    submit(db)
    with db.read() as conn:
        assert before < after == last_seq(conn, first.runs[0].id) < last_seq(conn)
