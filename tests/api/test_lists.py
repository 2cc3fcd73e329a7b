"""Lists: pages without loss, filters, bounds of their parameters."""

import pytest
from httpx import Client

from tests.api.played import PlayedWorker, run_ids, spec, submit, sweep


def test_experiments_page_newest_first_without_loss(client: Client) -> None:
    made = [submit(client, spec(seed=seed))["id"] for seed in range(7)]
    seen: list[str] = []
    path = "/v1/experiments?limit=3"
    pages = 0
    while path:
        answer = client.get(path)
        seen += [item["id"] for item in answer.json()["items"]]
        pages += 1
        assert (answer.json()["next_cursor"] is None) == ("link" not in answer.headers)
        path = answer.links["next"]["url"] if answer.links else ""
    assert seen == made[::-1]
    assert pages == 3


def test_a_full_last_page_has_no_next(client: Client) -> None:
    submit(client)
    assert client.get("/v1/experiments?limit=1").json()["next_cursor"] is None


def test_experiments_are_filtered_by_state_problem_and_tag(client: Client, worker: PlayedWorker) -> None:
    done = submit(client, spec(seed=1, tags=["a", "b & c"]))["id"]
    worker.finish_everything()
    waits = submit(client, spec(seed=2, tags=["a"]))["id"]

    def found(**query: str) -> list[str]:
        return [item["id"] for item in client.get("/v1/experiments", params=query).json()["items"]]

    assert found(state="succeeded") == [done]
    assert found(state="queued") == [waits]
    assert found(state="failed") == []
    assert found(tag="a") == [waits, done]
    assert found(tag="b & c") == [done]
    assert found(problem="sparse_recovery", state="queued") == [waits]


def test_the_link_keeps_the_filters(client: Client) -> None:
    for seed in range(2):
        submit(client, spec(seed=seed, tags=["x & y"]))
    link = client.get("/v1/experiments", params={"tag": "x & y", "limit": 1}).links["next"]["url"]
    assert len(client.get(link).json()["items"]) == 1
    assert "tag=" in link


def test_runs_page_in_cell_order(client: Client) -> None:
    made = submit(client, sweep(seeds=5))
    seen: list[int] = []
    path = f"/v1/experiments/{made['id']}/runs?limit=2"
    while path:
        answer = client.get(path)
        seen += [item["cell"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if answer.links else ""
    assert seen == [0, 1, 2, 3, 4]


def test_the_history_of_a_run_goes_on_after_a_seq(client: Client, worker: PlayedWorker) -> None:
    run = run_ids(client, submit(client))[0]
    worker.finish_everything()
    events = client.get(f"/v1/runs/{run}/events").json()["items"]
    assert events[0]["kind"] == "created"
    assert {"claimed", "finished"} <= {event["kind"] for event in events}
    later = client.get(f"/v1/runs/{run}/events?after={events[0]['seq']}").json()["items"]
    assert later == events[1:]
    first = client.get(f"/v1/runs/{run}/events?limit=1")
    rest = client.get(first.links["next"]["url"].replace("limit=1", "limit=100"))
    assert first.json()["items"] + rest.json()["items"] == events
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=-1", "/query/limit"),
        ("limit=1001", "/query/limit"),
        ("limit=ten", "/query/limit"),
        ("limit=1&limit=2", "/query/limit"),
        ("cursor=junk", "/query/cursor"),
        ("cursor=exp_%00", "/query/cursor"),
        ("state=done", "/query/state"),
        ("problem=chess", "/query/problem"),
        ("tag=%00", "/query/tag"),
        ("tag=", "/query/tag"),
        ("colour=red", "/query/colour"),
    ],
)
def test_a_bad_parameter_is_named(shared_client: Client, query: str, pointer: str) -> None:
    answer = shared_client.get(f"/v1/experiments?{query}")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_cursor_of_runs_is_a_cell(sqlite_client: Client) -> None:
    path = submit(sqlite_client)["links"]["runs"]
    for cursor in ("junk", "-1", "9" * 30, "٣"):
        assert sqlite_client.get(path, params={"cursor": cursor}).status_code == 422
    assert sqlite_client.get(path, params={"cursor": "0"}).json()["items"] == []
