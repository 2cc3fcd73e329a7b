"""Quotas over HTTP: a refusal names quota, limit, use and wish, and leaves nothing."""

from collections.abc import Iterator

import numpy as np
import pytest
from httpx import Client

import api.access.known as known
from core.store import Database, Quotas, create_token
from tests.api.archives import GOOD, npz, upload
from tests.api.networks import train_all
from tests.api.played import PlayedWorker, spec, submit, sweep
from tests.api.served import Service, served
from worker.settings import Settings

SECRET = "0123456789abcdef01234567"


@pytest.fixture
def lab(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A service over each dialect in turn, that knows a new token at once."""
    monkeypatch.setattr(known, "UNKNOWN_SECONDS", 0.0)
    with served(settings) as client:
        yield client


def enter(client: Client, db: Database, **quotas: int) -> None:
    """The client has a token with these quotas from now on."""
    with db.write() as conn:
        secret = create_token(conn, "lab", "write", Quotas(**quotas))[1]
    client.headers["Authorization"] = f"Bearer {secret}"


def test_too_many_waiting_runs_are_refused_and_fit_later(lab: Client, db: Database) -> None:
    enter(lab, db, queued_runs=3)
    submit(lab, sweep(seeds=2))
    answer = lab.post("/v1/experiments", json=spec(sweep={"seeds": {"start": 9, "count": 2}}))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    problem = answer.json()
    assert problem["type"] == "/docs#quota-exceeded"
    assert problem["quota"] == {"name": "queued_runs", "limit": 3, "in_use": 2, "asked": 2}
    assert "queued_runs" in problem["detail"]
    assert len(lab.get("/v1/experiments").json()["items"]) == 1
    PlayedWorker(db).finish_everything()
    submit(lab, spec(sweep={"seeds": {"start": 9, "count": 2}}))


def test_what_never_fits_is_refused_for_good(lab: Client, db: Database) -> None:
    enter(lab, db, steps_a_day=150)
    answer = lab.post("/v1/experiments", json=sweep(seeds=2), headers={"Idempotency-Key": "k"})
    assert answer.status_code == 403
    assert "Retry-After" not in answer.headers
    assert answer.json()["quota"] == {"name": "steps_a_day", "limit": 150, "in_use": 0, "asked": 200}
    foreseen = lab.post("/v1/experiments?dry_run=true", json=sweep(seeds=2)).json()["warnings"]
    assert foreseen[0].startswith("would be refused: the quota steps_a_day of this token is 150")
    first = submit(lab, spec(), **{"Idempotency-Key": "k"})
    assert submit(lab, spec(), **{"Idempotency-Key": "k"})["id"] == first["id"]
    assert lab.post("/v1/experiments", json=spec(seed=8)).status_code == 429


def test_runs_taken_over_cost_nothing(lab: Client, db: Database) -> None:
    enter(lab, db, steps_a_day=100)
    submit(lab)
    PlayedWorker(db).finish_everything()
    assert submit(lab)["state"] == "succeeded"


def test_tokens_of_the_environment_have_the_quotas_of_the_settings(sqlite_settings: Settings) -> None:
    tokens = Settings(tokens=f"write:{SECRET}").tokens
    settings = sqlite_settings.model_copy(update={"tokens": tokens, "quota_queued_runs": 1})
    with served(settings) as client:
        client.headers["Authorization"] = f"Bearer {SECRET}"
        submit(client)
        answer = client.post("/v1/experiments", json=spec(seed=8))
        assert answer.json()["quota"] == {"name": "queued_runs", "limit": 1, "in_use": 1, "asked": 1}


def test_an_open_service_has_no_quotas(sqlite_settings: Settings) -> None:
    with served(sqlite_settings.model_copy(update={"quota_queued_runs": 1})) as client:
        submit(client, sweep(seeds=5))


def test_an_upload_over_the_quota_of_bytes_is_refused_at_the_file(lab: Client, db: Database) -> None:
    enter(lab, db, bytes_stored=900)
    made = upload(lab, npz(GOOD))
    size = made.json()["bytes"]
    other = npz({**GOOD, "targets": np.flip(GOOD["targets"])})
    refused = upload(lab, other, key="k")
    assert refused.status_code == 403
    problem = refused.json()
    asked = problem["quota"]["asked"]
    assert 900 - size < asked < 900
    assert problem["type"] == "/docs#quota-too-small"
    assert problem["quota"] == {"name": "bytes_stored", "limit": 900, "in_use": size, "asked": asked}
    assert "bytes_stored" in problem["detail"]
    (fault,) = problem["errors"]
    assert (fault["pointer"], fault["value"]) == ("/file", asked)
    assert str(900 - size) in fault["message"]
    assert upload(lab, npz(GOOD)).status_code == 200
    assert len(lab.get("/v1/datasets").json()["items"]) == 1
    lab.delete(made.headers["Location"])
    assert upload(lab, other, key="k").status_code == 201


def test_a_retry_and_an_extension_are_charged_with_the_steps_that_are_left(
    lab: Client, db: Database, settings: Settings
) -> None:
    enter(lab, db, steps_a_day=350)
    made = submit(lab)
    lab.post(f"/v1/experiments/{made['id']}/cancel")
    assert lab.post(f"/v1/experiments/{made['id']}/retry").status_code == 202
    train_all(Service(settings, db, lab))
    further = lab.post(f"/v1/experiments/{made['id']}/extend", json={"steps": 300})
    assert further.status_code == 429
    assert further.json()["quota"] == {"name": "steps_a_day", "limit": 350, "in_use": 200, "asked": 200}
    (run,) = lab.get(f"/v1/experiments/{made['id']}/runs").json()["items"]
    assert (run["state"], run["steps"]) == ("succeeded", 100)
    assert lab.post(f"/v1/runs/{run['id']}/extend", json={"steps": 200}).status_code == 202
    lab.post(f"/v1/runs/{run['id']}/cancel")
    again = lab.post(f"/v1/runs/{run['id']}/retry")
    assert again.status_code == 429
    assert again.json()["quota"]["in_use"] == 300
    assert lab.get(f"/v1/runs/{run['id']}").json()["state"] == "cancelled"
