"""The horizon of the history: no event up to it appears later, whatever order transactions commit in."""

from contextlib import ExitStack, suppress

from sqlalchemy import Connection

from core.store import Claimed, Database, Horizon, Topic, last_seq, note_crossings, read_history
from tests.core.store.samples import claimed, submit


def _note(conn: Connection, run: Claimed, step: int) -> None:
    note_crossings(conn, [(run, {"t1": step})])


def test_it_is_the_last_number_once_nobody_writes(db: Database) -> None:
    horizon = Horizon(db)
    submit(db, 3)
    with db.read() as conn:
        last = last_seq(conn)
    assert horizon.look() == last
    submit(db)
    assert (horizon.look() or 0) > last


def test_it_stays_before_who_commits_late(postgres_db: Database) -> None:
    db = postgres_db
    submit(db, 3)
    first, second, third = claimed(db).runs
    horizon = Horizon(db)
    begin = horizon.look()
    assert begin is not None
    with ExitStack() as late:
        slow = late.enter_context(db.write())
        _note(slow, first, 1)
        with db.write() as conn:
            _note(conn, second, 2)
        assert horizon.look() == begin, "the event of the second is there, that of the first may come"
        with db.write() as conn:
            _note(conn, third, 3)
        assert horizon.look() == begin
    end = horizon.look()
    assert end is not None
    with db.read() as conn:
        happened, _ = read_history(conn, [Topic("experiment", first.experiment_id)], begin, end, 100)
    assert [item.event.data["step"] for item in happened] == [1, 2, 3]


def test_it_goes_on_beside_who_never_stops_writing(postgres_db: Database) -> None:
    db = postgres_db
    submit(db, 20)
    runs = claimed(db).runs
    horizon = Horizon(db)
    before = horizon.look() or 0
    with db.write() as former:
        _note(former, runs[0], 0)
        assert horizon.look() == before
    for step, run in enumerate(runs[1:]):
        with db.write() as conn:
            _note(conn, run, step)
            reached = horizon.look() or 0
            assert before < reached < before + 20, "up to the writer that has gone, and not to this one"
            before = reached


def test_numbers_that_were_rolled_back_do_not_stop_it(postgres_db: Database) -> None:
    db = postgres_db
    submit(db)
    (run,) = claimed(db).runs
    horizon = Horizon(db)
    before = horizon.look() or 0
    with suppress(ZeroDivisionError), db.write() as conn:
        _note(conn, run, 1)
        raise ZeroDivisionError
    assert horizon.look() == before + 1


def test_a_writer_at_the_first_look_leaves_it_unknown(postgres_db: Database) -> None:
    db = postgres_db
    submit(db)
    (run,) = claimed(db).runs
    horizon = Horizon(db)
    with db.write() as conn:
        _note(conn, run, 1)
        assert horizon.look() is None
    assert horizon.look() is not None
