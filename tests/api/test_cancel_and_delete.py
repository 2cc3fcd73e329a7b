"""Cancelling and deleting."""

from httpx import Client

from core.store import beat
from tests.api.played import PlayedWorker, run_ids, spec, submit, sweep
from tests.api.served import Service


def test_a_queued_experiment_is_cancelled_at_once(client: Client) -> None:
    made = submit(client, sweep(seeds=3))
    answer = client.post(made["links"]["cancel"])
    assert answer.status_code == 202
    assert answer.headers["Location"] == made["links"]["self"]
    assert answer.json()["state"] == "cancelled"
    assert answer.json()["counts"]["cancelled"] == 3


def test_a_running_run_is_asked_to_stop(service: Service, worker: PlayedWorker) -> None:
    client, db = service.client, service.db
    made = submit(client, sweep(seeds=2))
    lease = worker.claim()
    first = run_ids(client, made)[0]
    answer = client.post(f"/v1/runs/{first}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelling")
    with db.write() as conn:
        assert beat(conn, lease, {}, None, 60).cancelled == {first}
    assert client.get(made["links"]["self"]).json()["counts"]["running"] == 1


def test_cancelling_what_has_ended_changes_nothing(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    worker.finish_everything()
    assert client.post(made["links"]["cancel"]).json()["state"] == "succeeded"
    assert client.post(f"/v1/runs/{run_ids(client, made)[0]}/cancel").json()["state"] == "succeeded"


def test_an_experiment_that_goes_on_is_not_deleted(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2))
    worker.claim()
    answer = client.delete(made["links"]["self"])
    assert answer.status_code == 409
    assert "2 running" in answer.json()["detail"]
    assert client.get(made["links"]["self"]).status_code == 200


def test_a_deletion_says_what_it_freed(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    worker.finish_everything()
    run = run_ids(client, made)[0]
    answer = client.delete(made["links"]["self"])
    assert answer.status_code == 200
    assert answer.json()["bytes_freed"] > 0
    for path in (made["links"]["self"], f"/v1/runs/{run}", f"/v1/runs/{run}/series?metric=train_error"):
        assert client.get(path).status_code == 404
    assert client.delete(made["links"]["self"]).status_code == 404


def test_a_forced_deletion_takes_running_runs_too(service: Service, worker: PlayedWorker) -> None:
    client, db = service.client, service.db
    made = submit(client)
    lease = worker.claim()
    assert client.delete(made["links"]["self"], params={"force": "true"}).status_code == 200
    assert client.get(made["links"]["self"]).status_code == 404
    with db.write() as conn:
        assert beat(conn, lease, {}, None, 60).lost == {lease.runs[0].run_id}


def test_deleting_the_source_keeps_what_was_taken_over(client: Client, worker: PlayedWorker) -> None:
    first = submit(client)
    worker.finish_everything()
    again = submit(client, spec(name="again"))
    assert client.delete(first["links"]["self"]).json()["bytes_freed"] == 0
    run = run_ids(client, again)[0]
    series = client.get(f"/v1/runs/{run}/series?metric=train_error").json()["series"][0]
    assert series["values"][-1] == 0.05
