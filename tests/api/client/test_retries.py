"""Asking again: what is lost once happens once, and what the service says about waiting is heard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import numpy as np
import pytest
from httpx import Client as Http
from httpx import Response

from api.client import Client, Refused, Unreachable
from api.client.retries import Retries
from api.client.talk import Ask
from tests.api.archives import GOOD
from tests.api.client.flaky import LOSE, Flaky, flaky
from tests.api.played import spec


@pytest.fixture
def weak(url: str) -> Iterator[Flaky]:
    with flaky(url) as told:
        yield told


def test_a_lost_answer_makes_no_second_experiment(client: Http, weak: Flaky) -> None:
    weak.faults = [LOSE, (503, "0"), LOSE]
    with Client(weak.url) as asking:
        made = asking.submit(spec())
    assert [one["id"] for one in client.get("/v1/experiments").json()["items"]] == [made.id]
    assert len(weak.keys) == 4
    assert len(set(weak.keys)) == 1
    assert weak.keys[0]


def test_each_post_has_a_key_of_its_own(weak: Flaky) -> None:
    with Client(weak.url) as asking:
        experiment = asking.submit(spec())
        experiment.cancel()
        asking.upload_dataset(GOOD)
        experiment.progress()
    assert None not in weak.keys[:3]
    assert len(set(weak.keys[:3])) == 3
    assert weak.keys[3] is None


def test_an_upload_is_sent_whole_again(weak: Flaky) -> None:
    weak.faults = [LOSE, (429, "0")]
    with Client(weak.url) as asking:
        made = asking.upload_dataset({name: np.asarray(array) for name, array in GOOD.items()})
        assert asking.dataset(made["id"]) == made


def test_patience_has_an_end(weak: Flaky) -> None:
    weak.faults = [(503, "0")] * 3
    with Client(weak.url, attempts=2) as asking:
        with pytest.raises(Refused) as refused:
            asking.datasets()
        assert (refused.value.status, refused.value.retry_after) == (503, 0.0)
        assert len(weak.keys) == 2
    weak.faults = [LOSE] * 2
    with Client(weak.url, attempts=2) as asking, pytest.raises(Unreachable, match=weak.url):
        asking.datasets()


def test_a_longer_pause_than_one_waits_is_told(weak: Flaky) -> None:
    weak.faults = [(429, "3600")]
    with Client(weak.url) as asking, pytest.raises(Refused) as refused:
        asking.submit(spec())
    assert (refused.value.status, refused.value.retry_after) == (429, 3600.0)
    assert len(weak.keys) == 1


def test_a_deletion_whose_answer_was_lost_is_not_sent_again(weak: Flaky) -> None:
    with Client(weak.url) as asking:
        made = asking.upload_dataset(GOOD)
        weak.faults = [LOSE]
        with pytest.raises(Unreachable):
            asking.delete_dataset(made["id"])
        assert asking.datasets() == []


def test_other_refusals_are_final(weak: Flaky) -> None:
    with Client(weak.url) as asking, pytest.raises(Refused) as refused:
        asking.submit({})
    assert refused.value.status == 422
    assert refused.value.faults
    assert len(weak.keys) == 1


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7.0, 7.0),
        (timedelta(days=1), 3600.0, 86400.0),
        (-timedelta(days=1), 0.0, 0.0),
        ("soon", 0.2, 0.3),
    ],
)
def test_the_pause_is_the_one_asked_for(header: str | timedelta, least: float, most: float) -> None:
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    answer = Response(503, headers={"Retry-After": header})
    pause = Retries("", 2, 86400.0).pause(Ask("GET", "/"), answer, 1)
    assert pause is not None
    assert least <= pause <= most
