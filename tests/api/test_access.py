"""Who may do what: open without tokens, closed with the first one, by scope from then on."""

import hmac
import json
import logging
import re
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from httpx import Client, Response
from sqlalchemy import Connection

import api.access.known as known
from api.access import needed_scope
from core.access import SCOPES, Scope, allows
from core.store import (
    Database,
    Token,
    create_token,
    get_experiment,
    list_tokens,
    revoke_token,
    upgrade,
    valid_tokens,
)
from tests.api.archives import GOOD, npz, upload
from tests.api.played import PlayedWorker, eventually, run_ids, spec, submit
from tests.api.served import served
from worker.settings import Settings

SECRETS: Mapping[Scope, str] = {scope: f"{scope}-0123456789abcdef01234567" for scope in SCOPES}
OPEN = ("/livez", "/readyz", "/version", "/docs", "/openapi.json")
PROBLEM = "application/problem+json"


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def refused(answer: Response) -> str:
    """The challenge of a 401."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, PROBLEM)
    assert answer.json()["type"] == "/docs#unauthorized"
    return answer.headers["WWW-Authenticate"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the database says counts at once."""
    for name in ("FRESH_SECONDS", "UNKNOWN_SECONDS"):
        monkeypatch.setattr(known, name, 0.0)


@pytest.fixture
def lab(settings: Settings, quick: None) -> Iterator[Client]:
    """A service over each dialect in turn."""
    with served(settings) as client:
        yield client


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One service with tokens of the environment, for requests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("closed")
    upgrade(f"sqlite:///{folder}/groklab.db")
    tokens = ",".join(f"{scope}:{secret}" for scope, secret in SECRETS.items())
    with served(Settings(state_dir=folder, broker_url="filesystem://", tokens=tokens)) as client:
        yield client


def make(db: Database, scope: Scope, name: str = "lab") -> tuple[str, str]:
    """The id and the secret of a new token."""
    with db.write() as conn:
        token, secret = create_token(conn, name, scope)
    return token.id, secret


def test_a_service_without_tokens_is_open_until_the_first_one(lab: Client, db: Database) -> None:
    assert lab.get("/v1/experiments").status_code == 200
    assert lab.get("/v1/experiments", headers=bearer("whatever")).status_code == 200
    token_id, secret = make(db, "read")
    assert refused(lab.get("/v1/experiments")) == 'Bearer realm="groklab"'
    assert lab.get("/v1/experiments", headers=bearer(secret)).status_code == 200
    with db.write() as conn:
        revoke_token(conn, token_id)
    assert "invalid_token" in refused(lab.get("/v1/experiments", headers=bearer(secret)))
    assert refused(lab.get("/v1/experiments"))


def test_a_revoked_token_lets_in_for_seconds_at_most(settings: Settings, db: Database) -> None:
    assert known.FRESH_SECONDS <= 5
    token_id, secret = make(db, "read")
    with served(settings) as client:
        assert client.get("/v1/queue", headers=bearer(secret)).status_code == 200
        with db.write() as conn:
            revoke_token(conn, token_id)
        eventually(lambda: client.get("/v1/queue", headers=bearer(secret)).status_code == 401, 30)


@pytest.mark.parametrize("path", OPEN)
def test_what_tells_nothing_of_the_work_is_open(closed: Client, path: str) -> None:
    assert closed.get(path).status_code == 200
    assert closed.get(path, headers=bearer("wrong")).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/v1", "/nowhere", "/livez/", "/v1/../livez/x"])
def test_everything_else_is_not(closed: Client, path: str) -> None:
    assert refused(closed.get(path))


def _operations(client: Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_operation_lets_in_the_scopes_that_it_names_and_no_others(closed: Client) -> None:
    seen = set()
    for method, template, operation in _operations(closed):
        path = re.sub(r"\{[^}]*\}", "none", template)
        if "security" not in operation:
            assert path in OPEN
            continue
        [[needed], no_token] = [one.get("bearer") for one in operation["security"]]
        assert no_token is None
        assert {"401", "403", "429"} <= operation["responses"].keys()
        assert needed == needed_scope(method, template) == needed_scope(method, path)
        seen.add(needed)
        assert refused(closed.request(method, path)), path
        for held, secret in SECRETS.items():
            answer = closed.request(method, path, headers=bearer(secret))
            if allows(held, needed):
                assert answer.status_code not in (401, 403), (method, path, held)
            else:
                assert (answer.status_code, answer.headers["Content-Type"]) == (403, PROBLEM)
                assert f"scope {needed}" in answer.json()["detail"]
                assert f'error="insufficient_scope", scope="{needed}"' in answer.headers["WWW-Authenticate"]
        if method == "GET":
            assert closed.head(path).status_code == 401
            assert closed.head(path, headers=bearer(SECRETS[needed])).status_code != 401
    assert {"read", "write"} <= seen


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"Bearer",
        b"Bearer wrong",
        b"Bearer two words",
        b"Basic " + SECRETS["admin"].encode(),
        SECRETS["admin"].encode(),
        b"Bearer " + SECRETS["admin"].encode() + b"x",
        b"Bearer " + SECRETS["admin"][:-1].encode(),
        b"Bearer " + SECRETS["admin"].upper().encode(),
        b"Bearer \xc3\xa9\xff",
        b"Bearer " + b"x" * 512,
        b"Bearer " + b"x" * 20_000,
        b"Bearer " + b" " * 2_000 + SECRETS["admin"].encode(),
        b"Bearer tok_01k3v5m8h2x9q4c7r6t0y1z3ab",
        b"Bearer ' OR 1=1 --",
    ],
)
def test_what_is_no_token_is_refused_and_never_repeated(
    closed: Client, given: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "groklab.api")
    answer = closed.get("/v1/experiments", headers={b"Authorization": given})
    assert refused(answer).endswith('error="invalid_token"')
    assert SECRETS["admin"][:-1] not in answer.text.lower() + str(answer.headers).lower()
    assert len(answer.content) < 1000
    assert answer.headers["X-Request-Id"]
    assert SECRETS["admin"][:-1] not in caplog.text.lower()


def test_refusals_are_counted_under_the_route(closed: Client) -> None:
    assert refused(closed.get("/v1/runs/run_refused"))
    told = closed.get("/metrics", headers=bearer(SECRETS["read"])).text
    line = 'groklab_http_requests_total{method="GET",route="/v1/runs/{run_id}",status="4xx"}'
    assert line in told
    assert "run_refused" not in told


def test_two_tokens_at_once_are_refused(closed: Client) -> None:
    headers = [("Authorization", f"Bearer {SECRETS[scope]}") for scope in ("read", "admin")]
    assert refused(closed.get("/v1/experiments", headers=headers))


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_known_in_any_case(closed: Client, scheme: str) -> None:
    answer = closed.get("/v1/queue", headers={"Authorization": f"{scheme} {SECRETS['read']}"})
    assert answer.status_code == 200


def test_digests_are_compared_in_constant_time(closed: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def watched(known: str, given: str) -> bool:
        compared.append((known, given))
        return hmac.compare_digest(known, given)

    monkeypatch.setattr(known, "compare_digest", watched)
    assert closed.get("/v1/queue", headers=bearer(SECRETS["read"])).status_code == 200
    assert closed.get("/v1/queue", headers=bearer("wrong")).status_code == 401
    assert [one == other for one, other in compared[:2]] == [True, False]


def test_guessing_does_not_make_the_database_be_asked_each_time(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def counted(conn: Connection) -> Mapping[str, Token]:
        looks.append(1)
        return valid_tokens(conn)

    monkeypatch.setattr("api.access.known.valid_tokens", counted)
    tokens = sqlite_settings.model_copy(update={"tokens": Settings(tokens=f"read:{SECRETS['read']}").tokens})
    with served(tokens) as client:
        begin = time.monotonic()
        for number in range(200):
            assert refused(client.get("/v1/queue", headers=bearer(f"guess-{number}")))
        seconds = time.monotonic() - begin
    assert len(looks) <= 2 + seconds / known.UNKNOWN_SECONDS


def test_a_preflight_needs_no_token_and_refusals_are_for_the_page_to_read(
    sqlite_settings: Settings,
) -> None:
    origin = "https://lab.example"
    tokens = Settings(tokens=f"read:{SECRETS['read']}").tokens
    changed = sqlite_settings.model_copy(update={"cors_origins": (origin,), "tokens": tokens})
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    with served(changed) as client:
        before = client.options("/v1/experiments", headers={"Origin": origin, **asked})
        assert (before.status_code, before.headers["Access-Control-Allow-Origin"]) == (200, origin)
        answer = client.get("/v1/experiments", headers={"Origin": origin})
        assert refused(answer)
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]


def test_streams_and_waiting_need_a_token_too(lab: Client, db: Database) -> None:
    made = submit(lab)
    _, secret = make(db, "read")
    for path in (f"{made['links']['self']}?wait=1", made["links"]["stream"], made["links"]["series"]):
        assert refused(lab.get(path))
    assert lab.get(f"{made['links']['self']}?wait=0.1", headers=bearer(secret)).status_code == 200


def test_a_stream_ends_with_its_token(lab: Client, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "RENEWED_SECONDS", 0.0)
    monkeypatch.setattr(sys.modules["api.live.follow"], "HEARTBEAT_SECONDS", 0.05)
    made = submit(lab)
    token_id, secret = make(db, "read")
    with lab.stream("GET", made["links"]["stream"], headers=bearer(secret), timeout=30) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        assert next(lines)
        with db.write() as conn:
            revoke_token(conn, token_id)
        assert list(lines)[-1:] != ["event: end"]


def test_an_experiment_remembers_who_made_it_and_another_may_not_delete_it(lab: Client, db: Database) -> None:
    nobodys = submit(lab)
    (mine_id, mine), (_, others) = make(db, "write", "mine"), make(db, "write", "others")
    _, admin = make(db, "admin")
    lab.headers.update(bearer(mine))
    made, second = submit(lab), submit(lab, spec(seed=8))
    with db.read() as conn:
        found = get_experiment(conn, made["id"])
        assert found is not None
        assert found.owner == mine_id
    PlayedWorker(db).finish_everything()
    for force in ("false", "true"):
        path = f"{made['links']['self']}?force={force}"
        answer = lab.delete(path, headers=bearer(others))
        assert answer.status_code == 403
        assert "scope admin" in answer.json()["detail"]
    assert lab.delete(made["links"]["self"], headers=bearer(mine)).status_code == 200
    assert lab.delete(second["links"]["self"], headers=bearer(admin)).status_code == 200
    assert lab.delete(nobodys["links"]["self"], headers=bearer(others)).status_code == 200


def test_what_another_token_made_is_neither_trained_on_nor_deleted(lab: Client, db: Database) -> None:
    (_, mine), (_, others), (_, admin) = make(db, "write"), make(db, "write"), make(db, "admin")
    lab.headers.update(bearer(mine))
    made = submit(lab)
    run = run_ids(lab, made)[0]
    hook = lab.post("/v1/webhooks", json={"url": "https://example.org/"}).json()
    dataset = upload(lab, npz(GOOD)).json()
    lab.post(made["links"]["cancel"])
    asked = [
        ("POST", f"/v1/experiments/{made['id']}/retry", None),
        ("POST", f"/v1/runs/{run}/retry", None),
        ("POST", f"/v1/experiments/{made['id']}/extend", {"steps": 900}),
        ("POST", f"/v1/runs/{run}/extend", {"steps": 900}),
        ("DELETE", hook["links"]["self"], None),
        ("DELETE", dataset["links"]["self"], None),
    ]
    for method, path, body in asked:
        answer = lab.request(method, path, json=body, headers=bearer(others))
        assert answer.status_code == 403, (path, answer.text)
    for method, path, body in asked:
        answer = lab.request(method, path, json=body, headers=bearer(admin))
        assert answer.status_code in (200, 202, 409), (path, answer.text)


def test_one_callers_idempotency_keys_are_nothing_to_another(lab: Client, db: Database) -> None:
    key = {"Idempotency-Key": "same"}
    secrets = [make(db, "write")[1] for _ in range(2)]
    ids = {submit(lab, spec(), **{**key, **bearer(secret)})["id"] for secret in secrets for _ in range(2)}
    assert len(ids) == 2


def test_the_latest_use_of_a_token_is_told(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.maintenance.USE_SECONDS", 0.05)
    _, secret = make(db, "read")
    make(db, "read", "unused")
    with served(settings) as client:
        assert client.get("/v1/queue", headers=bearer(secret)).status_code == 200
        eventually(lambda: _tokens(db)[0].last_used_at is not None)
        first = _tokens(db)
        assert client.get("/v1/queue", headers=bearer(secret)).status_code == 200
    assert first[1].last_used_at is None
    assert _tokens(db) == first


def _tokens(db: Database) -> list[Any]:
    with db.read() as conn:
        return list_tokens(conn)


def test_off_loopback_nothing_is_open_whatever_the_database_holds(settings: Settings) -> None:
    with served(settings.model_copy(update={"host": "0.0.0.0"})) as client:
        assert client.get("/livez").status_code == 200
        assert refused(client.get("/v1/experiments"))


def test_a_log_line_names_the_token(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.routes.catalogue.queue_depth", broken)
    tokens = Settings(tokens=f"read:{SECRETS['read']}").tokens
    with served(sqlite_settings.model_copy(update={"tokens": tokens})) as client:
        answer = client.get("/v1/queue", headers=bearer(SECRETS["read"]))
    assert answer.status_code == 500
    assert SECRETS["read"] not in json.dumps(answer.json())
    assert SECRETS["read"] not in caplog.text


def test_a_body_that_nobody_may_send_is_not_waited_for(closed: Client) -> None:
    address = closed.base_url
    with socket.create_connection((address.host, address.port or 80), timeout=10) as raw:
        raw.sendall(b"POST /v1/experiments HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{")
        assert raw.recv(1000).startswith(b"HTTP/1.1 401")


def test_a_database_that_is_away_lets_tokens_of_the_environment_in(sqlite_settings: Settings) -> None:
    tokens = Settings(tokens=f"read:{SECRETS['read']}").tokens
    away = {"database_url": "postgresql://127.0.0.1:1/none", "tokens": tokens}
    with served(sqlite_settings.model_copy(update=away)) as client:
        assert client.get("/v1/schema", headers=bearer(SECRETS["read"])).status_code == 200
        assert client.get("/v1/schema", headers=bearer("unknown")).status_code == 503
        assert refused(client.get("/v1/schema"))
    del away["tokens"]
    with served(sqlite_settings.model_copy(update=away)) as client:
        answer = client.get("/v1/schema")
        assert (answer.status_code, answer.headers["Content-Type"]) == (503, PROBLEM)
