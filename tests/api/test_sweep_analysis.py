"""Medians, laws and phase maps of whole experiments."""

import math
from typing import Any

import pytest
from httpx import Client

from tests.api.played import Json, PlayedWorker, run_ids, spec, submit, sweep

SIZES, STRENGTHS = [10, 12, 14], [1e-4, 1e-3]


def _map_spec(seeds: int = 3) -> Json:
    axes = [
        {"path": "/problem/measurements", "values": SIZES},
        {"path": "/regularization/l1", "values": STRENGTHS},
    ]
    return spec(sweep={"axes": axes, "seeds": {"start": 0, "count": seeds}})


def _play(client: Client, worker: PlayedWorker, made: Json, outcome_of: Any) -> None:
    """Ends all runs as told of their axis values and seed: t1, t2 and outcome."""
    rows = client.get(f"/v1/experiments/{made['id']}/results?limit=1000").json()["items"]
    known = {row["run"]: row for row in rows}
    left = len(rows)
    while left:
        for claimed in worker.claim().runs:
            row = known[claimed.run_id]
            t1, t2, outcome = outcome_of(row["axes"], row["seed"])
            final = {"test_error": 0.5 if t2 is None else 1e-4}
            worker.finish(claimed, t1, t2, outcome, final=final, theory={"delay": 40.0})
            left -= 1


def _phases(axes: Json, seed: int) -> tuple[int | None, int | None, str]:
    """Few measurements never memorise; of 12 the first seed does not generalise."""
    size = axes["/problem/measurements"]
    if size == 10:
        return None, None, "never_memorised"
    if size == 12 and seed == 0:
        return 10, None, "memorised_only"
    return 10, 10 + size + seed, "grokked"


@pytest.fixture
def mapped(client: Client, worker: PlayedWorker) -> Json:
    made = submit(client, _map_spec())
    _play(client, worker, made, _phases)
    return made


def _ask(client: Client, made: Json, what: str, **query: Any) -> Json:
    answer = client.get(f"/v1/experiments/{made['id']}/analysis/{what}", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_medians_count_runs_that_did_not_get_there(client: Client, mapped: Json) -> None:
    found = _ask(client, mapped, "matrix", value="t2", x="/problem/measurements", y="/regularization/l1")
    assert (found["x"], found["y"], found["value"]) == (SIZES, STRENGTHS, "t2")
    # Of 12 measurements two of three seeds have one, 23 and 24: the median is the later of them.
    assert found["values"] == [[None, 24.0, 25.0]] * 2
    assert (found["k"], found["n"]) == ([[0, 2, 3]] * 2, [[3, 3, 3]] * 2)
    low, high = found["interval"][0][1]
    assert (low, high) == pytest.approx((0.2077, 0.9385), abs=1e-4)
    assert found["axes"]["x"] == {"path": "/problem/measurements", "spacing": "linear"}
    assert found["axes"]["y"] == {"path": "/regularization/l1", "spacing": "log"}
    assert found["experiments"] == [mapped["id"]]


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ("delay", [None, 14.0, 15.0]),
        ("t1", [None, 10.0, 10.0]),
        ("ratio", [None, 14 / 40, 15 / 40]),
        ("test_error", [0.5, 1e-4, 1e-4]),
        ("theory.delay", [40.0, 40.0, 40.0]),
        ("N", [10.0, 12.0, 14.0]),
        ("theory.delay*beta", [0.004, 0.004, 0.004]),
    ],
)
def test_other_values_than_t2(client: Client, mapped: Json, value: str, row: list[float | None]) -> None:
    got = _ask(client, mapped, "matrix", value=value)["values"][0]
    assert got == [one if one is None else pytest.approx(one) for one in row]


def test_without_a_second_axis_all_are_in_one_row(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2, l1=STRENGTHS))
    worker.finish_everything()
    found = _ask(client, made, "matrix")
    assert (found["x"], found["y"], found["values"]) == (STRENGTHS, [None], [[60.0, 60.0]])
    assert found["axes"]["y"] == {"path": None, "spacing": None}
    lone = _ask(client, submit(client, spec(seed=99)), "phase")
    assert (lone["x"], lone["labels"], lone["n"]) == ([None], [[None]], [[0]])


def test_a_phase_map_has_the_outcome_of_most_seeds_and_its_boundaries(client: Client, mapped: Json) -> None:
    found = _ask(client, mapped, "phase", x="/problem/measurements", y="/regularization/l1")
    assert found["labels"] == [["never_memorised", "grokked", "grokked"]] * 2
    assert (found["k"], found["n"]) == ([[3, 2, 3]] * 2, [[3, 3, 3]] * 2)
    assert found["counts"]["memorised_only"] == [[0, 1, 0]] * 2
    assert "diverged" not in found["counts"]
    (line,) = found["boundaries"]
    assert line["between"] == ["never_memorised", "grokked"]
    assert sorted(line["points"]) == [[11.0, pytest.approx(1e-4)], [11.0, pytest.approx(1e-3)]]
    turned = _ask(client, mapped, "phase", x="/regularization/l1", y="/problem/measurements")
    assert turned["labels"] == [list(row) for row in zip(*found["labels"], strict=True)]


def test_runs_may_be_chosen_by_the_value_of_an_axis(client: Client, mapped: Json) -> None:
    found = _ask(client, mapped, "matrix", at="/problem/measurements=12", x="/regularization/l1")
    assert (found["n"], found["values"]) == ([[3, 3]], [[24.0, 24.0]])


def test_whole_objects_may_be_axes(client: Client, worker: PlayedWorker) -> None:
    values = [{"l1": 1e-3}, {"l1": 1e-4}, {"l2_squared": 1e-3}]
    made = submit(client, spec(sweep={"axes": [{"path": "/regularization", "values": values}]}))
    _play(
        client,
        worker,
        made,
        lambda axes, _: (10, round(10 + 1 / axes["/regularization"].get("l1", 1)), "grokked"),
    )
    phases = _ask(client, made, "phase")
    assert (phases["x"], phases["axes"]["x"]["spacing"], phases["boundaries"]) == (values, None, [])
    fit = _ask(client, made, "fit", y="delay", x="/regularization/l1")
    assert fit["exponent"] == pytest.approx(-1)
    assert (fit["n"], fit["excluded"]) == (2, 1)


def _law(axes: Json, seed: int) -> tuple[int | None, int | None, str]:
    """A delay of (1 + seed) / beta, which is not seen beyond 25,000 steps."""
    delay = round((1 + seed) / axes["/regularization/l1"])
    return (10, 10 + delay, "grokked") if delay < 25_000 else (10, None, "memorised_only")


def test_a_law_is_fitted_with_a_prefactor_for_each_seed(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=4, l1=[1e-4, 1e-3, 1e-2]))
    _play(client, worker, made, _law)
    fit = _ask(client, made, "fit", y="delay", x="/regularization/l1", points="true")
    assert fit["exponent"] == pytest.approx(-1, abs=1e-9)
    assert fit["interval"][0] <= fit["exponent"] <= fit["interval"][1]
    assert (fit["n"], fit["censored"], fit["excluded"], fit["resampled"]) == (10, 2, 0, "seeds")
    assert fit["units"] == 4
    assert fit["residuals"]["largest"] < 1e-9
    assert {point["run"] for point in fit["points"]} < set(run_ids(client, made))
    assert sorted({point["y"] * point["x"] for point in fit["points"]}) == pytest.approx(
        [1, 2, 3, 4], rel=1e-9
    )
    again = _ask(client, made, "fit", y="delay", x="beta")
    assert (again["x"], again["points"]) == ("/regularization/l1", None)
    assert {**again, "points": fit["points"]} == fit


def test_a_product_takes_fixed_fields_and_symbols(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=2, l1=[1e-3, 1e-2]))
    _play(client, worker, made, _law)
    one, other = (
        _ask(client, made, "fit", x=x) for x in ("alpha*beta", "/optimizer/learning_rate*/regularization/l1")
    )
    assert one == other
    assert one["x"] == "/optimizer/learning_rate*/regularization/l1"
    assert one["prefactor"] == pytest.approx(math.sqrt(2) * 0.1)
    against_theory = client.get(f"/v1/experiments/{made['id']}/analysis/fit?x=theory.delay")
    assert (against_theory.status_code, "2 of 4" not in against_theory.text) == (409, True)


def test_runs_that_diverged_are_excluded_from_a_law(client: Client, worker: PlayedWorker) -> None:
    made = submit(client, sweep(seeds=1, l1=[1e-4, 1e-3, 1e-2]))

    def law(axes: Json, seed: int) -> tuple[int | None, int | None, str]:
        return (None, None, "diverged") if axes["/regularization/l1"] == 1e-3 else _law(axes, seed)

    _play(client, worker, made, law)
    fit = _ask(client, made, "fit", x="beta")
    assert (fit["n"], fit["censored"], fit["excluded"], fit["resampled"]) == (2, 0, 1, "points")
    assert fit["units"] == 2


def test_without_enough_runs_there_is_no_law_and_the_answer_says_why(client: Client) -> None:
    made = submit(client, sweep(seeds=2, l1=STRENGTHS))
    answer = client.get(f"/v1/experiments/{made['id']}/analysis/fit?x=/regularization/l1")
    assert answer.status_code == 409
    assert "0 of 4 runs have delay" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "pointer", "allowed"),
    [
        ("matrix?x=/regularization/l2", "/query/x", "/problem/measurements, /regularization/l1"),
        ("phase?y=l1", "/query/y", "/problem/measurements, /regularization/l1"),
        ("phase?x=/regularization/l1&y=/regularization/l1", "/query/y", "another axis"),
        ("matrix?value=speed", "/query/value", "delay"),
        ("matrix?value=parameters", "/query/value", "delay"),
        ("matrix?value=", "/query/value", "delay"),
        ("fit?x=", "/query/x", "delay"),
        ("fit?x=alpha**beta", "/query/x", "delay"),
        ("fit?x=/problem/kind", "/query/x", "a number of the spec"),
        ("fit?x=/regularization/l3", "/query/x", "a number of the spec"),
        ("fit?x=N&y=/sweep", "/query/y", "a number of the spec"),
        ("fit", "/query/x", "required"),
        ("fit?x=beta&confidence=1", "/query/confidence", "less than 1"),
        ("matrix?at=/regularization/l1=3", "/query/at", "one of 0.0001, 0.001"),
        ("matrix?at=l1", "/query/at", "an axis of the experiment"),
        ("matrix?z=1", "/query/z", "known parameter"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(
    client: Client, query: str, pointer: str, allowed: str
) -> None:
    made = submit(client, _map_spec(1))
    answer = client.get(f"/v1/experiments/{made['id']}/analysis/{query}")
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert allowed in fault["message"]


def test_beta_needs_one_penalty(client: Client) -> None:
    made = submit(client, {**sweep(l1=STRENGTHS), "regularization": {"l2_squared": 1e-5, "l1": 1e-4}})
    answer = client.get(f"/v1/experiments/{made['id']}/analysis/fit?x=beta")
    assert "/regularization/l1, /regularization/l2_squared" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("what", ["matrix", "phase", "fit?x=/regularization/l1"])
def test_analyses_have_an_etag_and_404s(client: Client, mapped: Json, what: str) -> None:
    path = f"/v1/experiments/{mapped['id']}/analysis/{what}"
    first = client.get(path)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(path.replace(mapped["id"], "exp_" + "0" * 26)).status_code == 404
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 406
