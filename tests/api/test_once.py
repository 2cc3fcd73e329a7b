"""Idempotency-Key: one effect, the first answer again, other requests refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from httpx import Client

from tests.api.played import run_ids, spec, submit, sweep

KEY = {"Idempotency-Key": "key 1"}


def test_the_first_answer_comes_again(client: Client) -> None:
    first = client.post("/v1/experiments", json=spec(), headers=KEY)
    client.post(first.json()["links"]["cancel"])
    again = client.post("/v1/experiments", json=spec(), headers=KEY)
    assert (again.status_code, again.content) == (202, first.content)
    for header in ("Location", "Retry-After", "Content-Type"):
        assert again.headers[header] == first.headers[header]
    assert len(client.get("/v1/experiments").json()["items"]) == 1


def test_another_body_or_operation_is_refused(client: Client) -> None:
    first = client.post("/v1/experiments", json=spec(), headers=KEY).json()
    other = client.post("/v1/experiments", json=spec(steps=50), headers=KEY)
    assert (other.status_code, other.json()["type"]) == (422, "/docs#idempotency-key-reused")
    assert client.post(first["links"]["cancel"], headers=KEY).status_code == 422
    assert client.get(first["links"]["self"]).json()["state"] == "queued"
    assert len(client.get("/v1/experiments").json()["items"]) == 1


def test_cancel_takes_a_key_too(client: Client) -> None:
    made = submit(client, sweep(seeds=2))
    run = run_ids(client, made)[0]
    first = client.post(f"/v1/runs/{run}/cancel", headers=KEY)
    again = client.post(f"/v1/runs/{run}/cancel", headers=KEY)
    assert (first.status_code, again.content) == (202, first.content)
    other = client.post(f"/v1/runs/{run_ids(client, made)[1]}/cancel", headers=KEY)
    assert other.status_code == 422


def test_a_refused_request_does_not_use_up_its_key(client: Client) -> None:
    assert client.post("/v1/experiments", json=spec(steps=0), headers=KEY).status_code == 422
    assert client.post("/v1/experiments", json=spec(), headers=KEY).status_code == 202


def test_twenty_at_once_make_one_experiment(client: Client) -> None:
    with ThreadPoolExecutor(20) as pool, Client(base_url=client.base_url, timeout=60) as other:
        answers = list(pool.map(lambda _: other.post("/v1/experiments", json=spec(), headers=KEY), range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(client.get("/v1/experiments").json()["items"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "\xe9"])
def test_a_key_of_another_form_is_refused(shared_client: Client, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = shared_client.post("/v1/experiments", json=spec(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/header/Idempotency-Key"
