"""Quotas: known before anything is stored, held at claims, by nobody exceeded however many ask at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from core.store import (
    Chunk,
    Database,
    Extent,
    NewDataset,
    OverQuota,
    Quotas,
    Token,
    bytes_added,
    cancel_experiment,
    charge,
    charge_bytes,
    claim,
    count_bytes,
    create_token,
    delete_dataset,
    delete_experiment,
    excess,
    insert_dataset,
    insert_experiment,
    save_checkpoints,
)
from core.store.model import Lease
from core.store.tables import runs, tokens
from tests.core.store.samples import claimed, experiment, submit, succeed


def make(db: Database, **quotas: int) -> Token:
    with db.write() as conn:
        return create_token(conn, "lab", "write", Quotas(**quotas))[0]


def ask(db: Database, token: Token, count: int = 1, steps: int = 1000, **changes: Any) -> str:
    """An experiment of the token, charged as a POST does."""
    new = experiment(count, owner=token.id, steps=steps, **changes)
    with db.write() as conn:
        charge(conn, token, runs=count, steps=count * steps)
        insert_experiment(conn, new)
    return new.id


def refused(db: Database, token: Token, count: int = 1, steps: int = 1000) -> tuple[Any, ...]:
    with pytest.raises(OverQuota) as over:
        ask(db, token, count, steps)
    return tuple(over.value.excess)


def take(db: Database) -> Lease | None:
    with db.write() as conn:
        return claim(conn, queue="cpu", worker="w1", lease_seconds=60)


def test_without_quotas_nothing_is_asked_and_nothing_charged(db: Database) -> None:
    token = make(db)
    ask(db, token, 50, 10**12)
    with db.write() as conn:
        charge(conn, None, runs=10**6, steps=10**15)
        row = conn.execute(select(tokens)).one()
    assert (row.day, row.steps_of_day) == (0, 0)


def test_runs_that_wait_are_limited_until_they_wait_no_more(db: Database) -> None:
    token, other = make(db, queued_runs=3), make(db, queued_runs=3)
    first = ask(db, token, 2)
    ask(db, other, 3)
    quota, limit, in_use, asked, wait = refused(db, token, 2)
    assert (quota, limit, in_use, asked) == ("queued_runs", 3, 2, 2)
    assert wait > 0
    ask(db, token)
    with db.write() as conn:
        cancel_experiment(conn, first)
    ask(db, token, 2)
    assert refused(db, token, 4)[1:] == (3, 3, 4, None)


def test_what_is_refused_leaves_nothing(db: Database) -> None:
    token = make(db, queued_runs=1, steps_a_day=10)
    for _ in range(3):
        assert refused(db, token, 1, 11)[0] == "steps_a_day"
    ask(db, token, 1, 10)
    with db.read() as conn:
        assert len(conn.execute(select(runs.c.id)).fetchall()) == 1
        assert conn.execute(select(tokens.c.steps_of_day)).scalar_one() == 10


def test_steps_of_a_day_are_charged_until_midnight(db: Database) -> None:
    token = make(db, steps_a_day=1000)
    ask(db, token, 2, 300)
    quota, limit, in_use, asked, wait = refused(db, token, 1, 500)
    assert (quota, limit, in_use, asked) == ("steps_a_day", 1000, 600, 500)
    assert 0 < wait <= 86_400
    assert refused(db, token, 1, 1001)[-1] is None
    with db.write() as conn:
        conn.execute(update(tokens).values(day=tokens.c.day - 1))
    ask(db, token, 1, 1000)
    assert refused(db, token, 1, 1)[2] == 1000


def test_bytes_are_counted_and_given_back_by_deleting(db: Database) -> None:
    token, other = make(db, bytes_stored=1000), make(db, bytes_stored=1000)
    mine = ask(db, token)
    lease = claimed(db)
    with db.write() as conn:
        save_checkpoints(conn, [(lease.runs[0], 9, bytes(1500))], 9)
    succeed(db, lease.runs)
    assert count_bytes(db) == 2
    assert count_bytes(db) == 0
    assert refused(db, token) == ("bytes_stored", 1000, 1500, None, None)
    ask(db, other)
    with db.write() as conn:
        assert delete_experiment(conn, mine) == 1500
    ask(db, token)


def upload(db: Database, token: Token, content: str, size: int) -> str:
    """A dataset of the token, charged as a POST does."""
    new = NewDataset(content, None, [Extent("inputs", (1, 1), "float64")], {}, size, token.id)
    with db.write() as conn:
        charge_bytes(conn, token, bytes_added(conn, new))
        return insert_dataset(conn, new, [Chunk(1, 0, bytes(8))])[0].id


def test_datasets_count_at_once_and_deleting_gives_them_back(db: Database) -> None:
    token, other = make(db, bytes_stored=1000), make(db, bytes_stored=1000)
    first = upload(db, token, "a", 600)
    with pytest.raises(OverQuota) as over:
        upload(db, token, "b", 401)
    assert tuple(over.value.excess) == ("bytes_stored", 1000, 600, 401, None)
    upload(db, token, "b", 400)
    assert refused(db, token) == ("bytes_stored", 1000, 1000, None, None)
    assert upload(db, token, "a", 600) == first, "what is kept already costs nothing"
    assert upload(db, other, "a", 2000) == first
    with db.write() as conn:
        assert delete_dataset(conn, first) == 600
    upload(db, token, "c", 600)
    ask(db, other)


def test_a_deleted_dataset_counts_while_it_is_kept(db: Database) -> None:
    token, other = make(db, bytes_stored=1000), make(db, bytes_stored=500)
    kept = upload(db, token, "a", 999)
    mine = ask(db, token, datasets={kept})
    succeed(db, claimed(db).runs)
    with db.write() as conn:
        assert delete_dataset(conn, kept) == 0
    with pytest.raises(OverQuota):
        upload(db, token, "b", 2)
    with pytest.raises(OverQuota):
        upload(db, other, "a", 999)
    assert upload(db, token, "a", 999) == kept
    with db.write() as conn:
        delete_dataset(conn, kept)
        delete_experiment(conn, mine)
    upload(db, token, "b", 1000)


def test_of_many_uploads_at_once_no_more_than_fit_are_kept(db: Database) -> None:
    token = make(db, bytes_stored=1000)

    def one(content: str) -> bool:
        try:
            return bool(upload(db, token, content, 300))
        except OverQuota:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, "abcdefgh")) == 3


def test_what_would_be_refused_is_foreseen_and_nothing_is_charged(db: Database) -> None:
    token = make(db, steps_a_day=10)
    with db.read() as conn:
        assert excess(conn, token, runs=1, steps=10) is None
        assert excess(conn, token, runs=0, steps=0) is None
        found = excess(conn, token, runs=1, steps=11)
    assert found is not None
    assert found.quota == "steps_a_day"


@pytest.mark.parametrize("quotas", [{"queued_runs": 10}, {"steps_a_day": 10_000}])
def test_many_who_ask_at_once_get_no_more_than_there_is(db: Database, quotas: dict[str, int]) -> None:
    token = make(db, **quotas)

    def one(_: int) -> bool:
        try:
            ask(db, token)
        except OverQuota:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(one, range(40))) == 10
    with db.read() as conn:
        assert len(conn.execute(select(runs.c.id)).fetchall()) == 10


def test_tokens_of_the_environment_have_the_quotas_of_now(db: Database) -> None:
    before = make(db)
    token = Token(
        "env_1", "environment", "write", before.created_at, quotas=Quotas(1, 3), of_environment=True
    )
    ask(db, token, 3)
    assert refused(db, token)[:3] == ("queued_runs", 3, 3)
    lease = take(db)
    assert lease is not None
    assert len(lease.runs) == 1
    unlimited = Token("env_1", "environment", "write", before.created_at, of_environment=True)
    ask(db, unlimited, 9)
    lease = take(db)
    assert lease is not None
    assert len(lease.runs) == 2


def test_a_claim_takes_as_many_runs_as_their_token_may_train(db: Database) -> None:
    token = make(db, running_runs=3)
    ask(db, token, 5)
    lease = take(db)
    assert lease is not None
    assert [run.cell for run in lease.runs] == [0, 1, 2]
    assert take(db) is None
    succeed(db, lease.runs[:2])
    rest = take(db)
    assert rest is not None
    assert [run.cell for run in rest.runs] == [3, 4]
    assert take(db) is None


def test_others_are_not_held_up_by_a_token_that_has_all_it_may(db: Database) -> None:
    token, other = make(db, running_runs=1), make(db, running_runs=1)
    ask(db, token, 3)
    ask(db, token, 3)
    theirs, nobodys = ask(db, other, 2), submit(db, 2).id
    found = [take(db) for _ in range(4)]
    assert [(lease.runs[0].experiment_id, len(lease.runs)) for lease in found[1:] if lease] == [
        (theirs, 1),
        (nobodys, 2),
    ]
    assert found[0] is not None
    assert found[0].runs[0].cell == 0
    succeed(db, found[0].runs)
    again = take(db)
    assert again is not None
    assert [run.cell for run in again.runs] == [1]


def test_many_who_claim_at_once_train_no_more_than_a_token_may(db: Database) -> None:
    token, other = make(db, running_runs=4), make(db, running_runs=2)
    for _ in range(5):
        ask(db, token, 3)
        ask(db, other, 3)
    with ThreadPoolExecutor(8) as pool:
        leases = [lease for lease in pool.map(lambda _: take(db), range(32)) if lease is not None]
    while (lease := take(db)) is not None:
        leases.append(lease)
    with db.read() as conn:
        live = conn.execute(select(runs.c.id).where(runs.c.state == "running")).scalars().all()
    assert sorted(live) == sorted(run.run_id for lease in leases for run in lease.runs)
    assert len(live) == 6
