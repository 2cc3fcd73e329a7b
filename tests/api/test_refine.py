"""Boundaries halved until they are known well enough."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx import Client, Response

from tests.api.played import Json, PlayedWorker, spec, submit, sweep

EDGE = 5e-4


def _refine(client: Client, made: Json, axis: str = "/regularization/l1", **more: Any) -> Response:
    headers = more.pop("headers", {})
    path = f"/v1/experiments/{made['id']}/refine"
    return client.post(path, json={"axis": axis, "tolerance": 0.1, **more}, headers=headers)


def _train(
    client: Client, worker: PlayedWorker, axis: str = "/regularization/l1", edge: float = EDGE
) -> None:
    """Ends what waits: below the edge nothing generalises."""
    while client.get("/v1/queue").json()["items"][0]["queued_runs"]:
        for claimed in worker.claim().runs:
            run = client.get(f"/v1/runs/{claimed.run_id}").json()
            below = run["axes"][axis] < edge
            outcome = "memorised_only" if below else "grokked"
            worker.finish(claimed, 10, None if below else 60, outcome, last_step=run["steps"])


@pytest.fixture
def made(client: Client, worker: PlayedWorker) -> Json:
    found = submit(client, sweep(seeds=2, l1=[1e-5, 1e-4, 1e-3]))
    _train(client, worker)
    return found


def test_the_cell_halfway_is_submitted_as_an_experiment_that_is_linked(client: Client, made: Json) -> None:
    answer = _refine(client, made)
    assert answer.status_code == 202, answer.text
    finer = answer.json()
    assert answer.headers["Location"] == finer["links"]["self"]
    assert finer["links"]["refines"] == made["links"]["self"]
    assert finer["counts"]["queued"] == 2, "a cell with the seeds of the first"
    (row,) = finer["spec"]["sweep"]["axes"][0]["values"]
    assert row == [pytest.approx((1e-4 * 1e-3) ** 0.5)]
    assert {**finer["spec"], "sweep": None} == {**made["spec"], "sweep": None}


def test_halving_goes_on_until_the_boundary_is_known_to_the_tolerance(
    client: Client, worker: PlayedWorker, made: Json
) -> None:
    rounds = 0
    while (answer := _refine(client, made)).status_code == 202:
        _train(client, worker)
        rounds += 1
    assert (answer.status_code, "nothing to refine" in answer.json()["detail"]) == (409, True)
    # A decade halves to 10 % in ln(10) / ln(1.1) = 24 parts.
    assert rounds == 5
    phase = client.get(f"/v1/experiments/{made['id']}/analysis/phase").json()
    assert len(phase["experiments"]) == rounds + 1
    assert len(phase["x"]) == 3 + rounds
    ((x, y),) = phase["boundaries"][0]["points"]
    assert (x, y) == (pytest.approx(EDGE, rel=0.1), None)


def test_whole_numbers_are_halved_to_neighbours(client: Client, worker: PlayedWorker) -> None:
    axis = "/problem/measurements"
    first = submit(client, spec(sweep={"axes": [{"path": axis, "values": [6, 14]}]}))
    _train(client, worker, axis, 11)
    while _refine(client, first, axis, tolerance=1e-9).status_code == 202:
        _train(client, worker, axis, 11)
    phase = client.get(f"/v1/experiments/{first['id']}/analysis/phase").json()
    assert phase["x"] == [6, 10, 11, 12, 14]
    assert phase["boundaries"][0]["points"] == [[10.5, None]]


def test_finer_cells_get_as_many_steps_as_runs_that_were_extended(
    client: Client, worker: PlayedWorker, made: Json
) -> None:
    longer = {"steps": 400, "censored_only": True}
    assert client.post(f"/v1/experiments/{made['id']}/extend", json=longer).status_code == 202
    _train(client, worker, edge=EDGE / 10)
    assert client.get(made["links"]["self"]).json()["spec"]["steps"] == 100, "one run grokked, with fewer"
    finer = _refine(client, made).json()
    assert finer["spec"]["steps"] == 400
    ((row,),) = (axis["values"] for axis in finer["spec"]["sweep"]["axes"])
    assert row == [pytest.approx((1e-5 * 1e-4) ** 0.5)]


def test_a_refinement_of_a_refinement_is_one_of_the_first(
    client: Client, worker: PlayedWorker, made: Json
) -> None:
    finer = _refine(client, made).json()
    _train(client, worker)
    assert _refine(client, finer).json()["links"]["refines"] == made["links"]["self"]


def test_what_was_trained_before_is_not_trained_again(
    client: Client, worker: PlayedWorker, made: Json
) -> None:
    _refine(client, made)
    _train(client, worker)
    again = submit(client, sweep(seeds=2, l1=[1e-5, 1e-4, 1e-3]))
    counts = _refine(client, again).json()["counts"]
    assert (counts["succeeded"], counts["queued"]) == (2, 0)


def test_a_deleted_first_experiment_leaves_its_refinement(
    client: Client, worker: PlayedWorker, made: Json
) -> None:
    finer = _refine(client, made).json()
    _train(client, worker)
    assert client.delete(made["links"]["self"]).status_code == 200
    left = client.get(finer["links"]["self"]).json()
    assert "refines" not in left["links"]
    assert client.get(finer["links"]["phase"]).json()["labels"] == [["memorised_only"]]


def test_a_key_takes_effect_once_and_a_storm_too(client: Client, made: Json) -> None:
    key = {"Idempotency-Key": "finer"}
    first, again = _refine(client, made, headers=key), _refine(client, made, headers=key)
    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    assert "2 queued" in _refine(client, made).json()["detail"]


def test_of_many_at_once_one_refines(client: Client, made: Json) -> None:
    with ThreadPoolExecutor(5) as pool, Client(base_url=client.base_url, timeout=60) as other:
        answers = list(pool.map(lambda _: _refine(other, made), range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("body", "pointer", "allowed"),
    [
        ({}, "/axis", "required"),
        ({"axis": "l1"}, "/axis", "JSON pointer"),
        ({"axis": "/regularization/l2"}, "/axis", "/regularization/l1"),
        ({"axis": "/regularization/l1", "tolerance": 0}, "/tolerance", "greater"),
        ({"axis": "/regularization/l1", "depth": 3}, "/depth", "no such field; there are axis, tolerance"),
    ],
)
def test_another_body_is_refused_where_it_is_wrong(
    client: Client, made: Json, body: Json, pointer: str, allowed: str
) -> None:
    answer = client.post(f"/v1/experiments/{made['id']}/refine", json=body)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert allowed in fault["message"]


def test_an_axis_of_objects_has_nothing_halfway(client: Client, worker: PlayedWorker) -> None:
    values = [{"l1": 1e-3}, {"l2_squared": 1e-3}]
    first = submit(client, spec(sweep={"axes": [{"path": "/regularization", "values": values}]}))
    worker.finish_everything()
    answer = _refine(client, first, "/regularization")
    assert "an axis of numbers" in answer.json()["errors"][0]["message"]
