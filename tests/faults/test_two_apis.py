"""Two API processes over one database: both reap, and both are asked the same thing many times at once."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from core.store import list_events, list_runs
from tests.faults import oracle
from tests.faults.lab import SPEC, Lab
from tests.faults.sweeps import RUNS, amid, settled, submit_sweep

POSTS = 50


@pytest.mark.slow
def test_two_reapers_take_each_run_back_once(stack_lab: Lab) -> None:
    stack_lab.another_api()
    worker = stack_lab.worker(concurrency=2)
    experiment = submit_sweep(stack_lab)
    amid(stack_lab, experiment)
    stack_lab.kill(worker)

    def taken_back() -> bool:
        return bool(stack_lab.get(f"/v1/experiments/{experiment}")["counts"]["running"] == 0)

    stack_lab.until(taken_back, 60)
    with stack_lab.database.read() as conn:
        losses = [
            [event.data["attempt"] for event in list_events(conn, run.id) if event.kind == "lost"]
            for run in list_runs(conn, experiment, limit=RUNS)
        ]
    assert any(losses)
    assert all(attempts in ([], [1]) for attempts in losses), losses
    other = stack_lab.worker()
    settled(stack_lab, experiment)
    stack_lab.kill(other)


def test_a_storm_of_one_request_makes_one_experiment(stack_lab: Lab) -> None:
    urls = [stack_lab.url, stack_lab.another_api()]
    before = len(stack_lab.get("/v1/experiments", limit=1000)["items"])
    headers = {"Idempotency-Key": "storm"}
    body = {**SPEC, "reuse": False, "name": "storm", "sweep": {"seeds": {"count": 20}}}

    def post(number: int) -> httpx.Response:
        with httpx.Client(base_url=urls[number % 2], timeout=60, trust_env=False) as http:
            return http.post("/v1/experiments", json=body, headers=headers)

    with ThreadPoolExecutor(POSTS) as pool:
        answers = list(pool.map(post, range(POSTS)))
    accepted = [answer for answer in answers if answer.status_code == httpx.codes.ACCEPTED]
    assert accepted
    assert len({answer.content for answer in accepted}) == 1
    for answer in answers:
        assert answer in accepted or (answer.status_code == 409 and "retry-after" in answer.headers), (
            answer.text
        )
    assert len(stack_lab.get("/v1/experiments", limit=1000)["items"]) == before + 1
    worker = stack_lab.worker()
    experiment = accepted[0].json()["id"]
    stack_lab.finish(experiment)
    oracle.check(stack_lab.database, [experiment])
    stack_lab.kill(worker)
