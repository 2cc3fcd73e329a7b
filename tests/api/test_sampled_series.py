"""Fewer points over HTTP: which come, in every form, of one run and of many; and long series in stretches."""

import math
from typing import Any

import numpy as np
import pytest
from httpx import Client

from api import series_source
from tests.api.played import PlayedWorker, run_ids, submit, sweep

N = 3000
STEPS = np.concatenate([np.arange(1000), np.arange(1000, 1000 + 10 * (N - 1000), 10)])
ERROR = (1.0 + STEPS) ** -0.5 * np.random.default_rng(0).lognormal(0, 0.3, N)
ERROR[2500] = math.nan
T1, T2 = 137, 8005
"""Of these, the second lies between recorded steps."""


def _write(worker: PlayedWorker, claimed: Any, scale: float = 1.0) -> None:
    for begin in range(0, N, 500):
        some = slice(begin, begin + 500)
        worker.write(
            claimed, STEPS[some].tolist(), train_error=(ERROR * scale)[some].tolist(), test_error=[1.0] * 500
        )


@pytest.fixture
def run(client: Client, worker: PlayedWorker) -> str:
    made = submit(client)
    claimed = worker.claim().runs[0]
    _write(worker, claimed)
    worker.finish(claimed, t1=T1, t2=T2)
    return run_ids(client, made)[0]


def _series(client: Client, run: str, query: str) -> dict[str, Any]:
    answer = client.get(f"/v1/runs/{run}/series?metric=train_error&{query}")
    assert answer.status_code == 200, answer.text
    series: dict[str, Any] = answer.json()["series"][0]
    return series


def test_the_points_are_recorded_ones_and_have_what_a_plot_needs(client: Client, run: str) -> None:
    found = _series(client, run, "points=200&scale=log")
    assert (found["total"], found["method"]) == (N, "minmax-lttb")
    assert 190 <= found["returned"] == len(found["steps"]) <= 200
    known = dict(zip(STEPS.tolist(), ERROR.tolist(), strict=True))
    for place, (step, value) in enumerate(zip(found["steps"], found["values"], strict=True)):
        assert value == known[step] or found["nonfinite"][str(place)] == "NaN"
    broken = int(STEPS[2500])
    assert {0, int(STEPS[-1]), T1, 8010, broken} <= set(found["steps"])
    finite = [value for value in found["values"] if value is not None]
    assert (min(finite), max(finite)) == (np.nanmin(ERROR), np.nanmax(ERROR))
    assert sum(10 <= step < 100 for step in found["steps"]) > 35
    linear = _series(client, run, "points=200&scale=linear")["steps"]
    assert sum(10 <= step < 100 for step in linear) < 10


def test_a_question_has_one_answer_however_it_is_read(
    client: Client, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/runs/{run}/series?metric=train_error&metric=test_error&points=100&scale=log"
    whole = client.get(path)
    assert client.get(path).content == whole.content
    monkeypatch.setattr("api.routes.run_series._AT_ONCE", 500)
    monkeypatch.setattr(series_source, "NUMBERS", 700)
    assert client.get(path).content == whole.content
    monkeypatch.setattr("api.routes.run_series._AT_ONCE", 5)
    assert client.get(path).content == whole.content


def test_points_beyond_those_there_are_leave_none_out(client: Client, run: str) -> None:
    found = _series(client, run, "points=100&from=10&to=59")
    assert (found["total"], found["returned"], found["method"]) == (50, 50, "all")
    assert _series(client, run, "points=5&from=10&to=9")["total"] == 0
    few = _series(client, run, "points=1")
    assert few["steps"][0] == 0
    assert few["returned"] <= 7


@pytest.mark.parametrize("query", ["", "&points=150&scale=log", "&after_step=500&to=9000"])
def test_every_form_says_the_same(client: Client, run: str, query: str) -> None:
    path = f"/v1/runs/{run}/series?metric=train_error{query}"
    series = client.get(path).json()["series"][0]
    values = [math.nan if value is None else value for value in series["values"]]
    raw = client.get(path, headers={"Accept": "application/octet-stream"}).content
    pairs = np.frombuffer(raw, "<f8").reshape(-1, 2)
    np.testing.assert_array_equal(pairs[:, 0], series["steps"])
    np.testing.assert_array_equal(pairs[:, 1], values)
    _, *lines = client.get(path, headers={"Accept": "text/csv"}).text.splitlines()
    np.testing.assert_array_equal([float(line.split(",")[1]) for line in lines], values)


@pytest.mark.parametrize("accept", ["application/json", "text/csv", "application/octet-stream"])
def test_a_long_series_comes_in_stretches_unchanged(
    client: Client, run: str, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = "metric=train_error" if "octet" in accept else "metric=test_error&metric=train_error"
    path = f"/v1/runs/{run}/series?{metrics}&from=3&to=20000"
    whole = client.get(path, headers={"Accept": accept})
    monkeypatch.setattr("api.routes.run_series._AT_ONCE", 5)
    for numbers in (1, 1100, 10**6):
        monkeypatch.setattr(series_source, "NUMBERS", numbers)
        streamed = client.get(path, headers={"Accept": accept})
        assert "Content-Length" not in streamed.headers
        assert streamed.content == whole.content


def test_head_of_a_stream_has_its_head_alone(
    client: Client, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.run_series._AT_ONCE", 5)
    path = f"/v1/runs/{run}/series?metric=train_error"
    for _ in range(3):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content, get.status_code) == (200, b"", 200)
        assert head.headers["ETag"] == get.headers["ETag"]


def test_many_runs_are_sampled_each(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=3))
    for place, claimed in enumerate(worker.claim().runs[:2]):
        _write(worker, claimed, 1.0 + place)
    ids = run_ids(client, made)
    path = f"/v1/experiments/{made['id']}/series?metric=train_error&metric=test_error&points=50&scale=log"
    series = client.get(path).json()["series"]
    assert [one["run"] for one in series] == [ids[0]] * 2 + [ids[1]] * 2 + [ids[2]] * 2
    alone = client.get(f"/v1/runs/{ids[1]}/series?metric=train_error&points=50&scale=log").json()["series"][0]
    assert {key: series[2][key] for key in alone} == alone
    assert (series[4]["total"], series[4]["method"]) == (0, "all")


def test_many_runs_are_the_same_read_one_by_one(
    client: Client, worker: PlayedWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = submit(client, sweep(seeds=3))
    for claimed in worker.claim().runs[1:]:
        _write(worker, claimed)
    path = f"/v1/experiments/{made['id']}/series?metric=test_error&metric=train_error&from=7&to=20000"
    for accept in ("application/json", "text/csv"):
        monkeypatch.undo()
        together = client.get(path, headers={"Accept": accept})
        monkeypatch.setattr(series_source, "_HELD", 1)
        monkeypatch.setattr(series_source, "NUMBERS", 600)
        assert client.get(path, headers={"Accept": accept}).content == together.content


def test_series_of_many_runs_are_unchanged_until_a_point_is_added(
    client: Client, worker: PlayedWorker
) -> None:
    made = submit(client, sweep(seeds=2))
    lease = worker.claim()
    worker.write(lease.runs[0], [0, 1], train_error=[1, 2])
    path = f"/v1/experiments/{made['id']}/series?metric=train_error"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(f"{path}&points=1", headers={"If-None-Match": tag}).status_code == 200
    worker.write(lease.runs[1], [0], train_error=[3])
    changed = client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["series"][1]["values"]) == (200, [3.0])
