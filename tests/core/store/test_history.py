"""What followers read: the events of their topics, whole, in order, with the states that follow."""

import pytest

from core.store import (
    Database,
    Happened,
    Topic,
    cancel_run,
    first_seq,
    last_seq,
    last_seq_of,
    note_crossings,
    read_backlog,
    read_history,
    reap,
    release,
    resume,
)
from core.store.history import SCANNED_A_LOOK
from tests.core.store.samples import claimed, submit, succeed


def _all(db: Database, topic: Topic, limit: int) -> list[Happened]:
    found: list[Happened] = []
    with db.read() as conn:
        after, upto = 0, last_seq(conn)
        while after < upto:
            part = read_backlog(conn, topic, after, upto, limit)
            assert len(part.happened) <= limit
            assert part.upto > after
            found, after = found + part.happened, part.upto
    return found


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_parts_make_up_the_history(db: Database, limit: int) -> None:
    mine, other = submit(db, 3), submit(db, 2)
    lease = claimed(db)
    succeed(db, lease.runs)
    whole = _all(db, Topic("experiment", mine.id), limit)
    assert [item.event.kind for item in whole] == ["created"] * 3 + ["claimed"] * 3 + ["finished"] * 3
    assert [item.event.seq for item in whole] == sorted({item.event.seq for item in whole})
    one = mine.runs[1].id
    assert _all(db, Topic("run", one), limit) == [item for item in whole if item.event.run_id == one]
    assert [item.state for item in _all(db, Topic("experiment", other.id), limit)] == ["queued"] * 2


def test_several_topics_are_read_at_once(db: Database) -> None:
    one, two = submit(db, 2), submit(db, 2)
    submit(db)
    topics = [Topic("run", one.runs[1].id), Topic("experiment", two.id)]
    with db.read() as conn:
        found, upto = read_history(conn, topics, 0, last_seq(conn), 100)
        assert upto == last_seq(conn)
    assert [item.event.run_id for item in found] == [run.id for run in (*one.runs[1:], *two.runs)]


def test_the_ends_of_a_history_are_known(db: Database) -> None:
    submit(db)
    mine = submit(db, 3)
    submit(db)
    with db.read() as conn:
        for topic in (Topic("experiment", mine.id), Topic("run", mine.runs[2].id)):
            found, _ = read_history(conn, [topic], 0, last_seq(conn), 100)
            ends = found[0].event.seq, found[-1].event.seq
            assert (first_seq(conn, topic), last_seq_of(conn, topic)) == ends
        nobody = Topic("run", "run_none")
        assert (first_seq(conn, nobody), last_seq_of(conn, nobody)) == (0, 0)


def test_a_look_for_an_experiment_is_short_among_the_events_of_others(db: Database) -> None:
    mine = submit(db)
    with db.read() as conn:
        first = first_seq(conn, Topic("experiment", mine.id))
        far = first + 3 * SCANNED_A_LOOK
        found, upto = read_backlog(conn, Topic("experiment", mine.id), first - 1, far, 100)
        assert (len(found), upto) == (1, first - 1 + SCANNED_A_LOOK)
        assert read_backlog(conn, Topic("run", mine.runs[0].id), 0, far, 100).upto == far


def test_a_crossing_tells_of_no_state(db: Database) -> None:
    submit(db)
    (run,) = claimed(db).runs
    with db.write() as conn:
        note_crossings(conn, [(run, {"t1": 4})])
    (*_, last) = _all(db, Topic("run", run.run_id), 100)
    assert (last.event.kind, last.event.data, last.state) == ("t1", {"step": 4}, None)


def test_every_state_is_the_one_that_follows(db: Database) -> None:
    first, second = (run.id for run in submit(db, 2).runs)
    claimed(db, seconds=-1)
    with db.write() as conn:
        reap(conn, 2)
    lease = claimed(db)
    with db.write() as conn:
        resume(conn, lease, {run.run_id: 5 for run in lease.runs})
        release(conn, lease)
    lease = claimed(db, seconds=-1)
    with db.write() as conn:
        cancel_run(conn, second)
        resume(conn, lease, {})
        reap(conn, 2)
    begin = [
        ("created", "queued"),
        ("claimed", "running"),
        ("lost", "queued"),
        ("claimed", "running"),
        ("resumed", "running"),
        ("released", "queued"),
        ("claimed", "running"),
    ]
    ends = {
        first: [("restarted", "running"), ("lost", "failed"), ("failed", "failed")],
        second: [("cancelling", "cancelling"), ("restarted", "cancelling"), ("cancelled", "cancelled")],
    }
    for run, end in ends.items():
        # Even where a part ends between two events that say more together.
        found = _all(db, Topic("run", run), 1)
        assert [(item.event.kind, item.state) for item in found] == begin + end


def test_a_reused_run_is_born_at_its_end(db: Database) -> None:
    source = submit(db)
    succeed(db, claimed(db).runs)
    reused = submit(db, source_run=source.runs[0].id)
    found = _all(db, Topic("experiment", reused.id), 1)
    assert [(item.event.kind, item.state) for item in found] == [
        ("created", "succeeded"),
        ("reused", "succeeded"),
    ]
