"""Series over HTTP: ranges, forms, numbers that JSON cannot write, many runs at once."""

import math
import struct

import numpy as np
import pytest
from httpx import Client

from tests.api.played import PlayedWorker, run_ids, submit, sweep

STEPS = [0, 1, 2, 10, 100]
TRAIN = [1.0, 0.5, math.nan, math.inf, -math.inf]
TEST = [1.0, 0.9, 0.8, 1e-300, 1 / 3]


@pytest.fixture
def run(client: Client, worker: PlayedWorker) -> str:
    made = submit(client)
    worker.write(worker.claim().runs[0], STEPS, train_error=TRAIN, test_error=TEST)
    return run_ids(client, made)[0]


def test_json_has_every_point_and_names_what_it_cannot_write(client: Client, run: str) -> None:
    answer = client.get(f"/v1/runs/{run}/series?metric=train_error&metric=test_error").json()
    assert answer["run"] == run
    train, test = answer["series"]
    assert train == {
        "metric": "train_error",
        "steps": STEPS,
        "values": [1.0, 0.5, None, None, None],
        "nonfinite": {"2": "NaN", "3": "Infinity", "4": "-Infinity"},
        "total": 5,
        "returned": 5,
        "method": "all",
    }
    assert (test["values"], test["nonfinite"]) == (TEST, {})


def test_ranges_select_steps(client: Client, run: str) -> None:
    def steps(query: str) -> list[int]:
        answer = client.get(f"/v1/runs/{run}/series?metric=test_error&{query}").json()["series"][0]
        assert answer["total"] == answer["returned"] == len(answer["steps"])
        found: list[int] = answer["steps"]
        return found

    assert steps("from=1&to=10") == [1, 2, 10]
    assert steps("after_step=2") == [10, 100]
    assert steps("from=1&after_step=1&to=99") == [2, 10]
    assert steps("from=101") == []


def test_without_a_metric_all_that_were_recorded_come(client: Client, run: str) -> None:
    series = client.get(f"/v1/runs/{run}/series").json()["series"]
    assert {one["metric"] for one in series} == {"train_error", "test_error"}


def test_csv_has_a_line_a_step(client: Client, run: str) -> None:
    query = f"/v1/runs/{run}/series?metric=test_error&metric=train_error"
    answer = client.get(query, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    header, *lines = answer.text.splitlines()
    assert header == "step,test_error,train_error"
    assert lines[0] == "0,1.0,1.0"
    assert lines[2:] == ["2,0.8,NaN", "10,1e-300,Infinity", f"100,{1 / 3!r},-Infinity"]


def test_octets_are_pairs_of_float64(client: Client, run: str) -> None:
    query = f"/v1/runs/{run}/series?metric=train_error"
    answer = client.get(query, headers={"Accept": "application/octet-stream"})
    pairs = np.frombuffer(answer.content, dtype="<f8").reshape(-1, 2)
    np.testing.assert_array_equal(pairs[:, 0], STEPS)
    np.testing.assert_array_equal(pairs[:, 1], TRAIN)
    assert struct.pack("<d", 0.5) in answer.content


def test_octets_are_of_one_metric(client: Client, run: str) -> None:
    query = f"/v1/runs/{run}/series?metric=train_error&metric=test_error"
    answer = client.get(query, headers={"Accept": "application/octet-stream"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/metric"


def test_an_unknown_form_is_a_406(client: Client, run: str) -> None:
    answer = client.get(f"/v1/runs/{run}/series?metric=test_error", headers={"Accept": "image/heic"})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["detail"]


def test_bad_questions_are_refused(client: Client, run: str) -> None:
    for query, pointer in (
        ("metric=colour", "/query/metric"),
        ("metric=test_error&from=-1", "/query/from"),
        ("metric=test_error&to=1e99", "/query/to"),
        ("metric=test_error&scale=cube", "/query/scale"),
        ("metric=test_error&points=0", "/query/points"),
        ("metric=test_error&points=x", "/query/points"),
        ("metric=test_error&points=100001", "/query/points"),
        ("metric=test_error&points=2&points=3", "/query/points"),
        ("metric=parameters&points=10", "/query/metric"),
        ("metric=test_error&from=1&from=2", "/query/from"),
        ("&".join(["metric=test_error"] * 65), "/query/metric"),
    ):
        answer = client.get(f"/v1/runs/{run}/series?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_run_without_points_has_empty_series(client: Client) -> None:
    queued = run_ids(client, submit(client))[0]
    series = client.get(f"/v1/runs/{queued}/series?metric=train_error").json()["series"]
    assert series == [
        {
            "metric": "train_error",
            "steps": [],
            "values": [],
            "nonfinite": {},
            "total": 0,
            "returned": 0,
            "method": "all",
        }
    ]
    csv = client.get(f"/v1/runs/{queued}/series?metric=train_error", headers={"Accept": "text/csv"})
    assert csv.text == "step,train_error\n"


def test_a_series_is_unchanged_until_a_point_is_added(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write(claimed, [0, 1], train_error=[1, 2])
    path = f"/v1/runs/{run_ids(client, made)[0]}/series?metric=train_error"
    tag = client.get(path).headers["ETag"]
    unchanged = client.get(path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    csv = client.get(path, headers={"If-None-Match": tag, "Accept": "text/csv"})
    assert csv.status_code == 200, "another form is another thing"
    assert client.get(path + "&from=1", headers={"If-None-Match": tag}).status_code == 200
    worker.write(claimed, [2], train_error=[3])
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_the_metrics_of_a_run_are_summed_up(client: Client, run: str) -> None:
    items = client.get(f"/v1/runs/{run}/metrics").json()["items"]
    train, test = sorted(items, key=lambda item: item["name"], reverse=True)
    assert (train["n"], train["first_step"], train["last_step"]) == (5, 0, 100)
    assert (train["min"], train["max"], train["nonfinite"]) == (0.5, 1.0, 3)
    assert (train["last"], train["last_nonfinite"]) == (None, "-Infinity")
    assert (test["last"], test["last_nonfinite"]) == (1 / 3, None)
    assert test["formula"]


def test_many_runs_come_in_one_answer(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=4))
    for place, claimed in enumerate(worker.claim().runs[:3]):
        worker.write(claimed, [0, 1 + place], train_error=[place, math.nan])
    ids = run_ids(client, made)
    path = f"/v1/experiments/{made['id']}/series?metric=train_error"
    answer = client.get(path).json()
    assert answer["experiment"] == made["id"]
    assert [one["run"] for one in answer["series"]] == ids
    assert [one["steps"] for one in answer["series"]] == [[0, 1], [0, 2], [0, 3], []]
    assert answer["series"][1]["nonfinite"] == {"1": "NaN"}
    some = client.get(f"{path}&run={ids[2]}&run={ids[0]}").json()["series"]
    assert [one["run"] for one in some] == [ids[0], ids[2]]
    csv = client.get(path, headers={"Accept": "text/csv"}).text.splitlines()
    assert csv[:3] == ["run,step,train_error", f"{ids[0]},0,0.0", f"{ids[0]},1,NaN"]
    assert len(csv) == 7


def test_bad_questions_about_many_runs_are_refused(client: Client) -> None:
    made, other = submit(client), submit(client, sweep(seeds=2))
    path = f"/v1/experiments/{made['id']}/series"
    for query, pointer in (
        ("", "/query/metric"),
        ("?metric=colour", "/query/metric"),
        (f"?metric=train_error&run={run_ids(client, other)[0]}", "/query/run"),
        ("?metric=train_error&run=%00", "/query/run"),
    ):
        answer = client.get(path + query)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
