"""Vector series over HTTP: rows beside scalars, in every form, for one run and for many."""

import math

import numpy as np
import pytest
from httpx import Client

from api import series_source
from api.routes import run_series
from tests.api.played import PlayedWorker, run_ids, submit, sweep

CSV = {"Accept": "text/csv"}
OCTETS = {"Accept": "application/octet-stream"}
ROWS = [[1.0, 2.0], [0.5, math.nan], [-math.inf, 1 / 3]]


@pytest.fixture
def run(client: Client, worker: PlayedWorker) -> str:
    """Points at 0, 1, 2; rows at 0, 1, 10."""
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write(claimed, [0, 1, 2], train_error=[1, 0.5, 0.25])
    worker.write_rows(claimed, "parameters", [0, 1], ROWS[:2], 2)
    worker.write_rows(claimed, "parameters", [10], ROWS[2:], 2)
    return run_ids(client, made)[0]


def test_rows_come_with_their_shape_among_the_metrics_in_the_order_asked(client: Client, run: str) -> None:
    query = f"/v1/runs/{run}/series?metric=parameters&metric=train_error&metric=parameters"
    rows, points = client.get(query).json()["series"]
    assert rows == {
        "metric": "parameters",
        "shape": [2],
        "steps": [0, 1, 10],
        "values": [[1.0, 2.0], [0.5, None], [None, 1 / 3]],
        "nonfinite": {"3": "NaN", "4": "-Infinity"},
        "total": 3,
        "returned": 3,
        "method": "all",
    }
    assert points["values"] == [1.0, 0.5, 0.25]
    assert "shape" not in points


def test_a_matrix_is_flat_in_row_major_order(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    worker.write_rows(worker.claim().runs[0], "parameters.re", [0], [[[1, 2, 3], [4, 5, 6]]], 2, 3)
    path = f"/v1/runs/{run_ids(client, made)[0]}/series?metric=parameters.re"
    (rows,) = client.get(path).json()["series"]
    assert (rows["shape"], rows["values"]) == ([2, 3], [[1, 2, 3, 4, 5, 6]])
    header, line = client.get(path, headers=CSV).text.splitlines()
    assert header.startswith('step,"parameters.re[0,0]","parameters.re[0,1]"')
    assert header.endswith('"parameters.re[1,2]"')
    assert line == "0,1.0,2.0,3.0,4.0,5.0,6.0"


def test_ranges_select_rows(client: Client, run: str) -> None:
    for query, steps in (("from=1", [1, 10]), ("after_step=1&to=10", [10]), ("to=0", [0]), ("from=11", [])):
        (rows,) = client.get(f"/v1/runs/{run}/series?metric=parameters&{query}").json()["series"]
        assert (rows["steps"], rows["shape"], rows["total"]) == (steps, [2], len(steps))


def test_vectors_come_only_where_they_are_named(client: Client, run: str) -> None:
    assert [one["metric"] for one in client.get(f"/v1/runs/{run}/series").json()["series"]] == ["train_error"]
    assert client.get(f"/v1/runs/{run}/series", headers=CSV).text.splitlines()[0] == "step,train_error"


def test_csv_has_a_column_a_component_and_blanks_where_nothing_was_recorded(client: Client, run: str) -> None:
    query = f"/v1/runs/{run}/series?metric=train_error&metric=parameters"
    assert client.get(query, headers=CSV).text.splitlines() == [
        "step,train_error,parameters[0],parameters[1]",
        "0,1.0,1.0,2.0",
        "1,0.5,0.5,NaN",
        "2,0.25,,",
        f"10,,-Infinity,{1 / 3!r}",
    ]


def test_octets_are_rows_of_step_and_components(client: Client, run: str) -> None:
    answer = client.get(f"/v1/runs/{run}/series?metric=parameters", headers=OCTETS)
    table = np.frombuffer(answer.content, dtype="<f8").reshape(-1, 3)
    np.testing.assert_array_equal(table[:, 0], [0, 1, 10])
    np.testing.assert_array_equal(table[:, 1:], ROWS)


@pytest.mark.parametrize("headers", [{}, CSV, OCTETS])
def test_a_streamed_answer_is_the_same(
    client: Client, run: str, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = f"/v1/runs/{run}/series?metric=parameters"
    if headers != OCTETS:
        query += "&metric=train_error"
    whole = client.get(query, headers=headers)
    # Two components of three rows and three points are over this, three rows and points are not.
    monkeypatch.setattr(run_series, "_AT_ONCE", 5)
    monkeypatch.setattr(series_source, "NUMBERS", 1)
    streamed = client.get(query, headers=headers)
    assert "Content-Length" in whole.headers
    assert "Content-Length" not in streamed.headers
    assert streamed.content == whole.content


def test_a_series_is_changed_by_rows_alone(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write(claimed, [0, 50], train_error=[1, 1])
    worker.write_rows(claimed, "parameters", [0], [[1, 2]], 2)
    path = f"/v1/runs/{run_ids(client, made)[0]}/series?metric=parameters"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    worker.write_rows(claimed, "parameters", [1], [[3, 4]], 2)
    changed = client.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["series"][0]["steps"]) == (200, [0, 1])


def test_before_the_first_row_a_vector_is_empty_and_of_no_shape(client: Client) -> None:
    queued = run_ids(client, submit(client))[0]
    for metric in ("parameters", "parameters.im", "singular_values"):
        (rows,) = client.get(f"/v1/runs/{queued}/series?metric={metric}").json()["series"]
        assert (rows["metric"], rows["shape"], rows["steps"], rows["values"]) == (metric, None, [], [])
    assert client.get(f"/v1/runs/{queued}/series?metric=parameters", headers=CSV).text == "step\n"


def test_a_vector_that_the_run_does_not_record_is_refused(client: Client, run: str) -> None:
    answer = client.get(f"/v1/runs/{run}/series?metric=singular_values")
    assert answer.status_code == 422
    assert "train_error, parameters" in answer.json()["detail"]


def test_vectors_are_summed_up_with_their_shape(client: Client, run: str) -> None:
    points, rows = client.get(f"/v1/runs/{run}/metrics").json()["items"]
    assert (points["name"], points["shape"], points["last"]) == ("train_error", None, 0.25)
    assert (rows["name"], rows["shape"], rows["n"]) == ("parameters", [2], 3)
    assert (rows["first_step"], rows["last_step"], rows["last"], rows["last_nonfinite"]) == (
        0,
        10,
        None,
        None,
    )
    assert (rows["min"], rows["max"], rows["nonfinite"]) == (1 / 3, 2.0, 2)


def test_rows_of_many_runs_come_in_one_answer(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=4))
    first, second, third, _ = worker.claim().runs
    worker.write(first, [0, 1], train_error=[1, 0.5])
    worker.write_rows(first, "parameters", [0], [[1, 2]], 2)
    worker.write_rows(second, "parameters", [0, 5], [[3, 4, 5], [6, 7, math.nan]], 3)
    worker.write(third, [0], train_error=[7])
    ids = run_ids(client, made)
    path = f"/v1/experiments/{made['id']}/series?metric=train_error&metric=parameters"
    series = client.get(path).json()["series"]
    rows = [one for one in series if one["metric"] == "parameters"]
    assert [(one["run"], one["shape"]) for one in rows] == list(zip(ids, [[2], [3], None, None], strict=True))
    assert rows[1]["values"] == [[3, 4, 5], [6, 7, None]]
    assert rows[1]["nonfinite"] == {"5": "NaN"}
    assert client.get(path, headers=CSV).text.splitlines() == [
        "run,step,train_error,parameters[0],parameters[1],parameters[2]",
        f"{ids[0]},0,1.0,1.0,2.0,",
        f"{ids[0]},1,0.5,,,",
        f"{ids[1]},0,,3.0,4.0,5.0",
        f"{ids[1]},5,,6.0,7.0,NaN",
        f"{ids[2]},0,7.0,,,",
    ]
