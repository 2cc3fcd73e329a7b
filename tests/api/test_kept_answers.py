"""Polls while nothing is written: no question to the database, and never an answer that is out of date."""

import pytest
from httpx import Client

from api.routes import experiments, runs
from tests.api.played import PlayedWorker, run_ids, submit
from tests.api.served import Service


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was looked up in the database."""
    seen: list[str] = []
    for module, name in ((experiments, "find_experiment"), (runs, "find_run")):
        found = getattr(module, name)

        def look(conn: object, identity: str, found: object = found) -> object:
            seen.append(identity)
            return found(conn, identity)  # type: ignore[operator]

        monkeypatch.setattr(module, name, look)
    return seen


def test_a_poll_is_never_out_of_date(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    path, run = made["links"]["self"], f"/v1/runs/{run_ids(client, made)[0]}"
    for _ in range(2):
        assert client.get(path).json()["state"] == client.get(run).json()["state"] == "queued"
    claimed = worker.claim().runs[0]
    for _ in range(2):
        assert client.get(path).json()["state"] == client.get(run).json()["state"] == "running"
    worker.write(claimed, [0, 5], train_error=[1, 2])
    assert client.get(run).json()["step"] == 5
    worker.finish(claimed)
    tag = client.get(path).headers["ETag"]
    for _ in range(2):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert client.get(path).json()["state"] == "succeeded"
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == client.get(run).status_code == 404


def test_sqlite_is_asked_once_while_nothing_is_written(service: Service, looks: list[str]) -> None:
    client = service.client
    made = submit(client)
    path = made["links"]["self"]
    tag = client.get(path).headers["ETag"]
    before = len(looks)
    for _ in range(5):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert client.get(path).json()["id"] == made["id"]
    assert len(looks) - before == (0 if service.db.dialect == "sqlite" else 10)
    submit(client)
    before = len(looks)
    # A client that already has the answer is told so from then on, too.
    for _ in range(3):
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert len(looks) - before == (1 if service.db.dialect == "sqlite" else 3)
    assert client.get(path).json()["id"] == made["id"]


def test_a_kept_answer_is_negotiated_like_any(client: Client) -> None:
    path = submit(client)["links"]["self"]
    for _ in range(2):
        assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
        assert client.get(path).status_code == 200
        assert client.get(f"{path}?wait=0").status_code == 200
        assert client.get(f"{path}?colour=1").status_code == 422
