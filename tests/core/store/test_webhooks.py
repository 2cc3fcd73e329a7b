"""Webhooks in the store: each event found once, each delivery sent by one at a time."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from core.store import (
    WEBHOOK_EVENTS,
    Arrival,
    Database,
    Due,
    NewDelivery,
    NewWebhook,
    Webhook,
    advance_webhook,
    cancel_experiment,
    claim_deliveries,
    delete_experiment,
    delete_webhook,
    fail,
    forget_deliveries,
    get_webhook,
    insert_deliveries,
    insert_webhook,
    last_seq,
    list_deliveries,
    note_crossings,
    notices_between,
    settle_delivery,
    webhooks_behind,
)
from tests.core.store.samples import claimed, submit, succeed


def hook(db: Database, **changes: Any) -> Webhook:
    fields: dict[str, Any] = {
        "url": "https://lab.example.org",
        "events": WEBHOOK_EVENTS,
        "secret": "secret",
        "experiment_id": None,
        "tag": None,
    }
    with db.write() as conn:
        return insert_webhook(conn, NewWebhook(**{**fields, **changes}))


def due_of(db: Database, webhook: Webhook, count: int = 1) -> list[str]:
    """Deliveries that are due: their ids."""
    ids = [f"dlv_{webhook.id}_{n:03d}" for n in range(count)]
    with db.write() as conn:
        insert_deliveries(conn, [NewDelivery(id, webhook.id, "run.t2", n, b"{}") for n, id in enumerate(ids)])
    return ids


def take(db: Database, limit: int = 100, seconds: float = 60.0) -> list[Due]:
    with db.write() as conn:
        return claim_deliveries(conn, limit, seconds)


def told(db: Database, after: int = 0) -> list[tuple[str, str | None, int | None]]:
    with db.read() as conn:
        found = notices_between(conn, after, last_seq(conn))
    return [(one.event, one.run.id if one.run else None, one.step) for one in found]


def test_what_happened_is_found_in_its_order(db: Database) -> None:
    new = submit(db, 2)
    lease = claimed(db)
    first, second = lease.runs
    with db.write() as conn:
        note_crossings(conn, [(first, {"t1": 5, "t2": 7})])
    succeed(db, [first])
    assert told(db) == [("run.t2", first.run_id, 7), ("run.succeeded", first.run_id, None)]
    with db.write() as conn:
        fail(conn, [second], "internal", "why")
    assert told(db)[2:] == [("run.failed", second.run_id, None), ("experiment.ended", None, None)]
    with db.read() as conn:
        last = notices_between(conn, 0, last_seq(conn))[-1]
    assert (last.experiment.id, last.experiment.state) == (new.id, "failed")


def test_a_cancelled_experiment_has_ended(db: Database) -> None:
    new = submit(db, 3)
    with db.write() as conn:
        cancel_experiment(conn, new.id)
    assert told(db) == [("experiment.ended", None, None)]


def test_an_end_is_found_once_whatever_the_pieces(db: Database) -> None:
    submit(db, 5)
    succeed(db, claimed(db).runs)
    with db.read() as conn:
        end = last_seq(conn)
        pieces = [one for at in range(end) for one in notices_between(conn, at, at + 1)]
    assert [one.event for one in pieces].count("experiment.ended") == 1
    assert [one.event for one in pieces].count("run.succeeded") == 5
    assert pieces[-1].event == "experiment.ended"


def test_a_webhook_is_moved_on_by_one(db: Database) -> None:
    made = hook(db)
    with db.read() as conn:
        assert webhooks_behind(conn, made.position) == []
        assert webhooks_behind(conn, made.position + 1) == [made]
    with db.write() as conn:
        assert advance_webhook(conn, made, made.position + 5)
        assert not advance_webhook(conn, made, made.position + 9)
        found = get_webhook(conn, made.id)
    assert found is not None
    assert found.position == made.position + 5


def test_what_was_before_is_not_wanted(db: Database) -> None:
    submit(db)
    succeed(db, claimed(db).runs)
    made = hook(db)
    submit(db)
    succeed(db, claimed(db).runs)
    with db.read() as conn:
        notices = notices_between(conn, made.position, last_seq(conn))
    assert len(notices) == 4
    assert len([one for one in notices if made.wants(one)]) == 2


def test_a_delivery_is_kept_once(db: Database) -> None:
    made = hook(db)
    with db.write() as conn:
        for id in ("dlv_a", "dlv_b"):
            insert_deliveries(conn, [NewDelivery(id, made.id, "run.t2", 7, b"{}")])
        insert_deliveries(conn, [NewDelivery("dlv_c", made.id, "run.failed", 7, b"{}")])
        assert [one.id for one in list_deliveries(conn, made.id, limit=9)] == ["dlv_c", "dlv_a"]


def test_a_delivery_is_taken_by_one_until_its_claim_lapses(db: Database) -> None:
    made = hook(db)
    (id,) = due_of(db, made)
    (first,) = take(db, seconds=60)
    assert (first.id, first.url, first.secret, first.attempts) == (id, made.url, made.secret, 1)
    assert take(db) == []
    with db.write() as conn:
        conn.execute(text("UPDATE deliveries SET next_at = next_at - 61"))
    (second,) = take(db)
    assert second.attempts == 2
    with db.write() as conn:
        # Whoever was too late changes nothing.
        settle_delivery(conn, first, Arrival(None, "late"), None)
        (one,) = list_deliveries(conn, made.id, limit=9)
        assert (one.state, one.error) == ("pending", None)
        settle_delivery(conn, second, Arrival(200, None), 5.0)
        (one,) = list_deliveries(conn, made.id, limit=9)
        assert (one.state, one.status, one.attempts, one.next_at) == ("delivered", 200, 2, None)
        settle_delivery(conn, second, Arrival(500, "again"), 5.0)
        assert list_deliveries(conn, made.id, limit=9, state="pending") == []


def test_a_failed_attempt_is_made_again_later_or_never(db: Database) -> None:
    made = hook(db)
    due_of(db, made)
    (one,) = take(db)
    with db.write() as conn:
        settle_delivery(conn, one, Arrival(500, "no"), 3600.0)
    assert take(db) == []
    with db.write() as conn:
        conn.execute(text("UPDATE deliveries SET next_at = next_at - 3601"))
    (one,) = take(db)
    with db.write() as conn:
        settle_delivery(conn, one, Arrival(None, "away"), None)
        (given_up,) = list_deliveries(conn, made.id, limit=9, state="failed")
        assert (given_up.attempts, given_up.status, given_up.error) == (2, None, "away")
        assert forget_deliveries(conn, 1.0) == 0
        assert forget_deliveries(conn, -1.0) == 1


def test_many_who_take_at_once_take_each_once(db: Database) -> None:
    ids = [id for _ in range(6) for id in due_of(db, hook(db), 8)]

    def all_of_it(_: int) -> list[str]:
        found: list[str] = []
        while some := take(db, limit=5):
            found += [one.id for one in some]
        return found

    with ThreadPoolExecutor(4) as pool:
        taken = [id for part in pool.map(all_of_it, range(4)) for id in part]
    rest = [id for id in all_of_it(0)]
    assert sorted(taken + rest) == sorted(ids)


def test_one_webhook_does_not_hold_up_the_others(db: Database) -> None:
    many, few = hook(db), hook(db)
    due_of(db, many, 50)
    due_of(db, few, 1)
    some = take(db, limit=16)
    assert len(some) == 5
    assert [one for one in some if few.id in one.id]


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_webhook_was_told_goes_with_it(db: Database, whole: bool) -> None:
    new = submit(db)
    made = hook(db, experiment_id=new.id)
    due_of(db, made, 3)
    with db.write() as conn:
        if whole:
            delete_experiment(conn, new.id)
        else:
            assert delete_webhook(conn, made.id) == 6
        assert get_webhook(conn, made.id) is None
        assert list_deliveries(conn, made.id, limit=9) == []
