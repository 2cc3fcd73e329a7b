"""Long polls: they answer at the change, at once where there is none to come."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx import Client

from tests.api.played import PlayedWorker, run_ids, spec, submit, sweep


def test_a_poll_answers_at_the_change_of_state(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(client.get, made["links"]["self"], params={"wait": 30})
        time.sleep(0.3)
        assert not poll.done()
        begin = time.monotonic()
        worker.claim()
        answer = poll.result()
    assert time.monotonic() - begin < 3
    assert answer.json()["state"] == "running"


def test_a_poll_answers_at_the_change_of_counts(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2))
    lease = worker.claim()
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(client.get, made["links"]["self"], params={"wait": 30})
        time.sleep(0.3)
        worker.finish(lease.runs[0])
        counts = poll.result().json()["counts"]
    assert (counts["succeeded"], counts["running"]) == (1, 1)


def test_a_poll_of_a_run_answers_at_its_own_change(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2))
    lease = worker.claim()
    second = run_ids(client, made)[1]
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(client.get, f"/v1/runs/{second}", params={"wait": 30})
        time.sleep(0.3)
        worker.finish(lease.runs[0])
        time.sleep(0.4)
        assert not poll.done(), "another run's end is none of its business"
        worker.finish(lease.runs[1])
        assert poll.result().json()["state"] == "succeeded"


def test_what_has_ended_answers_at_once(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    worker.finish_everything()
    begin = time.monotonic()
    assert client.get(made["links"]["self"], params={"wait": 30}).json()["state"] == "succeeded"
    assert client.get(f"/v1/runs/{run_ids(client, made)[0]}?wait=30").json()["state"] == "succeeded"
    assert time.monotonic() - begin < 5


def test_a_poll_ends_with_its_time(sqlite_client: Client) -> None:
    made = submit(sqlite_client)
    begin = time.monotonic()
    assert sqlite_client.get(made["links"]["self"], params={"wait": 0.5}).json()["state"] == "queued"
    assert 0.5 <= time.monotonic() - begin < 5


def test_a_deletion_ends_a_poll_with_404(sqlite_client: Client) -> None:
    made = submit(sqlite_client)
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(sqlite_client.get, made["links"]["self"], params={"wait": 30})
        time.sleep(0.3)
        sqlite_client.delete(made["links"]["self"], params={"force": "true"})
        assert poll.result().status_code == 404


def test_many_polls_wait_side_by_side(sqlite_client: Client) -> None:
    made = [submit(sqlite_client, spec(seed=seed)) for seed in range(45)]
    with ThreadPoolExecutor(45) as pool, Client(base_url=sqlite_client.base_url, timeout=60) as other:
        polls = [pool.submit(other.get, one["links"]["self"], params={"wait": 30}) for one in made]
        time.sleep(0.5)
        begin = time.monotonic()
        assert sqlite_client.get("/v1/queue").status_code == 200
        assert time.monotonic() - begin < 2, "waiting takes no thread"
        for one in made:
            sqlite_client.post(one["links"]["cancel"])
        assert {poll.result().json()["state"] for poll in polls} == {"cancelled"}


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "x", ""])
def test_a_wait_out_of_bounds_is_refused(shared_client: Client, wait: str) -> None:
    answer = shared_client.get(f"/v1/experiments/exp_x?wait={wait}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/wait"
