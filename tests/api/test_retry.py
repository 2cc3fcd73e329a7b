"""Retrying runs and experiments over HTTP."""

import pytest
from httpx import Client

from core.store import fail
from tests.api.played import PlayedWorker, eventually, run_ids, spec, submit, sweep
from tests.api.served import Service
from tests.api.streams import listening

KEY = {"Idempotency-Key": "again"}


def test_a_cancelled_experiment_is_queued_and_its_workers_are_woken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("api.waker.send_wake", lambda broker, queue, count: sent.append(queue))
    made = submit(client, sweep(seeds=3))
    eventually(lambda: sent == ["cpu"])
    client.post(made["links"]["cancel"])
    answer = client.post(made["links"]["retry"])
    assert answer.status_code == 202
    assert answer.headers["Location"] == made["links"]["self"]
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["state"] == "queued"
    assert answer.json()["counts"]["queued"] == 3
    eventually(lambda: sent == ["cpu", "cpu"])


def test_a_failed_run_alone_is_retried(service: Service, worker: PlayedWorker) -> None:
    client = service.client
    made = submit(client, sweep(seeds=2))
    lease = worker.claim()
    with service.db.write() as conn:
        fail(conn, lease.runs[:1], "internal", "broken")
    worker.finish(lease.runs[1])
    assert client.get(made["links"]["self"]).json()["state"] == "failed"
    run = client.get(f"/v1/runs/{lease.runs[0].run_id}").json()
    answer = client.post(run["links"]["retry"])
    assert answer.status_code == 202
    assert answer.headers["Location"] == run["links"]["self"]
    told = answer.json()
    assert (told["state"], told["cause"], told["message"], told["finished_at"]) == (
        "queued",
        None,
        None,
        None,
    )
    assert client.get(made["links"]["self"]).json()["counts"]["succeeded"] == 1
    worker.finish_everything()
    assert client.get(made["links"]["self"]).json()["state"] == "succeeded"
    kinds = [event["kind"] for event in client.get(run["links"]["events"]).json()["items"]]
    assert kinds == ["created", "claimed", "failed", "retried", "claimed", "finished"]


def test_what_has_not_failed_is_not_retried(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2))
    worker.claim()
    run = run_ids(client, made)[0]
    for path, said in (
        (made["links"]["retry"], "2 running"),
        (f"/v1/runs/{run}/retry", "the run is running"),
    ):
        answer = client.post(path)
        assert answer.status_code == 409
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert said in answer.json()["detail"]
    client.post(f"/v1/runs/{run}/cancel")
    assert "cancelling" in client.post(f"/v1/runs/{run}/retry").json()["detail"]


def test_a_retry_takes_effect_once_a_key(client: Client) -> None:
    made = submit(client)
    run = run_ids(client, made)[0]
    client.post(made["links"]["cancel"])
    first = client.post(f"/v1/runs/{run}/retry", headers=KEY)
    client.post(made["links"]["cancel"])
    again = client.post(f"/v1/runs/{run}/retry", headers=KEY)
    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    assert client.get(f"/v1/runs/{run}").json()["state"] == "cancelled"
    assert client.post(made["links"]["retry"], headers=KEY).status_code == 422
    assert client.post(made["links"]["retry"], headers={"Idempotency-Key": "other"}).status_code == 202


def test_a_refused_retry_uses_up_no_key(client: Client) -> None:
    made = submit(client)
    assert client.post(made["links"]["retry"], headers=KEY).status_code == 409
    client.post(made["links"]["cancel"])
    assert client.post(made["links"]["retry"], headers=KEY).status_code == 202


def test_bad_requests_to_retry_are_refused(shared_client: Client) -> None:
    made = submit(shared_client, spec(name="retry"))
    for thing, nobody in (("experiments", "exp_x"), ("runs", "run_x")):
        assert shared_client.post(f"/v1/{thing}/{nobody}/retry").status_code == 404
    answer = shared_client.post(made["links"]["retry"], json={"steps": 1})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/steps")
    text = {"Content-Type": "text/plain"}
    assert shared_client.post(made["links"]["retry"], content="x", headers=text).status_code == 415


def test_a_stream_goes_on_after_a_retry(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    run = client.get(f"/v1/runs/{run_ids(client, made)[0]}").json()
    client.post(made["links"]["cancel"])
    with listening(client, run) as stream:
        stream.rest()
    client.post(made["links"]["retry"])
    worker.finish_everything()
    with listening(client, run, last=stream.ids[-1]) as more:
        more.rest()
    assert [(m.data["kind"], m.data["state"]) for m in more.history] == [
        ("retried", "queued"),
        ("claimed", "running"),
        ("finished", "succeeded"),
    ]
