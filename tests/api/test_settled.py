"""Answers about experiments that have ended: told once, and told anew as soon as a run may have changed."""

import pytest
from httpx import Client, Response

from tests.api.played import Json, PlayedWorker, run_ids, submit, sweep
from tests.api.served import Service

WHAT = [
    "analysis/matrix",
    "analysis/phase",
    "analysis/fit?x=beta",
    "plot.json",
    "plot.json?kind=phase",
    "plot.svg",
]


@pytest.fixture
def made(client: Client, worker: PlayedWorker) -> Json:
    found = submit(client, sweep(2, l1=[1e-4, 1e-3]))
    worker.finish_everything()
    return found


def _ask(client: Client, made: Json, what: str, etag: str | None = None) -> Response:
    known = {} if etag is None else {"If-None-Match": etag}
    return client.get(f"/v1/experiments/{made['id']}/{what}", headers=known)


@pytest.mark.parametrize("what", WHAT)
def test_who_has_the_answer_is_told_so_without_a_look_at_the_runs(
    client: Client, made: Json, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _ask(client, made, what)
    assert first.status_code == 200, first.text

    def look(*_: object, **__: object) -> None:
        raise AssertionError("the runs are read")

    monkeypatch.setattr("api.sweeps.reading.read_cells", look)
    monkeypatch.setattr("api.pictures.subject.list_runs", look)
    assert _ask(client, made, what, first.headers["ETag"]).status_code == 304
    again = _ask(client, made, what)
    assert (again.content, again.headers["ETag"]) == (first.content, first.headers["ETag"])


def test_tables_of_the_same_runs_read_them_once(
    client: Client, made: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _ask(client, made, "analysis/phase").status_code == 200

    def look(*_: object, **__: object) -> None:
        raise AssertionError("the runs are read again")

    monkeypatch.setattr("api.sweeps.reading.read_cells", look)
    for what in ("analysis/matrix?value=train_error", "analysis/matrix?value=ratio", "analysis/fit?x=beta"):
        assert _ask(client, made, what).status_code == 200


@pytest.mark.parametrize("what", WHAT)
def test_a_run_that_is_retried_makes_the_answer_another(
    service: Service, worker: PlayedWorker, what: str
) -> None:
    client = service.client
    made = submit(client, sweep(2, l1=[1e-4, 1e-3]))
    left = run_ids(client, made)[-1]
    client.post(f"/v1/runs/{left}/cancel")
    worker.finish_everything()
    before = _ask(client, made, what)
    assert before.status_code == 200, before.text
    client.post(f"/v1/runs/{left}/retry")
    waiting = _ask(client, made, what, before.headers["ETag"])
    assert waiting.status_code == 200
    (claimed,) = worker.claim().runs
    worker.write(claimed, range(3), train_error=[1, 0.5, 0.2], test_error=[1, 1, 0.1])
    worker.finish(claimed, 20, 600)
    after = _ask(client, made, what, before.headers["ETag"])
    assert after.status_code == 200
    assert after.content != before.content


@pytest.mark.parametrize("what", ["analysis/matrix", "analysis/phase", "plot.json?kind=phase"])
def test_a_refinement_makes_the_answer_another(client: Client, worker: PlayedWorker, what: str) -> None:
    made = submit(client, sweep(1, l1=[1e-4, 1e-3]))
    weak, strong = sorted(worker.claim().runs, key=lambda claimed: claimed.cell)
    worker.finish(weak, t2=None, outcome="memorised_only")
    worker.finish(strong)
    before = _ask(client, made, what)
    body = {"axis": "/regularization/l1", "tolerance": 0.1}
    answer = client.post(f"/v1/experiments/{made['id']}/refine", json=body)
    assert answer.status_code == 202, answer.text
    assert _ask(client, made, what, before.headers["ETag"]).status_code == 200
    worker.finish_everything()
    after = _ask(client, made, what, before.headers["ETag"])
    assert after.status_code == 200
    assert after.content != before.content

    refinement = answer.json()["id"]
    assert client.delete(f"/v1/experiments/{refinement}").is_success
    without = _ask(client, made, what, after.headers["ETag"])
    assert (without.status_code, without.content) == (200, before.content)


@pytest.mark.parametrize("what", WHAT)
def test_an_extension_makes_the_answer_another(client: Client, worker: PlayedWorker, what: str) -> None:
    made = submit(client, sweep(2, l1=[1e-4, 1e-3]))
    worker.finish_everything(last_step=made["spec"]["steps"])
    before = _ask(client, made, what)
    steps = made["spec"]["steps"]
    more = client.post(f"/v1/experiments/{made['id']}/extend", json={"steps": 2 * steps})
    assert more.status_code == 202, more.text
    assert _ask(client, made, what, before.headers["ETag"]).status_code != 304
    while not client.get(f"/v1/experiments/{made['id']}").json()["finished_at"]:
        for claimed in worker.claim().runs:
            worker.write(claimed, [2 * steps], train_error=[0.01], test_error=[0.02])
            worker.finish(claimed, t2=steps + claimed.cell, last_step=2 * steps)
    after = _ask(client, made, what, before.headers["ETag"])
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_verdict_is_kept_until_a_run_is_trained_anew(client: Client, worker: PlayedWorker) -> None:
    made = client.post("/v1/figures/3/experiments?scale=smoke").json()
    path = f"/v1/figures/3/verdict?experiment={made['id']}"
    left = run_ids(client, made)[-1]
    client.post(f"/v1/runs/{left}/cancel")
    worker.finish_everything()
    before = client.get(path)
    known = {"If-None-Match": before.headers["ETag"]}
    assert client.get(path, headers=known).status_code == 304
    client.post(f"/v1/runs/{left}/retry")
    assert client.get(path, headers=known).status_code == 200
    worker.finish_everything()
    after = client.get(path, headers=known)
    assert after.status_code == 200
    assert after.content != before.content


@pytest.mark.parametrize(
    "what", ["analysis/matrix?x=/nothing", "analysis/fit?x=nothing", "plot.json?kind=matrix&x=/nothing"]
)
def test_any_answer_will_do_only_where_there_is_one(client: Client, made: Json, what: str) -> None:
    assert _ask(client, made, what, "*").status_code == 422
    assert _ask(client, made, what.split("?")[0].replace("fit", "phase"), "*").status_code == 304


@pytest.mark.parametrize("what", WHAT)
def test_an_id_of_any_shape_is_a_404(client: Client, what: str) -> None:
    for odd in ("exp_%00", "%ff", "exp_" + "0" * 26):
        assert client.get(f"/v1/experiments/{odd}/{what}").status_code == 404
