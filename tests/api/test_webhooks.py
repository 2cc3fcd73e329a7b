"""Webhooks over HTTP: what they are told, how it is signed, what is refused."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Client

from api.maintenance.webhooks import Teller
from api.webhooks import Sender
from core.store import Database, fail, note_crossings
from tests.api.played import PlayedWorker, eventually, spec, submit, sweep
from tests.api.receiver import SECRET, Receiver, receiving
from tests.api.served import served
from worker.settings import Settings


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def lab(settings: Settings) -> Iterator[Client]:
    """A service that may reach this machine and does not wait long."""
    with served(
        settings.model_copy(update={"webhook_allow_private": True, "webhook_retry_seconds": 0.05})
    ) as client:
        yield client


def hook(client: Client, url: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": url, "secret": SECRET, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def deliveries(client: Client, made: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(made["links"]["deliveries"] + query).json()["items"]
    return items


def end(db: Database, cause: str | None = None) -> None:
    """Claims the first batch: its runs cross t2 and end, or fail."""
    played = PlayedWorker(db)
    lease = played.claim()
    for claimed in lease.runs:
        if cause is not None:
            with db.write() as conn:
                assert not fail(conn, [claimed], "internal", cause)
            continue
        with db.write() as conn:
            assert not note_crossings(conn, [(claimed, {"t1": 10, "t2": 60})])
        played.finish(claimed)


def test_what_happens_is_told_signed(lab: Client, db: Database, receiver: Receiver) -> None:
    made = hook(lab, receiver.url)
    experiment = submit(lab)
    end(db)
    eventually(lambda: len(receiver.got) >= 3)
    eventually(lambda: all(one["state"] == "delivered" for one in deliveries(lab, made)))
    assert sorted(receiver.events()) == ["experiment.ended", "run.succeeded", "run.t2"]
    assert receiver.forged == 0
    told = {body["event"]: body for body in receiver.told}
    assert told["run.t2"]["run"]["t2"] == 60
    assert told["run.succeeded"]["run"]["state"] == "succeeded"
    assert told["experiment.ended"]["run"] is None
    assert told["experiment.ended"]["experiment"]["state"] == "succeeded"
    for headers, body in receiver.got:
        assert body["experiment"]["id"] == experiment["id"]
        assert body["webhook"] == made["id"]
        assert headers["groklab-delivery"] == body["id"]
        assert headers["groklab-event"] == body["event"]
        assert headers["groklab-attempt"] == "1"
        assert headers["content-type"] == "application/json"
        assert headers["host"] in receiver.url
    found = deliveries(lab, made)
    assert {one["id"] for one in found} == {body["id"] for body in receiver.told}
    assert [(one["status"], one["error"], one["next_at"]) for one in found] == [(204, None, None)] * 3


def test_failures_and_narrowed_webhooks(lab: Client, db: Database, receiver: Receiver) -> None:
    submit(lab, spec(tags=["before"]))
    end(db)
    tagged = hook(lab, receiver.url, tag="mine", events=["run.failed"])
    first = submit(lab, spec(tags=["mine"], seed=1))
    only = hook(lab, receiver.url, experiment=first["id"], events=["experiment.ended"])
    end(db, "no luck")
    submit(lab, spec(tags=["other"], seed=2))
    end(db, "no luck either")
    eventually(lambda: len(receiver.got) >= 2)
    told = {body["webhook"]: body for body in receiver.told}
    assert told[tagged["id"]]["run"]["message"] == "no luck"
    assert told[tagged["id"]]["run"]["cause"] == "internal"
    assert told[only["id"]]["experiment"] | {"counts": 0} == {
        "id": first["id"],
        "name": "small",
        "tags": ["mine"],
        "state": "failed",
        "counts": 0,
        "link": f"/v1/experiments/{first['id']}",
    }
    all_told = hook(lab, receiver.url, tag="mine")
    reused = submit(lab, spec(tags=["mine"]))
    assert reused["state"] == "succeeded"
    eventually(lambda: len(receiver.got) >= 4)
    heard = {body["event"] for body in receiver.told if body["webhook"] == all_told["id"]}
    assert heard == {"run.succeeded", "experiment.ended"}
    assert len(receiver.got) == 4


def test_a_sweep_ends_once(lab: Client, db: Database, receiver: Receiver) -> None:
    made = hook(lab, receiver.url, events=["experiment.ended"])
    submit(lab, sweep(seeds=6))
    submit(lab, spec(seed=99))
    for _ in range(2):
        end(db)
    eventually(lambda: len(receiver.got) == 2)
    eventually(lambda: [one["state"] for one in deliveries(lab, made)] == ["delivered"] * 2)
    assert len({body["experiment"]["id"] for body in receiver.told}) == 2


def test_what_fails_is_sent_again_under_the_same_id(lab: Client, db: Database, receiver: Receiver) -> None:
    receiver.failures = 2
    made = hook(lab, receiver.url, events=["run.succeeded"])
    submit(lab)
    end(db)
    eventually(lambda: [one["state"] for one in deliveries(lab, made)] == ["delivered"], 30)
    (one,) = deliveries(lab, made)
    assert (one["attempts"], one["status"], one["error"]) == (3, 204, None)
    assert len({body["id"] for body in receiver.told}) == 1
    assert [headers["groklab-attempt"] for headers, _ in receiver.got] == ["1", "2", "3"]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 410, 503])
def test_what_is_never_taken_is_given_up_and_shown(
    sqlite_settings: Settings, receiver: Receiver, status: int
) -> None:
    receiver.status, receiver.headers = status, {"Location": receiver.url}
    more = {"webhook_allow_private": True, "webhook_retry_seconds": 0.02, "webhook_attempts": 2}
    with served(sqlite_settings.model_copy(update=more)) as client:
        made = hook(client, receiver.url, events=["experiment.ended"])
        experiment = submit(client)
        client.post(experiment["links"]["cancel"])
        eventually(lambda: len(deliveries(client, made, "?state=failed")) == 1, 30)
        (one,) = deliveries(client, made)
        assert (one["attempts"], one["status"]) == (2, status)
        assert str(status) in one["error"]
        assert one["ended_at"] is not None
        assert deliveries(client, made, "?state=delivered") == []
    assert len(receiver.got) == 2


def test_a_private_address_is_never_reached(sqlite_settings: Settings, receiver: Receiver) -> None:
    """A name that passed may lead here later: what it resolves to is judged when it is reached."""
    with served(sqlite_settings.model_copy(update={"webhook_allow_private": True})) as client:
        made = hook(client, receiver.url.replace("127.0.0.1", "localhost"), events=["experiment.ended"])
    with served(sqlite_settings) as client:
        client.post(submit(client)["links"]["cancel"])
        eventually(lambda: any(one["error"] for one in deliveries(client, made)))
        (one,) = deliveries(client, made)
        assert one["state"] == "pending"
        assert "no public address" in one["error"]
    assert receiver.got == []


BAD_URLS = [
    "http://127.0.0.1/",
    "http://127.0.0.1:8000/x",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[fe80::1]/",
    "http://10.1.2.3/",
    "http://169.254.169.254/latest/meta-data",
    "http://168.63.129.16/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://localhost/",
    "http://a.localhost./",
    "http://[v1.x]/",
    "http://a..b/",
    f"http://{'a' * 64}.example/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "//example.org/",
    "example.org",
    "http://",
    "http:///x",
    "http://user:password@example.org/",
    "http://example.org:0/",
    "http://example.org:99999/",
    "http://example.org/#fragment",
    "http://exa mple.org/",
    "http://example.org/\n",
    "http://[::1/",
    "",
    "http://example.org/" + "x" * 2000,
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_must_not_be_reached_is_refused(shared_client: Client, url: str) -> None:
    answer = shared_client.post("/v1/webhooks", json={"url": url})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/url"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": 1}, "/url"),
        ({"url": "http://example.org", "events": []}, "/events"),
        ({"url": "http://example.org", "events": ["run.t3"]}, "/events/0"),
        ({"url": "http://example.org", "secret": "short"}, "/secret"),
        ({"url": "http://example.org", "secret": "line\nbreak" * 3}, "/secret"),
        ({"url": "http://example.org", "experiment": "exp_none"}, "/experiment"),
        ({"url": "http://example.org", "tag": ""}, "/tag"),
        ({"url": "http://example.org", "tag": "a\0b"}, "/tag"),
        ({"url": "http://example.org", "more": 1}, "/more"),
        ([], ""),
    ],
)
def test_a_bad_webhook_is_refused_at_its_field(shared_client: Client, body: Any, pointer: str) -> None:
    answer = shared_client.post("/v1/webhooks", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert shared_client.get("/v1/webhooks").json()["items"] == []


def test_a_webhook_is_a_resource_whose_secret_is_shown_once(client: Client) -> None:
    key = {"Idempotency-Key": "hook"}
    body = {"url": "https://lab.example.org/x", "events": ["run.t2", "run.t2"]}
    answer = client.post("/v1/webhooks", json=body, headers=key)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == made["links"]["self"]
    assert made["events"] == ["run.t2"]
    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) > 40
    assert client.post("/v1/webhooks", json=body, headers=key).json() == made
    other = client.post("/v1/webhooks", json={"url": "https://lab.example.org/y"}).json()
    assert other["secret"] != made["secret"]
    assert other["events"] == ["run.t2", "run.succeeded", "run.failed", "experiment.ended"]
    shown = client.get(made["links"]["self"])
    assert shown.json() == {name: value for name, value in made.items() if name != "secret"}
    assert (
        client.get(made["links"]["self"], headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    )
    first = client.get("/v1/webhooks?limit=1").json()
    assert [item["id"] for item in first["items"]] == [other["id"]]
    rest = client.get(f"/v1/webhooks?cursor={first['next_cursor']}").json()["items"]
    assert rest == [shown.json()]
    assert "secret" not in client.get("/v1/webhooks").text
    assert client.delete(made["links"]["self"]).json() == {"id": made["id"], "bytes_freed": 0}
    for path in (
        made["links"]["self"],
        made["links"]["deliveries"],
        "/v1/webhooks/whk_x",
        "/v1/webhooks/%00",
    ):
        assert client.get(path).status_code == 404
    assert client.delete(made["links"]["self"]).status_code == 404
    assert client.get("/v1/webhooks?cursor=x").status_code == 422
    assert client.get(f"{other['links']['deliveries']}?cursor=x").status_code == 422


def test_there_may_be_so_many(client: Client) -> None:
    for _ in range(100):
        assert client.post("/v1/webhooks", json={"url": "https://lab.example.org/x"}).status_code == 201
    assert client.post("/v1/webhooks", json={"url": "https://lab.example.org/x"}).status_code == 409


def test_processes_share_the_telling(db: Database, settings: Settings, receiver: Receiver) -> None:
    """As many as like look and send at once: everything arrives, and once."""
    open_settings = settings.model_copy(update={"webhook_allow_private": True})
    with served(open_settings) as api, served(open_settings) as other:
        made = hook(api, receiver.url, events=["run.succeeded"])
        submit(other, sweep(seeds=30))
        end(db)
        tellers = [
            Teller(db, open_settings, Sender("0", allow_private=True), threading.Event()) for _ in range(3)
        ]
        threads = [threading.Thread(target=teller.turn) for teller in tellers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        eventually(lambda: len(deliveries(api, made, "?state=delivered")) == 30, 30)
    assert len(receiver.got) == len({body["id"] for body in receiver.told}) == 30


def test_a_name_is_told_as_far_as_it_fits_and_by_a_pointer(shared_client: Client) -> None:
    answer = shared_client.post("/v1/webhooks", json={"url": "http://example.org", "k" * 100_000: 1})
    assert answer.status_code == 422
    assert len(answer.content) < 10_000
    answer = shared_client.post("/v1/figures/3/experiments", json={"a/b~c": 1})
    assert answer.json()["errors"][0]["pointer"] == "/a~1b~0c"
