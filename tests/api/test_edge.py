"""What holds for every request: problems, HEAD, request ids, ETags, ids of any shape, no leaks."""

from dataclasses import replace

import pytest
from httpx import Client
from sqlalchemy import create_engine

from core.store import beat_worker, open_database
from tests.api.played import PlayedWorker, run_ids, submit
from tests.api.served import Service, served
from worker.settings import Settings

PROBLEM = "application/problem+json"
ODD_IDS = [
    "none",
    "run_none",
    "exp_none",
    "%00",
    "run_%00",
    "exp_" + "0" * 26,
    "run_" + "z" * 26,
    "RUN_" + "0" * 26,
    "x" * 5000,
    "%F0%9F%92%A9",
    "%ff%fe",
    "..",
    "'; DROP TABLE runs; --",
]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_an_id_of_any_shape_is_a_404(shared_client: Client, odd: str) -> None:
    for path in ("/v1/runs/{}", "/v1/runs/{}/series", "/v1/runs/{}/analysis", "/v1/experiments/{}/results"):
        answer = shared_client.get(path.format(odd))
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == PROBLEM
        assert len(answer.content) < 1000
    assert shared_client.post(f"/v1/experiments/{odd}/cancel").status_code == 404
    assert shared_client.delete(f"/v1/experiments/{odd}").status_code == 404


def test_an_odd_id_does_not_disturb_either_database(client: Client) -> None:
    assert client.get("/v1/runs/run_%00").status_code == 404
    assert client.get(f"/v1/experiments/exp_{'0' * 26}?wait=5").status_code == 404


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/", "/v1/experiments/", "/v1/runs/a/b/c"])
def test_an_unknown_route_is_a_404_problem(shared_client: Client, path: str) -> None:
    answer = shared_client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, PROBLEM)
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/experiments", {"GET", "HEAD", "POST"}),
        ("POST", "/v1/runs/run_x", {"GET", "HEAD"}),
        ("PATCH", "/v1/experiments/exp_x", {"GET", "HEAD", "DELETE"}),
        ("GET", "/v1/experiments/exp_x/cancel", {"POST"}),
        ("DELETE", "/livez", {"GET", "HEAD"}),
    ],
)
def test_a_405_names_every_allowed_method(
    shared_client: Client, method: str, path: str, allow: set[str]
) -> None:
    answer = shared_client.request(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, PROBLEM)
    assert set(answer.headers["Allow"].split(", ")) == allow


def test_head_is_get_without_a_body(sqlite_client: Client) -> None:
    made = submit(sqlite_client)
    run = run_ids(sqlite_client, made)[0]
    for path in (
        "/livez",
        "/docs",
        "/v1/experiments",
        made["links"]["self"],
        f"/v1/runs/{run}/series?metric=train_error",
        made["links"]["series"],
    ):
        head, get = sqlite_client.head(path), sqlite_client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
        assert head.headers.get("ETag") == get.headers.get("ETag")
    assert sqlite_client.head("/v1/runs/run_none").status_code == 404


def test_a_resource_is_unchanged_until_it_changes(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    for path in (made["links"]["self"], f"/v1/runs/{run_ids(client, made)[0]}"):
        tag = client.get(path, headers={"Accept-Encoding": "identity"}).headers["ETag"]
        for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            answer = client.get(path, headers={"If-None-Match": asked, "Accept-Encoding": "identity"})
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    before = client.get(made["links"]["self"]).headers["ETag"]
    worker.finish_everything()
    assert client.get(made["links"]["self"], headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/schema", "/v1/problems", "/v1/experiments", "/v1/workers"])
def test_an_answer_in_json_alone_is_refused_to_who_takes_none(shared_client: Client, path: str) -> None:
    answer = shared_client.get(path, headers={"Accept": "image/png, text/*"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (406, PROBLEM)
    assert "application/json" in answer.json()["detail"]


def test_the_schema_is_unchanged(shared_client: Client) -> None:
    tag = shared_client.get("/v1/schema").headers["ETag"]
    assert shared_client.get("/v1/schema", headers={"If-None-Match": tag}).status_code == 304


def test_every_answer_has_a_request_id(shared_client: Client) -> None:
    mine = shared_client.get("/livez", headers={"X-Request-Id": "my-id.1"})
    assert mine.headers["X-Request-Id"] == "my-id.1"
    bad = shared_client.get("/nowhere", headers={"X-Request-Id": "a b"})
    assert bad.headers["X-Request-Id"] not in ("", "a b")


def test_a_fault_of_the_service_shows_no_trace(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("api.routes.catalogue.queue_depth", broken)
    with served(sqlite_settings) as client:
        answer = client.get("/v1/queue")
        assert client.get("/livez").status_code == 200
    problem = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, PROBLEM)
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    logged = [record for record in caplog.records if record.exc_info and record.name == "groklab.api"]
    assert [vars(record)["request_id"] for record in logged] == [problem["request_id"]]


def test_a_database_that_is_away_is_a_503(sqlite_settings: Settings) -> None:
    away = sqlite_settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/none"})
    with served(away) as client:
        answer = client.get("/v1/experiments")
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, PROBLEM)
        assert answer.headers["Retry-After"]
        assert client.get("/livez").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, list(ready.json()["missing"])) == (503, ["database"])
        assert ready.json()["workers"] is None


def test_no_free_connection_is_for_now(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    db = open_database(sqlite_settings.database_url)
    engine = create_engine(db.engine.url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    taken = replace(db, engine=engine)
    monkeypatch.setattr("api.app.open_database", lambda *_, **__: taken)
    with served(sqlite_settings) as client, engine.connect():
        answer = client.get("/v1/experiments")
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, PROBLEM)
        assert answer.headers["Retry-After"]
    db.dispose()


def test_a_service_without_faults_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    nobody = {"cpu": False, "gpu": False}
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "missing": {}, "workers": nobody})


def test_readiness_tells_of_workers_and_does_not_depend_on_them(service: Service) -> None:
    with service.db.write() as conn:
        beat_worker(conn, "w1", queue="cpu", host="here", pid=1, state="idle")
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["workers"]) == (200, {"cpu": True, "gpu": False})


def test_a_database_without_tables_is_named(sqlite_settings: Settings, blank_url: str) -> None:
    with served(sqlite_settings.model_copy(update={"database_url": blank_url})) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, list(answer.json()["missing"])) == (503, ["migrations"])
        assert answer.json()["workers"] is None


def test_versions_are_told(shared_client: Client) -> None:
    assert {"version", "numerics_version"} <= shared_client.get("/version").json().keys()


def test_the_catalogue_says_what_can_be_asked(shared_client: Client) -> None:
    problems = {item["kind"]: item for item in shared_client.get("/v1/problems").json()["items"]}
    assert problems["dataset"]["models"]["mlp"] == ["sgd", "adam", "adamw"]
    metrics = {item["name"]: item for item in shared_client.get("/v1/metrics-catalogue").json()["items"]}
    assert metrics["test_error"]["formula"]
    schema = shared_client.get("/v1/schema").json()
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]["steps"]["description"]
    for spec in schema["examples"]:
        models = problems[spec["problem"]["kind"]]["models"]
        assert spec["optimizer"]["kind"] in models[spec["model"]["kind"]], spec["name"]


def test_workers_and_queues_are_shown(service: Service) -> None:
    client, db = service.client, service.db
    submit(client)
    with db.write() as conn:
        beat_worker(conn, "w1", queue="cpu", host="here", pid=1, state="busy")
    worker = client.get("/v1/workers").json()["items"][0]
    assert (worker["id"], worker["state"]) == ("w1", "busy")
    queues = {item["queue"]: item for item in client.get("/v1/queue").json()["items"]}
    assert (queues["cpu"]["queued_runs"], queues["gpu"]["queued_runs"]) == (1, 0)
