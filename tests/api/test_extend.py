"""More steps over HTTP: what is queued, what is refused and why."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx import Client, Response

from core.store import Claimed, Finish, cancel_run, fail, finish
from tests.api.played import Json, PlayedWorker, run_ids, spec, submit, sweep
from tests.api.served import Service

KEY = {"Idempotency-Key": "longer"}


def done(service: Service, data: Json | None = None, *ends: Json) -> Json:
    """An experiment whose runs have ended, each as told; after their last step without a word."""
    made = submit(service.client, data)
    while (lease := _claim(service)) is not None:
        for claimed in lease:
            _end(service, claimed, **(ends[claimed.cell] if ends else {}))
    return made


def _claim(service: Service) -> tuple[Claimed, ...] | None:
    if not service.client.get("/v1/queue").json()["items"][0]["queued_runs"]:
        return None
    return PlayedWorker(service.db).claim().runs


def _end(service: Service, claimed: Claimed, **changes: Any) -> None:
    worker = PlayedWorker(service.db)
    worker.write(claimed, [0, 50, 100], train_error=[1, 0.5, 0.1], test_error=[1, 1, 1])
    worker.keep(claimed, 100, b"state")
    fields: Json = {"outcome": "memorised_only", "t1": 10, "t2": None, "diverged_at": None, "last_step": 100}
    end = Finish(**{**fields, **changes}, final={}, theory=None, provenance={})
    with service.db.write() as conn:
        assert not finish(conn, [(claimed, end)])


def extend(client: Client, thing: Json, headers: dict[str, str] | None = None, **body: Any) -> Response:
    return client.post(f"{thing['links']['self']}/extend", json=body, headers=headers or {})


def run_of(client: Client, made: Json, cell: int = 0) -> Json:
    found: Json = client.get(f"/v1/runs/{run_ids(client, made)[cell]}").json()
    return found


def test_an_experiment_gets_more_steps(service: Service) -> None:
    client = service.client
    made = done(service, sweep(seeds=3))
    answer = extend(client, made, steps=250)
    assert answer.status_code == 202, answer.text
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == (made["links"]["self"], "1")
    told = answer.json()
    assert (told["state"], told["counts"]["queued"]) == ("queued", 3)
    assert told["spec"]["steps"] == 250
    assert told["digest"] != made["digest"]
    run = run_of(client, made)
    assert (run["state"], run["steps"], run["step"], run["outcome"]) == ("queued", 250, 100, None)
    assert run["finished_at"] is None
    lease = PlayedWorker(service.db).claim()
    assert len(lease.runs) == 3, "they go on together"
    as_new = submit(client, {**sweep(seeds=3), "steps": 250, "reuse": False})
    assert as_new["digest"] == told["digest"]
    assert run_of(client, as_new)["digest"] == run["digest"]


def test_a_run_alone_gets_more_steps_and_the_spec_stays(service: Service) -> None:
    client = service.client
    made = done(service, sweep(seeds=2))
    answer = extend(client, run_of(client, made), steps=250)
    assert (answer.status_code, answer.json()["steps"], answer.json()["state"]) == (202, 250, "queued")
    assert answer.headers["Location"] == run_of(client, made)["links"]["self"]
    now = client.get(made["links"]["self"]).json()
    assert (now["spec"], now["digest"]) == (made["spec"], made["digest"])
    assert run_of(client, made, 1)["steps"] == 100


def test_only_censored_runs_where_that_is_asked(service: Service) -> None:
    client = service.client
    made = done(service, sweep(seeds=3), {}, {"t2": 60, "outcome": "grokked"}, {})
    answer = extend(client, made, steps=250, censored_only=True)
    assert answer.status_code == 202
    assert [run_of(client, made, cell)["steps"] for cell in range(3)] == [250, 100, 250]
    assert run_of(client, made, 1)["state"] == "succeeded"
    assert answer.json()["spec"]["steps"] == 100
    again = extend(client, run_of(client, made, 1), steps=250, censored_only=True)
    assert (again.status_code, again.json()["detail"]) == (409, "nothing to continue: t2 was seen")


def test_who_diverged_or_ended_by_a_rule_is_left(service: Service) -> None:
    client = service.client
    diverged = {"outcome": "diverged", "diverged_at": 50, "last_step": 50, "t1": None}
    early = {"outcome": "grokked", "t2": 40, "last_step": 50}
    data = {**sweep(seeds=3), "stop": {"when_generalised": True}}
    made = done(service, data, diverged, early, {})
    answer = extend(client, made, steps=250)
    assert answer.status_code == 202
    assert [run_of(client, made, cell)["steps"] for cell in range(3)] == [100, 100, 250]
    assert [run_of(client, made, cell)["state"] for cell in range(3)] == ["succeeded", "succeeded", "queued"]
    assert answer.json()["spec"]["steps"] == 250, "more steps would have changed nothing for the others"
    for cell, said in ((0, "diverged"), (1, "ended by a rule")):
        refused = extend(client, run_of(client, made, cell), steps=250)
        assert refused.status_code == 409
        assert said in refused.json()["detail"]


@pytest.mark.parametrize(
    ("steps", "allowed"),
    [(100, "more than 100"), (1, "more than 100"), (0, "greater than or equal to 1"), (10**13, "less than")],
)
def test_steps_that_are_none_to_go_on_to_are_refused(service: Service, steps: int, allowed: str) -> None:
    made = done(service)
    for thing in (made, run_of(service.client, made)):
        answer = extend(service.client, thing, steps=steps)
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["value"]) == ("/steps", steps)
        assert allowed in fault["message"]
    assert run_of(service.client, made)["state"] == "succeeded"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/steps"),
        ({"steps": "many"}, "/steps"),
        ({"steps": 250, "censored_only": 1}, "/censored_only"),
        ({"steps": 250, "reuse": "no"}, "/reuse"),
        ({"steps": 250, "colour": "red"}, "/colour"),
        ([250], ""),
    ],
)
def test_another_body_is_refused_where_it_is_wrong(shared_client: Client, body: Any, pointer: str) -> None:
    made = submit(shared_client, spec(name="extend"))
    answer = shared_client.post(made["links"]["extend"], json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_no_body_is_told_what_is_missing(shared_client: Client) -> None:
    made = submit(shared_client, spec(name="extend"))
    answer = shared_client.post(made["links"]["extend"])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/steps")


def test_limits_of_a_spec_hold_for_more_steps(service: Service) -> None:
    made = done(service, spec(record={"every": 1}))
    answer = extend(service.client, made, steps=10**7)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["value"]) == (422, "/steps", 10**7)
    assert "5000000 recorded steps" in fault["message"]


def test_what_has_not_succeeded_is_not_extended(service: Service) -> None:
    client = service.client
    made = submit(client, sweep(seeds=3))
    assert "3 queued" in extend(client, made, steps=250).json()["detail"]
    runs = run_ids(client, made)
    lease = PlayedWorker(service.db).claim()
    with service.db.write() as conn:
        fail(conn, lease.runs[:1], "internal", "broken")
    _end(service, lease.runs[1])
    for cell, state in ((0, "failed"), (2, "running")):
        answer = extend(client, run_of(client, made, cell), steps=250)
        assert answer.status_code == 409
        assert state in answer.json()["detail"]
    assert "1 running" in extend(client, made, steps=250).json()["detail"]
    with service.db.write() as conn:
        cancel_run(conn, runs[2])
        assert not finish(conn, [(lease.runs[2], Finish("grokked", 1, 2, None, {}, None, None))])
    answer = extend(client, made, steps=250)
    assert answer.status_code == 202
    assert [run_of(client, made, cell)["steps"] for cell in range(3)] == [100, 250, 100]
    assert answer.json()["spec"]["steps"] == 100


def test_swept_steps_are_not_extended(service: Service) -> None:
    data = spec(sweep={"axes": [{"path": "/steps", "values": [100, 100_000]}]})
    made = submit(service.client, data)
    while (lease := _claim(service)) is not None:
        for claimed in lease:
            _end(service, claimed)
    for thing in (made, run_of(service.client, made)):
        answer = extend(service.client, thing, steps=10**6)
        assert (answer.status_code, "sweeps /steps" in answer.json()["detail"]) == (409, True)


@pytest.mark.parametrize("reuse", [None, True, False])
def test_a_known_result_is_taken_over_unless_it_shall_not(service: Service, reuse: bool | None) -> None:
    client = service.client
    long = done(service, spec(steps=250), {"last_step": 250, "t2": 200})
    made = done(service)
    answer = extend(client, made, steps=250, reuse=reuse)
    run = run_of(client, made)
    if reuse is False:
        assert (run["state"], run["source_run"], answer.json()["state"]) == ("queued", None, "queued")
        return
    assert (run["state"], run["t2"], answer.json()["state"]) == ("succeeded", 200, "succeeded")
    assert run["source_run"] == run_of(client, long)["id"]
    kinds = [event["kind"] for event in client.get(run["links"]["events"]).json()["items"]]
    assert kinds[-2:] == ["extended", "reused"]


def test_reuse_is_as_the_spec_says(service: Service) -> None:
    done(service, spec(steps=250), {"last_step": 250, "t2": 200})
    made = done(service, {**spec(), "reuse": False})
    extend(service.client, made, steps=250)
    assert run_of(service.client, made)["state"] == "queued"


def test_an_extension_takes_effect_once_a_key(service: Service) -> None:
    client = service.client
    made = done(service)
    first = extend(client, made, KEY, steps=250)
    again = extend(client, made, KEY, steps=250)
    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    assert extend(client, made, KEY, steps=300).status_code == 422
    assert extend(client, made, steps=300).status_code == 409


def test_a_storm_of_extensions_extends_once(service: Service) -> None:
    made = done(service, sweep(seeds=4))
    with ThreadPoolExecutor(6) as pool, Client(base_url=service.client.base_url, timeout=60) as other:
        answers = list(pool.map(lambda _: extend(other, made, steps=250), range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    kinds = [
        e["kind"] for e in service.client.get(run_of(service.client, made)["links"]["events"]).json()["items"]
    ]
    assert kinds.count("extended") == 1


def test_nobody_is_not_extended(shared_client: Client) -> None:
    for thing in ("experiments/exp_x", "runs/run_x"):
        assert shared_client.post(f"/v1/{thing}/extend", json={"steps": 5}).status_code == 404
