"""Verifications over HTTP."""

import pytest
from httpx import Client

from core.store import conclude, finish, write_frames
from tests.api.played import Json, PlayedWorker, run_ids, spec, submit, sweep
from tests.api.served import Service
from tests.core.store.samples import frame, result

KEY = {"Idempotency-Key": "once more"}


@pytest.fixture
def run(client: Client, worker: PlayedWorker) -> Json:
    """A run that has succeeded, the second of two."""
    made = submit(client, sweep(seeds=2))
    worker.finish_everything()
    found: Json = client.get(f"/v1/runs/{run_ids(client, made)[1]}").json()
    return found


def repeat(service: Service, worker: PlayedWorker, offset: float = 0.0) -> None:
    """Ends the training that waits."""
    (claimed,) = worker.claim().runs
    with service.db.write() as conn:
        write_frames(conn, [(claimed, frame([0, 1], offset=offset))])
        finish(conn, [(claimed, result())])
        conclude(conn, claimed, "float64")


def test_a_run_is_trained_once_more(service: Service, worker: PlayedWorker, run: Json) -> None:
    client = service.client
    experiment = client.get(run["links"]["experiment"]).json()
    answer = client.post(run["links"]["verify"])
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert answer.headers["Location"] == made["links"]["self"]
    assert (made["run_id"], made["state"], made["verdict"]) == (run["id"], "queued", None)
    assert client.get(made["links"]["self"]).json() == made
    assert client.get(made["links"]["run"]).json()["state"] == "queued"
    assert client.get(run["links"]["self"]).json() == run
    assert client.get(run["links"]["experiment"]).json() == experiment
    assert [one["id"] for one in client.get("/v1/experiments").json()["items"]] == [experiment["id"]]
    repeat(service, worker, 0.5)
    found = client.get(made["links"]["self"], params={"wait": 1}).json()
    assert (found["state"], found["verdict"], found["tolerance"]) == ("succeeded", "differs", 1e-6)
    assert set(found["first"]) == set(found["largest_at"]) == {"metric", "step"}
    assert client.get(run["links"]["verifications"]).json() == {"items": [found], "next_cursor": None}


def test_a_verification_is_cancelled_and_retried_by_its_run(client: Client, run: Json) -> None:
    made = client.post(run["links"]["verify"]).json()
    assert client.post(made["links"]["run"] + "/cancel").json()["state"] == "cancelled"
    assert client.get(made["links"]["self"]).json()["state"] == "cancelled"
    assert client.post(made["links"]["run"] + "/retry").json()["state"] == "queued"
    assert client.get(run["links"]["self"]).json() == run


def test_verifications_are_listed_newest_first_in_pages(client: Client, run: Json) -> None:
    made = [client.post(run["links"]["verify"]).json()["id"] for _ in range(3)]
    page = client.get(run["links"]["verifications"], params={"limit": 2})
    assert [one["id"] for one in page.json()["items"]] == [made[2], made[1]]
    rest = client.get(page.links["next"]["url"]).json()
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([made[0]], None)
    assert client.get(run["links"]["verifications"], params={"cursor": "junk"}).status_code == 422


def test_what_has_not_succeeded_or_is_a_verification_is_refused(client: Client, run: Json) -> None:
    made = submit(client, spec(seed=99))
    answer = client.post(f"/v1/runs/{run_ids(client, made)[0]}/verify")
    assert answer.status_code == 409
    assert "the run is queued" in answer.json()["detail"]
    verification = client.post(run["links"]["verify"]).json()
    answer = client.post(verification["links"]["run"] + "/verify")
    assert (answer.status_code, "a verification" in answer.json()["detail"]) == (409, True)
    for link in ("run", "experiment"):
        answer = client.post(verification["links"][link] + "/extend", json={"steps": 1000})
        assert answer.status_code == 409


def test_a_verification_that_succeeded_is_not_extended(
    service: Service, worker: PlayedWorker, run: Json
) -> None:
    made = service.client.post(run["links"]["verify"]).json()
    repeat(service, worker)
    answer = service.client.post(made["links"]["run"] + "/extend", json={"steps": 1000})
    assert (answer.status_code, "another run" in answer.json()["detail"]) == (409, True)


def test_a_verification_is_made_once_a_key(client: Client, run: Json) -> None:
    first, again = (client.post(run["links"]["verify"], headers=KEY) for _ in range(2))
    assert (first.status_code, again.content) == (202, first.content)
    assert len(client.get(run["links"]["verifications"]).json()["items"]) == 1


def test_it_goes_with_its_run(client: Client, run: Json) -> None:
    made = client.post(run["links"]["verify"]).json()
    client.delete(run["links"]["experiment"])
    for link in ("self", "run", "verified", "experiment"):
        assert client.get(made["links"][link]).status_code == 404


def test_unknown_ones_and_bodies_are_refused(shared_client: Client) -> None:
    made = submit(shared_client, spec(name="verify"))
    run = f"/v1/runs/{run_ids(shared_client, made)[0]}"
    assert shared_client.post("/v1/runs/run_x/verify").status_code == 404
    assert shared_client.get("/v1/runs/run_x/verifications").status_code == 404
    assert shared_client.get(f"{run}/verifications/run_x").status_code == 404
    assert shared_client.post(f"{run}/verify", json={"steps": 1}).status_code == 422
