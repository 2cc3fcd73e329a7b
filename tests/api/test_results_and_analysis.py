"""The table of results, and what detectors and theory say of a run."""

import csv
import io
import math

from httpx import Client

from tests.api.played import PlayedWorker, run_ids, spec, submit, sweep


def test_a_row_a_run_with_measurement_and_theory(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2, l1=[1e-4, 1e-3]))
    lease = worker.claim()
    worker.finish(lease.runs[0], 10, 60, final={"train_error": 1e-4, "test_error": math.nan})
    worker.finish(lease.runs[1], 10, None, "memorised_only")
    rows = client.get(f"/v1/experiments/{made['id']}/results").json()["items"]
    assert [row["run"] for row in rows] == run_ids(client, made)
    assert [row["seed"] for row in rows] == [0, 1, 0, 1]
    assert rows[2]["axes"] == {"/regularization/l1": 1e-3}
    first, second, third, _ = rows
    assert (first["t1"], first["t2"], first["delay"], first["outcome"]) == (10, 60, 50, "grokked")
    assert first["theory"] == {"delay": 40.0, "ratio": 1.25}
    assert first["final"] == {"train_error": 1e-4, "test_error": None}
    assert first["nonfinite"] == {"test_error": "NaN"}
    assert (second["delay"], second["theory"]["ratio"]) == (None, None)
    assert (third["state"], third["theory"], third["final"]) == ("running", None, {})


def test_results_page(client: Client) -> None:
    made = submit(client, sweep(seeds=3))
    first = client.get(f"/v1/experiments/{made['id']}/results?limit=2")
    rest = client.get(first.links["next"]["url"]).json()
    assert [row["seed"] for row in first.json()["items"] + rest["items"]] == [0, 1, 2]
    assert rest["next_cursor"] is None


def test_csv_has_all_rows_and_the_columns_of_the_spec(client: Client, worker: PlayedWorker) -> None:
    data = sweep(seeds=120, l1=[1e-4]) | {"record": {"metrics": ["test_error", "train_error"]}}
    made = submit(client, data)
    worker.finish(worker.claim().runs[0], final={"train_error": math.inf})
    path = f"/v1/experiments/{made['id']}/results"
    answer = client.get(path, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 120
    assert list(rows[0]) == [
        *("run", "seed", "/regularization/l1", "state", "outcome", "t1", "t2", "delay"),
        *("theory_delay", "theory_ratio", "train_error", "test_error"),
    ]
    assert rows[0]["train_error"] == "Infinity"
    assert (rows[0]["t1"], rows[0]["theory_ratio"], rows[0]["test_error"]) == ("10", "1.25", "")
    page = client.get(path + "?limit=2", headers={"Accept": "text/csv"})
    assert len(page.text.splitlines()) == 3
    assert "next" in page.links


def test_whole_objects_as_axis_values_are_json_in_csv(client: Client) -> None:
    axis = {"path": "/regularization", "values": [{"l1": 1e-3}, {"l2_squared": 1e-3}]}
    made = submit(client, spec(sweep={"axes": [axis]}))
    text = client.get(f"/v1/experiments/{made['id']}/results", headers={"Accept": "text/csv"}).text
    assert next(csv.DictReader(io.StringIO(text)))["/regularization"] == '{"l1":0.001}'


def test_results_in_an_unknown_form_are_a_406(client: Client) -> None:
    made = submit(client)
    path = f"/v1/experiments/{made['id']}/results"
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 406
    assert client.get(path, headers={"Accept": "text/html, */*;q=0.1"}).status_code == 200


def test_a_run_that_grokked_is_observed_beside_theory(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, spec(detect={"train_threshold": 0.5, "test_threshold": 0.25}))
    worker.finish(worker.claim().runs[0], 10, 60, theory={"delay": 40.0, "t1": math.inf})
    analysis = client.get(f"/v1/runs/{run_ids(client, made)[0]}/analysis").json()
    assert analysis["t1"] == {"value": 10, "status": "observed", "bracket": [10, 10]}
    assert analysis["t2"] == {"value": 60, "status": "observed", "bracket": [60, 60]}
    assert analysis["delay"] == 50
    assert analysis["theory"] == {
        "delay": 40.0,
        "t1": None,
        "ratio": 1.25,
        "nonfinite": {"t1": "Infinity"},
    }
    assert analysis["detector"]["train_threshold"] == 0.5
    assert analysis["detector"]["exact"] is True


def test_a_run_that_only_memorised_is_censored_where_it_stopped(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write(claimed, [0, 100], train_error=[1, 0])
    worker.finish(claimed, 10, None, "memorised_only")
    analysis = client.get(f"/v1/runs/{run_ids(client, made)[0]}/analysis").json()
    assert analysis["t2"] == {"value": None, "status": "censored", "bracket": [100, None]}
    assert analysis["theory"]["ratio"] is None


def test_a_run_that_never_memorised_says_so(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    worker.finish(worker.claim().runs[0], None, None, "never_memorised")
    analysis = client.get(f"/v1/runs/{run_ids(client, made)[0]}/analysis").json()
    assert (analysis["t1"]["status"], analysis["t2"]["status"]) == ("never_memorised", "never_memorised")


def test_theory_is_there_before_the_run(client: Client) -> None:
    made = submit(client, sweep(seeds=2, l1=[1e-4, 1e-3]))
    answers = [client.get(f"/v1/runs/{run}/analysis").json() for run in run_ids(client, made)]
    assert answers[0]["t1"]["status"] == "censored"
    assert answers[0]["theory"]["delay"] > 0
    ratio = answers[0]["theory"]["delay"] / answers[2]["theory"]["delay"]
    assert abs(ratio - 10) < 1e-9, "the delay goes as one over the strength"
