"""Parquet and Arrow: the same points as JSON, types, non-finite values, and life without the extra."""

import io
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from httpx import Client

from api.arrow import ARROW_STREAM, PARQUET, forms
from tests.api.played import PlayedWorker, run_ids, spec, submit

FORMS = [PARQUET, ARROW_STREAM]
VALUES = [1.0, math.nan, math.inf, -math.inf, 5e-324]


def _table(client: Client, path: str, form: str) -> Any:
    answer = client.get(path, headers={"Accept": form})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, form)
    if form == PARQUET:
        return pq.read_table(io.BytesIO(answer.content))
    return pa.ipc.open_stream(answer.content).read_all()


@pytest.fixture
def made(client: Client, worker: PlayedWorker) -> dict[str, Any]:
    """Two penalties by two kinds of start by two seeds; the last run has no points."""
    axes = [
        {"path": "/regularization/l1", "values": [1e-4, 1e-3]},
        {"path": "/steps", "values": [100, 200]},
        {"path": "/optimizer/kind", "values": ["subgradient", "proximal"]},
    ]
    made = submit(client, spec(sweep={"axes": axes, "seeds": {"start": 3, "count": 1}}))
    count = 0
    while count < 8:
        for claimed in worker.claim().runs:
            count += 1
            if claimed.cell == 7:
                continue
            worker.write(claimed, [0, 1, 5, 9, 10], train_error=VALUES, test_error=[claimed.cell] * 5)
            worker.write_rows(claimed, "parameters", [0, 10], [[1, 2], [3, math.nan]], 2)
            worker.finish(claimed, final={"train_error": math.nan, "test_error": 0.5})
    return made


@pytest.mark.parametrize("form", FORMS)
def test_a_sweep_is_one_table(client: Client, made: dict[str, Any], form: str) -> None:
    path = f"/v1/experiments/{made['id']}/series?metric=train_error&metric=test_error"
    table = _table(client, path, form)
    axes = ["/regularization/l1", "/steps", "/optimizer/kind"]
    assert table.column_names == ["run", "seed", *axes, "metric", "step", "value"]
    for name in ("run", "metric", "/optimizer/kind"):
        assert pa.types.is_dictionary(table.schema.field(name).type)
    assert [table.schema.field(name).type for name in ("seed", "/regularization/l1", "/steps", "step")] == [
        *(pa.int64(), pa.float64(), pa.int64(), pa.int64())
    ]
    ids = run_ids(client, made)
    assert table.column("run").to_pylist() == [run for run in ids[:7] for _ in range(10)]
    assert table.column("metric").to_pylist()[:10] == ["train_error"] * 5 + ["test_error"] * 5
    values = np.array(table.column("value")).reshape(7, 2, 5)
    np.testing.assert_array_equal(values[:, 0], [VALUES] * 7)
    np.testing.assert_array_equal(values[:, 1, 0], range(7))
    runs = client.get(f"/v1/experiments/{made['id']}/runs").json()["items"]
    for place, run in enumerate(runs[:7]):
        row = table.slice(10 * place, 1).to_pylist()[0]
        assert {path: row[path] for path in axes} == run["axes"]
        assert row["seed"] == run["seed"]


@pytest.mark.parametrize("form", FORMS)
def test_a_run_and_its_vectors_are_a_table_too(client: Client, made: dict[str, Any], form: str) -> None:
    run = run_ids(client, made)[0]
    table = _table(client, f"/v1/runs/{run}/series?metric=parameters&metric=train_error&to=5", form)
    rows = table.select(["metric", "step", "component", "value"]).to_pylist()
    assert [tuple(row.values()) for row in rows[:3]] == [
        ("parameters", 0, 0, 1.0),
        ("parameters", 0, 1, 2.0),
        ("train_error", 0, None, 1.0),
    ]
    assert len(rows) == 5
    sampled = _table(client, f"/v1/runs/{run}/series?metric=train_error&points=2", form)
    assert sampled.column("step").to_pylist()[0] == 0


@pytest.mark.parametrize("form", FORMS)
def test_results_are_a_table(client: Client, made: dict[str, Any], form: str) -> None:
    path = f"/v1/experiments/{made['id']}/results"
    table = _table(client, path, form)
    csv = client.get(path, headers={"Accept": "text/csv"}).text.splitlines()
    assert ",".join(table.column_names) == csv[0]
    rows = table.to_pylist()
    assert len(rows) == 8
    assert (rows[0]["t1"], rows[0]["t2"], rows[0]["delay"], rows[0]["state"]) == (10, 60, 50, "succeeded")
    assert math.isnan(rows[0]["train_error"])
    assert (rows[0]["test_error"], rows[0]["theory_delay"]) == (0.5, 40.0)
    assert (rows[7]["t1"], rows[7]["outcome"], rows[7]["test_error"]) == (None, None, None)
    page = client.get(f"{path}?limit=3&cursor=1", headers={"Accept": form})
    assert 'rel="next"' in page.headers["Link"]


@pytest.mark.parametrize("form", FORMS)
def test_an_experiment_without_points_is_an_empty_table(client: Client, form: str) -> None:
    made = submit(client)
    table = _table(client, f"/v1/experiments/{made['id']}/series?metric=train_error", form)
    assert (table.num_rows, table.column_names[-1]) == (0, "value")


def test_a_big_table_has_few_row_groups(
    client: Client, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.arrow.series.ROWS", 20)
    path = f"/v1/experiments/{made['id']}/series?metric=train_error&metric=test_error"
    content = client.get(path, headers={"Accept": PARQUET}).content
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 4
    stream = pa.ipc.open_stream(client.get(path, headers={"Accept": ARROW_STREAM}).content)
    assert [batch.num_rows for batch in stream] == [20, 20, 20, 10]


def test_without_the_extra_the_refusal_names_it(
    client: Client, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "find_spec", lambda _: None)
    for path in ("series?metric=train_error", "results"):
        path = f"/v1/experiments/{made['id']}/{path}"
        answer = client.get(path, headers={"Accept": PARQUET})
        assert answer.status_code == 406
        assert "groklab[arrow]" in answer.json()["detail"]
        liked = client.get(path, headers={"Accept": f"{PARQUET}, text/csv;q=0.5"})
        assert liked.headers["Content-Type"].startswith("text/csv")
        other = client.get(path, headers={"Accept": "image/heic"})
        assert (other.status_code, "parquet" in other.json()["detail"]) == (406, False)
