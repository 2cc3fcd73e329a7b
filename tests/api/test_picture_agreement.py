"""Pictures and analyses of the same runs say the same: laws, maps, and what refinements add."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client

from tests.api.played import Json, PlayedWorker, spec, submit

L1, RATE, NUMBER, STEPS = "/regularization/l1", "/optimizer/learning_rate", "/problem/measurements", "/steps"
GROKKED, CENSORED, DIVERGED = "grokked", "memorised_only", "diverged"
Ended = tuple[int | None, int | None, str]


def _end(client: Client, worker: PlayedWorker, ended: Callable[[Json, int], Ended]) -> None:
    """Ends what waits as told of axis values and seed."""
    while client.get("/v1/queue").json()["items"][0]["queued_runs"]:
        for claimed in worker.claim().runs:
            run = client.get(f"/v1/runs/{claimed.run_id}").json()
            worker.finish(claimed, *ended(run["axes"], run["seed"]), theory={"delay": 40.0})


def _law(axes: Json, seed: int) -> Ended:
    """Delays of about 0.02 / beta, of seed 1 three times as long; of seed 2 only strong ones were seen."""
    beta = axes[L1] if L1 in axes else axes["/regularization"]["l1"]
    if seed == 2 and beta < 5e-4:
        return 10, None, CENSORED
    if seed == 3:
        return None, None, DIVERGED
    delay = round((2e-2 if seed != 1 else 6e-2) / beta**0.9 * (1 + 0.1 * axes.get(RATE, 0)))
    return 10, 10 + delay, GROKKED


@pytest.mark.parametrize(
    ("axes", "strata"),
    [
        ([{"path": L1, "values": [1e-4, 3e-4, 1e-3]}, {"path": RATE, "values": [0.05, 0.1]}], 6),
        ([{"paths": [L1, STEPS], "values": [[1e-4, 900], [3e-4, 800], [1e-3, 700]]}], 3),
        ([{"path": "/regularization", "values": [{"l1": b} for b in (1e-4, 3e-4, 1e-3)]}], 3),
    ],
    ids=["beside another axis", "moved together with steps", "inside a whole object"],
)
def test_the_law_in_the_picture_is_that_of_the_fit(
    client: Client, worker: PlayedWorker, axes: list[Json], strata: int
) -> None:
    made = submit(client, spec(sweep={"axes": axes, "seeds": {"start": 0, "count": 4}}))
    _end(client, worker, _law)
    path = f"/v1/experiments/{made['id']}"
    fit = client.get(f"{path}/analysis/fit?y=delay&x={L1}").json()
    (panel,) = client.get(f"{path}/plot.json?kind=scaling&y=delay&x={L1}").json()["panels"]
    assert client.get(f"{path}/plot.json?kind=scaling&y=delay&x=beta").json()["panels"] == [panel]
    runs = 4 * 3 * (2 if len(axes) == 2 else 1)
    assert (fit["n"], fit["censored"], fit["excluded"]) == (runs * 7 // 12, runs // 6, runs // 4)
    # One prefactor for all would be steeper, for slow instances are left out where beta is small.
    assert fit["exponent"] == pytest.approx(-0.9, abs=5e-3)
    assert fit["residuals"]["largest"] < 0.02 * strata
    drawn = panel["law"]
    assert [drawn["exponent"], drawn["prefactor"]] == [fit["exponent"], fit["prefactor"]]
    assert drawn["interval"] == fit["interval"]
    censored = panel.get("censored") or [False] * len(panel["xs"])
    assert len(censored) - sum(censored) == fit["n"]


def _edge(axes: Json, seed: int) -> Ended:
    """More measurements need less of a penalty."""
    return (10, 60, GROKKED) if axes[NUMBER] * axes[L1] > 6e-3 else (10, None, CENSORED)


@pytest.mark.parametrize("axis", [L1, NUMBER])
def test_a_refined_map_is_drawn_with_its_finer_cells(client: Client, worker: PlayedWorker, axis: str) -> None:
    axes = [{"path": NUMBER, "values": [4, 10, 16]}, {"path": L1, "values": [1e-4, 1e-3, 1e-2]}]
    made = submit(client, spec(sweep={"axes": axes}))
    _end(client, worker, _edge)
    path, over = f"/v1/experiments/{made['id']}", f"x={NUMBER}&y={L1}"
    before = client.get(f"{path}/plot.json?kind=phase&{over}")
    while client.post(f"{path}/refine", json={"axis": axis, "tolerance": 0.3}).status_code == 202:
        _end(client, worker, _edge)
    after = client.get(f"{path}/plot.json?kind=phase&{over}")
    assert after.headers["ETag"] != before.headers["ETag"]
    (panel,), said = after.json()["panels"], client.get(f"{path}/analysis/phase?{over}").json()
    assert (panel["xs"], panel["ys"], panel["runs"]) == (said["x"], said["y"], said["n"])
    assert len(panel["xs"]) * len(panel["ys"]) > 9
    for row, labels in enumerate(panel["labels"]):
        for column, label in enumerate(labels):
            known = said["labels"][row][column]
            assert label == known if known else label in (GROKKED, CENSORED)
    # Cells that were left out lie between cells of runs, and take the nearest one's outcome.
    right = sum(
        label == _edge({NUMBER: x, L1: y}, 0)[2]
        for y, labels in zip(panel["ys"], panel["labels"], strict=True)
        for x, label in zip(panel["xs"], labels, strict=True)
    )
    assert right >= 0.8 * len(panel["xs"]) * len(panel["ys"])
    (matrix,) = client.get(f"{path}/plot.json?kind=matrix&{over}").json()["panels"]
    assert matrix["runs"] == said["n"]
    points: list[list[Any]] = [point for line in said["boundaries"] for point in line["points"]]
    assert points
    # Neighbouring strengths of the first sweep are a decade apart.
    assert all(6e-3 / 3.2 < x * y < 6e-3 * 3.2 for x, y in points)
