"""Patience with a database that is away for a while."""

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from core.store import NotLater
from worker import retry
from worker.retry import Patience, StoreLost
from worker.shutdown import Shutdown

AWAY = OperationalError("SELECT 1", {}, Exception("database is locked"))
TWICE = IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))
STORED = NotLater("a frame must begin after step 9 of its recording; got 0")


class Flaky:
    """Raises the errors one after the other, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 0.001)


def test_passing_errors_are_tried_again() -> None:
    assert Patience(5, Shutdown())(Flaky(AWAY, AWAY, AWAY)) == "done"


def test_patience_ends_with_the_lease() -> None:
    with pytest.raises(StoreLost):
        Patience(0.05, Shutdown())(Flaky(*[AWAY] * 1000))


def test_patience_is_short_when_the_worker_is_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_PATIENCE_WHEN_STOPPING", 0.01)
    shutdown = Shutdown()
    shutdown.request()
    with pytest.raises(StoreLost):
        Patience(600, shutdown)(Flaky(*[AWAY] * 1000))


@pytest.mark.parametrize("found", [TWICE, STORED])
def test_commit_whose_answer_was_lost_is_not_repeated(found: Exception) -> None:
    assert Patience(5, Shutdown())(Flaky(AWAY, found), settled=lambda: "was done") == "was done"


@pytest.mark.parametrize("errors", [(TWICE,), (STORED,), (ValueError("no"),), (AWAY, ValueError("no"))])
def test_other_errors_are_raised_at_once(errors: tuple[Exception, ...]) -> None:
    with pytest.raises(type(errors[-1])):
        Patience(5, Shutdown())(Flaky(*errors))
