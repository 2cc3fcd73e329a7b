"""The same POST twice: the first answer again, and the work done once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.store import Database, KeyReused, StoredAnswer, forget_old, remember, store_answer

ANSWER = StoredAnswer(202, {"Location": "/v1/experiments/exp_1", "X": "ü"}, b'{"id": "exp_1"}\x00')


def post(
    db: Database, key: str = "k", fingerprint: str = "f", route: str = "POST /experiments"
) -> StoredAnswer:
    """What a route does: the stored answer, or a new one that is stored."""
    with db.write() as conn:
        known = remember(conn, key, route, fingerprint)
        if known is not None:
            return known
        store_answer(conn, key, route, ANSWER.status, ANSWER.headers, ANSWER.body)
        return StoredAnswer(201, {}, b"new")


def test_the_first_request_is_let_through_and_the_second_gets_its_answer(db: Database) -> None:
    assert post(db).body == b"new"
    assert post(db) == ANSWER
    assert post(db) == ANSWER


def test_another_request_with_the_key_is_refused(db: Database) -> None:
    post(db)
    with pytest.raises(KeyReused, match="'k'"):
        post(db, fingerprint="other")


def test_keys_of_different_routes_do_not_meet(db: Database) -> None:
    post(db)
    assert post(db, route="POST /datasets", fingerprint="other").body == b"new"


def test_a_request_that_failed_may_come_again(db: Database) -> None:
    def fail() -> None:
        with db.write() as conn:
            remember(conn, "k", "POST /experiments", "f")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert post(db).body == b"new"


def test_of_many_at_once_one_does_the_work(db: Database) -> None:
    together = threading.Barrier(8)

    def work(_: int) -> StoredAnswer:
        together.wait(10)
        return post(db)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, range(8)))
    assert sum(answer.body == b"new" for answer in answers) == 1
    assert sum(answer == ANSWER for answer in answers) == 7


def test_old_answers_are_forgotten(db: Database) -> None:
    post(db, "old")
    post(db, "new")
    with db.write() as conn:
        conn.exec_driver_sql("UPDATE idempotency_keys SET created_at = created_at - 90000 WHERE key = 'old'")
        assert forget_old(conn, 2) == 0
        assert forget_old(conn, 1) == 1
    assert post(db, "new") == ANSWER
    assert post(db, "old").body == b"new"
