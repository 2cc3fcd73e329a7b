"""Stored series judged again: other thresholds, sustained crossings, the plateau rule."""

import math
from typing import Any

import pytest
from httpx import Client

from tests.api.played import Json, PlayedWorker, run_ids, spec, submit

STEPS = [0, 10, 20, 30, 40, 50, 60, 70]
TRAIN = [1.0, 0.5, 0.09, 0.3, 0.05, 0.01, 0.01, 0.01]
TEST = [1.0, 0.9, 0.9, 0.9, 0.8, 0.2, 0.2, 0.2]


@pytest.fixture
def run(client: Client, worker: PlayedWorker) -> str:
    """A run that met its own thresholds of 0.5 and 0.25 at steps 7 and 48."""
    made = submit(client, spec(detect={"train_threshold": 0.5, "test_threshold": 0.25}))
    claimed = worker.claim().runs[0]
    worker.write(claimed, STEPS, train_error=TRAIN, test_error=TEST)
    worker.finish(claimed, 7, 48, theory={"delay": 20.0, "in_regime": True})
    return f"/v1/runs/{run_ids(client, made)[0]}/analysis"


def ask(client: Client, run: str, **parameters: Any) -> Json:
    """The analysis with these parameters."""
    answer = client.get(run, params=parameters)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_other_thresholds_are_looked_for_in_the_recorded_series(client: Client, run: str) -> None:
    found = ask(client, run, train_threshold=0.1, test_threshold=0.85)
    assert found["t1"] == {"value": 20, "status": "observed", "bracket": [10, 20]}
    assert found["t2"] == {"value": 40, "status": "observed", "bracket": [30, 40]}
    assert (found["outcome"], found["delay"]) == ("grokked", 20)
    assert found["theory"] == {"delay": 20.0, "in_regime": True, "ratio": 1.0}
    assert found["detector"] == {
        "kind": "threshold",
        "train_metric": "train_error",
        "train_threshold": 0.1,
        "test_metric": "test_error",
        "test_threshold": 0.85,
        "sustained": 1,
        "exact": False,
    }


def test_one_threshold_alone_leaves_the_other_as_it_was(client: Client, run: str) -> None:
    detector = ask(client, run, test_threshold=0.9)["detector"]
    assert (detector["train_threshold"], detector["test_threshold"]) == (0.5, 0.9)


def test_a_crossing_may_have_to_be_sustained(client: Client, run: str) -> None:
    found = ask(client, run, train_threshold=0.1, sustained=2)
    assert found["t1"] == {"value": 40, "status": "observed", "bracket": [30, 40]}
    assert found["t2"]["value"] == 50
    censored = ask(client, run, sustained=4)
    assert censored["t2"] == {"value": None, "status": "censored", "bracket": [70, None]}
    assert (censored["outcome"], censored["delay"]) == ("memorised_only", None)
    assert censored["theory"]["ratio"] is None


def test_the_runs_own_question_has_the_exact_answer(client: Client, run: str) -> None:
    plain = ask(client, run)
    assert (plain["t1"]["bracket"], plain["t2"]["bracket"]) == ([7, 7], [48, 48])
    assert plain["detector"]["exact"] is True
    own = {"detector": "threshold", "train_threshold": 0.5, "test_threshold": 0.25, "sustained": 1}
    assert ask(client, run, **own) == plain


def test_a_plateau_is_accepted_under_the_threshold_alone(client: Client, run: str) -> None:
    accepted = ask(client, run, detector="plateau")
    by_rule = {"step": 50, "error": 0.2, "final": pytest.approx(0.2)}
    assert accepted["t2"] == {"value": 50, "status": "observed", "bracket": [40, 50], "by_rule": by_rule}
    assert accepted["t1"]["value"] == 10, "the threshold finds t1"
    assert accepted["detector"] == {
        "kind": "plateau",
        "train_metric": "train_error",
        "train_threshold": 0.5,
        "test_metric": "test_error",
        "test_threshold": 0.25,
        "sustained": 1,
        "points": 3,
        "tolerance": 0.05,
        "repeats": 2,
        "exact": False,
    }
    refused = ask(client, run, detector="plateau", test_threshold=0.1)
    assert refused["t2"] == {"value": None, "status": "censored", "bracket": [70, None], "by_rule": by_rule}
    assert refused["outcome"] == "memorised_only"


def test_a_run_that_never_memorised_by_the_new_threshold_says_so(client: Client, run: str) -> None:
    found = ask(client, run, train_threshold=1e-6, test_threshold=1e-6)
    assert found["outcome"] == found["t1"]["status"] == found["t2"]["status"] == "never_memorised"


def test_a_run_that_goes_on_is_judged_as_far_as_it_is(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    path = f"/v1/runs/{run_ids(client, made)[0]}/analysis"
    waiting = ask(client, path, train_threshold=0.4)
    assert waiting["t1"] == {"value": None, "status": "censored", "bracket": [0, None]}
    worker.write(worker.claim().runs[0], [0, 10], train_error=[1, 0.3], test_error=[1, math.nan])
    found = ask(client, path, train_threshold=0.4)
    assert found["t1"]["value"] == 10
    assert found["t2"] == {"value": None, "status": "censored", "bracket": [10, None]}
    assert found["outcome"] is None


def test_a_diverged_run_stays_diverged(client: Client, worker: PlayedWorker) -> None:
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write(claimed, [0, 10], train_error=[1, math.inf], test_error=[1, 0.1])
    worker.finish(claimed, None, None, "diverged")
    path = f"/v1/runs/{run_ids(client, made)[0]}/analysis"
    found = ask(client, path, test_threshold=0.2)
    assert (found["outcome"], found["t1"]["status"]) == ("diverged", "censored")


@pytest.mark.parametrize(
    ("recorded", "missing"),
    [(["l1_norm"], "train_error and test_error"), (["train_error"], "test_error")],
)
def test_a_series_that_was_not_recorded_is_named(
    client: Client, worker: PlayedWorker, recorded: list[str], missing: str
) -> None:
    made = submit(client, spec(record={"metrics": recorded}))
    claimed = worker.claim().runs[0]
    worker.write(claimed, [0, 10], **{name: [1, 2] for name in recorded})
    worker.finish(claimed)
    path = f"/v1/runs/{run_ids(client, made)[0]}/analysis"
    answer = client.get(path, params={"sustained": 2})
    assert (answer.status_code, answer.json()["type"]) == (409, "/docs#conflict")
    assert answer.json()["detail"] == f"the run did not record {missing}, which this analysis reads"
    assert ask(client, path)["t1"]["value"] == 10, "the exact answer needs no series"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detector", "elbow"),
        *(
            (name, v)
            for name in ("train_threshold", "test_threshold")
            for v in ("0", "-1", "inf", "nan", "x")
        ),
        *(("sustained", v) for v in ("0", "1001", "1.5", "")),
        ("tolerance", "0.1"),
    ],
)
def test_a_parameter_out_of_bounds_is_named(shared_client: Client, name: str, value: str) -> None:
    path = "/v1/runs/run_01k3v5m8h2x9q4c7r6t0y1z3ab/analysis"
    answer = shared_client.get(path, params={name: value})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/query/{name}"]


def test_an_unchanged_analysis_is_not_sent_again(client: Client, run: str) -> None:
    question = {"detector": "plateau"}
    etag = client.get(run, params=question).headers["ETag"]
    assert client.get(run, params=question, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(run, headers={"If-None-Match": etag}).status_code == 200
