"""GET /v1/audit: who did what, for admins alone."""

from collections.abc import Iterator

import pytest
from httpx import Client

import api.access.known as known
from core.store import Database, create_token
from tests.api.networks import train_all
from tests.api.played import Json, run_ids, spec, submit, sweep
from tests.api.served import Service, served
from worker.settings import Settings


@pytest.fixture
def lab(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A service over each dialect in turn, that knows a new token at once."""
    for name in ("UNKNOWN_SECONDS", "FRESH_SECONDS"):
        monkeypatch.setattr(known, name, 0.0)
    with served(settings) as client:
        yield client


def entries(client: Client, **headers: str) -> list[Json]:
    answer = client.get("/v1/audit", headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


def test_what_was_done_is_told_with_who_did_it(lab: Client, db: Database) -> None:
    with db.write() as conn:
        writer, secret = create_token(conn, "Ada", "write")
        admin, chief = create_token(conn, "chief", "admin")
    lab.headers["Authorization"] = f"Bearer {secret}"
    made = submit(lab, sweep(seeds=3), **{"Idempotency-Key": "k"})
    submit(lab, sweep(seeds=3), **{"Idempotency-Key": "k"})
    run = run_ids(lab, made)[0]
    for _ in range(2):
        assert lab.post(f"/v1/runs/{run}/cancel").status_code == 202
        assert lab.post(made["links"]["cancel"]).status_code == 202
    assert lab.get("/v1/audit").status_code == 403
    lab.headers["Authorization"] = f"Bearer {chief}"
    assert lab.delete(made["links"]["self"]).status_code == 200
    found = entries(lab)
    told = [(one["action"], one["token_id"], one["token_name"], one["run_id"]) for one in found]
    assert told == [
        ("delete", admin.id, "chief", None),
        ("cancel", writer.id, "Ada", None),
        ("cancel", writer.id, "Ada", run),
        ("create", writer.id, "Ada", None),
        ("create_token", None, None, None),
        ("create_token", None, None, None),
    ]
    assert {one["experiment_id"] for one in found[:4]} == {made["id"]}
    assert found[0]["data"] == {"owner": writer.id, "runs": 3, "bytes_freed": 0}
    assert found[1]["data"] == {"runs": 2}
    assert found[3]["data"] == {"runs": 3, "reused": 0}
    assert secret not in lab.get("/v1/audit").text


def test_pages_lead_on(lab: Client) -> None:
    for seed in range(5):
        submit(lab, spec(seed=seed))
    first = lab.get("/v1/audit?limit=2")
    assert len(first.json()["items"]) == 2
    assert first.json()["next_cursor"] in first.headers["Link"]
    rest = lab.get(f"/v1/audit?limit=9&cursor={first.json()['next_cursor']}").json()
    assert [len(rest["items"]), rest["next_cursor"]] == [3, None]
    assert lab.get("/v1/audit?cursor=x").status_code == 422


def test_an_open_service_tells_everybody_what_nobody_in_particular_did(sqlite_client: Client) -> None:
    made = submit(sqlite_client)
    (entry,) = entries(sqlite_client)
    assert (entry["action"], entry["token_id"], entry["experiment_id"]) == ("create", None, made["id"])


def test_a_refused_request_is_not_told(sqlite_client: Client) -> None:
    made = submit(sqlite_client)
    assert sqlite_client.delete(made["links"]["self"]).status_code == 409
    assert sqlite_client.post("/v1/experiments", json=spec(steps=0)).status_code == 422
    assert [entry["action"] for entry in entries(sqlite_client)] == ["create"]


def test_what_is_trained_again_is_told(lab: Client, db: Database, settings: Settings) -> None:
    made = submit(lab)
    run = run_ids(lab, made)[0]
    lab.post(made["links"]["cancel"])
    assert lab.post(f"/v1/experiments/{made['id']}/retry").status_code == 202
    train_all(Service(settings, db, lab))
    assert lab.post(f"/v1/runs/{run}/verify").status_code == 202
    assert lab.post(f"/v1/runs/{run}/extend", json={"steps": 200}).status_code == 202
    assert lab.post(f"/v1/runs/{run}/extend", json={"steps": 300}).status_code == 409
    told = [(one["action"], one["experiment_id"], one["run_id"]) for one in entries(lab)]
    assert told == [
        ("extend", made["id"], None),
        ("verify", made["id"], run),
        ("retry", made["id"], None),
        ("cancel", made["id"], None),
        ("create", made["id"], None),
    ]
