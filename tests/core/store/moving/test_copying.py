"""A copy is equal to its source whatever interrupts it, and never touches what is not its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

import core.store.moving.ranges as ranges
from core.store import Database, cancel_experiment, delete_experiment, open_database, upgrade
from core.store.migrate import downgrade
from core.store.moving import Comparison, Refused, copy, unfinished_source
from core.store.tables import CONTENT, experiments, recordings, run_events, runs, workers
from tests.core.store.moving.content import counts, everything, fill, train
from tests.core.store.samples import submit
from tests.databases import DIALECTS, postgres_database


class Broken(Exception):
    """The copy is interrupted here."""


def quiet(table: str, done: int, total: int) -> None:
    """No progress."""


def moved(source: Database, target: str, tell: Callable[[str, int, int], None] = quiet) -> list[Comparison]:
    return copy(source.url, target, live=True, lease_seconds=60, tell=tell)


@pytest.fixture(params=DIALECTS)
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database, of each dialect in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'target.db'}"
    else:
        with postgres_database() as url:
            yield url


@pytest.fixture
def target(target_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = open_database(target_url)
    yield opened
    opened.dispose()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of a few rows, and looks that end within tables."""
    monkeypatch.setattr(ranges, "ROWS", 3)
    monkeypatch.setattr(ranges, "_KEYS_A_LOOK", 7)


def test_every_value_of_every_table_arrives(db: Database, target: Database) -> None:
    train(db)
    fill(db)
    assert all(counts(db).values()), "fill every table, new ones too"
    found = moved(db, target.url)
    assert {one.table for one in found} == {table.name for table in CONTENT}
    assert all(one.equal for one in found)
    assert {str(one.table): one.target.rows for one in found} == counts(db)
    assert everything(target) == everything(db)
    assert unfinished_source(target) is None


def test_there_and_back_again_is_the_same(sqlite_db: Database, tmp_path: Path) -> None:
    train(sqlite_db)
    fill(sqlite_db)
    with postgres_database() as between:
        moved(sqlite_db, between)
        middle = open_database(between)
        found = moved(middle, f"sqlite:///{tmp_path / 'back.db'}")
        middle.dispose()
    assert all(one.equal for one in found)
    back = open_database(f"sqlite:///{tmp_path / 'back.db'}")
    assert everything(back) == everything(sqlite_db)
    back.dispose()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_interrupted_anywhere_it_goes_on_and_ends_equal(db: Database, target: Database, every: int) -> None:
    fill(db)
    told: list[tuple[str, int]] = []

    def interrupt_later_each_time(table: str, done: int, total: int) -> None:
        if (table, done) not in told:
            told.append((table, done))
            if len(told) % every == 0:
                raise Broken

    stops = 0
    while True:
        try:
            found = moved(db, target.url, interrupt_later_each_time)
            break
        except Broken:
            stops += 1
            assert unfinished_source(target) is not None
    assert stops > 2 * len(CONTENT) // every
    assert all(one.equal for one in found)
    assert everything(target) == everything(db)
    assert unfinished_source(target) is None


@pytest.mark.usefixtures("small")
def test_a_resumed_copy_copies_only_what_is_missing(db: Database, target: Database) -> None:
    fill(db)
    first: dict[str, int] = {}

    def stop_in_chunks(table: str, done: int, total: int) -> None:
        if table == "chunks" and done > total // 2:
            raise Broken

    with pytest.raises(Broken):
        moved(db, target.url, stop_in_chunks)
    held = counts(target)

    def note_first(table: str, done: int, total: int) -> None:
        first.setdefault(table, done)

    moved(db, target.url, note_first)
    assert first == held
    assert 0 < first["chunks"] < counts(db)["chunks"]


@pytest.mark.usefixtures("small")
def test_a_source_that_changed_meanwhile_is_copied_as_it_is_now(db: Database, target: Database) -> None:
    finished = fill(db)

    def stop_at_events(table: str, done: int, total: int) -> None:
        if table == "run_events" and done:
            raise Broken

    with pytest.raises(Broken):
        moved(db, target.url, stop_at_events)
    with db.write() as conn:
        queued = conn.scalar(select(runs.c.experiment_id).where(runs.c.state == "queued").limit(1))
        assert queued is not None
        cancel_experiment(conn, queued)
        delete_experiment(conn, finished)
        conn.execute(update(workers).values(state="training"))
    submit(db, 4)
    assert all(one.equal for one in moved(db, target.url))
    assert everything(target) == everything(db)


def test_new_rows_are_numbered_after_all_that_the_source_ever_had(db: Database, target: Database) -> None:
    def last(of: Database) -> list[int]:
        with of.read() as conn:
            return [
                conn.execute(select(func.max(c))).scalar_one() for c in (recordings.c.id, run_events.c.seq)
            ]

    submit(db, 3)
    gone = submit(db, 2)
    given = last(db)
    with db.write() as conn:
        delete_experiment(conn, gone.id)
    moved(db, target.url)
    submit(target, 1)
    assert last(target) == [number + 1 for number in given]


def test_a_table_that_differs_is_named_and_the_next_start_mends_it(db: Database, target: Database) -> None:
    fill(db)

    def disturb(table: str, done: int, total: int) -> None:
        if table == "run_events" and done == total:
            with target.write() as conn:
                conn.execute(update(runs).where(runs.c.cell == 0).values(losses=runs.c.losses + 1))

    found = moved(db, target.url, disturb)
    assert [one.table for one in found if not one.equal] == ["runs"]
    assert unfinished_source(target) is not None
    assert all(one.equal for one in moved(db, target.url))
    assert everything(target) == everything(db)


def test_a_row_more_in_the_target_is_noticed(db: Database, target: Database) -> None:
    fill(db)

    def disturb(table: str, done: int, total: int) -> None:
        if table == "run_events" and done == total:
            with target.write() as conn:
                usual = ~experiments.c.digest.startswith("verify:")
                conn.execute(delete(experiments).where(experiments.c.name.is_(None), usual))

    found = {str(one.table): one.equal for one in moved(db, target.url, disturb)}
    assert not found["experiments"]
    assert not found["runs"]
    assert found["chunks"]


def test_a_second_copy_takes_over_and_the_first_writes_no_more(db: Database, target: Database) -> None:
    fill(db)
    begun: list[str] = []

    def take_over(table: str, done: int, total: int) -> None:
        if table == "runs" and not begun:
            begun.append(table)
            assert all(one.equal for one in moved(db, target.url))

    with pytest.raises(Refused, match="taken over"):
        moved(db, target.url, take_over)
    assert everything(target) == everything(db)


def test_a_target_with_data_is_refused_and_left_alone(db: Database, target: Database) -> None:
    fill(db)
    upgrade(target.url)
    submit(target, 2)
    before = everything(target)
    with pytest.raises(Refused, match=r"already holds data \(experiments, recordings, .*runs"):
        moved(db, target.url)
    assert everything(target) == before
    assert unfinished_source(target) is None


def test_an_unfinished_copy_of_another_source_is_refused(
    sqlite_db: Database, postgres_db: Database, target: Database
) -> None:
    def stop(table: str, done: int, total: int) -> None:
        raise Broken

    submit(sqlite_db, 1)
    with pytest.raises(Broken):
        moved(sqlite_db, target.url, stop)
    with pytest.raises(Refused, match=r"an unfinished copy of sqlite:///.*, not of postgresql:"):
        moved(postgres_db, target.url)
    with pytest.raises(Refused, match="the source is itself an unfinished copy"):
        moved(target, sqlite_db.url)


def test_another_form_is_refused_on_either_side(db: Database, target: Database) -> None:
    upgrade(target.url, "0002")
    with pytest.raises(Refused, match=r"the target .* is not of this version's form: run `GROKLAB"):
        moved(db, target.url)
    with pytest.raises(Refused, match=r"the source .* is not of this version's form"):
        moved(target, db.url)
    downgrade(target.url, "base")


def test_what_is_no_source_is_refused(sqlite_db: Database, target: Database, tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    with pytest.raises(Refused, match="the source is not there"):
        copy(f"sqlite:///{missing}", target.url, live=False, lease_seconds=60, tell=quiet)
    assert not missing.exists()
    path = Path(sqlite_db.url.removeprefix("sqlite:///"))
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with pytest.raises(Refused, match="the same database"):
        moved(sqlite_db, f"sqlite:///{link}")


def test_a_source_at_work_is_refused_unless_its_moment_is_wanted(db: Database, target: Database) -> None:
    fill(db)
    with pytest.raises(Refused, match=r"the source is at work \(1 workers, 1 runs in training\)"):
        copy(db.url, target.url, live=False, lease_seconds=60, tell=quiet)
    with db.write() as conn:
        conn.execute(text("UPDATE runs SET lease_expires = lease_expires - 120"))
        conn.execute(text("UPDATE workers SET beat_at = beat_at - 120"))
    assert all(one.equal for one in copy(db.url, target.url, live=False, lease_seconds=60, tell=quiet))


def test_rows_that_come_later_are_not_in_the_copy_of_a_moment(db: Database, target: Database) -> None:
    fill(db)
    before = counts(db)

    def more(table: str, done: int, total: int) -> None:
        if table == "recordings" and done == 0:
            submit(db, 2)

    assert all(one.equal for one in moved(db, target.url, more))
    assert counts(target) == before
