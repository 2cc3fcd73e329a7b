"""Talks about experiments and their runs."""

from collections.abc import Sequence
from typing import Any

from api.client.curves import Curve, curve
from api.client.ranges import Range, range_query
from api.client.talk import Talk, get, items, post
from api.client.views import Progress, RunView, VerificationView, pick, verification_view


def submit(spec: object, key: str | None = None) -> Talk[Progress]:
    """Asks for an experiment."""
    return pick(Progress, (yield from post("/v1/experiments", spec, key=key)))


def dry_run(spec: object) -> Talk[dict[str, Any]]:
    """What submitting would do."""
    found: dict[str, Any] = yield from post("/v1/experiments", spec, params={"dry_run": "true"})
    return found


def experiment(experiment_id: str, wait: float = 0.0) -> Talk[Progress]:
    """How far it is, now or at the next change within so many seconds."""
    params = {"wait": wait} if wait else {}
    return pick(Progress, (yield from get(f"/v1/experiments/{experiment_id}", params, wait)))


def cancel(experiment_id: str) -> Talk[Progress]:
    """Asks every run to end."""
    return pick(Progress, (yield from post(f"/v1/experiments/{experiment_id}/cancel")))


def retry(resource_id: str) -> Talk[Progress]:
    """Queues what failed or was cancelled again."""
    return (yield from _act(resource_id, "retry"))


def extend(resource_id: str, steps: int, censored_only: bool, reuse: bool | None) -> Talk[Progress]:
    """Asks for so many steps of what succeeded."""
    body = {"steps": steps, "censored_only": censored_only, "reuse": reuse}
    return (yield from _act(resource_id, "extend", body))


def verify(run_id: str) -> Talk[VerificationView]:
    """Asks for a run to be trained once more."""
    return verification_view((yield from post(f"/v1/runs/{run_id}/verify")))


def verification(run_id: str, verification_id: str) -> Talk[VerificationView]:
    """How far the verification is."""
    return verification_view((yield from get(f"/v1/runs/{run_id}/verifications/{verification_id}")))


def runs(experiment_id: str) -> Talk[list[RunView]]:
    """All of its runs, in cell order."""
    return [pick(RunView, run) for run in (yield from items(f"/v1/experiments/{experiment_id}/runs"))]


def first_run(experiment_id: str) -> Talk[RunView]:
    """The run of cell 0."""
    page = yield from get(f"/v1/experiments/{experiment_id}/runs", {"limit": 1})
    return pick(RunView, page["items"][0])


def last_values(run_id: str) -> Talk[dict[str, float | None]]:
    """The newest value of every recorded metric."""
    page = yield from get(f"/v1/runs/{run_id}/metrics")
    return {item["name"]: item["last"] for item in page["items"]}


def theory(run_id: str) -> Talk[dict[str, Any]]:
    """What science predicts for the run."""
    found: dict[str, Any] = (yield from get(f"/v1/runs/{run_id}/analysis"))["theory"] or {}
    return found


def results(experiment_id: str) -> Talk[list[dict[str, Any]]]:
    """A row a run, in cell order."""
    return (yield from items(f"/v1/experiments/{experiment_id}/results"))


def analysis(experiment_id: str, what: str, query: dict[str, Any]) -> Talk[dict[str, Any]]:
    """What all of its runs say together, as the service words it."""
    asked = {name: value for name, value in query.items() if value is not None}
    found: dict[str, Any] = yield from get(f"/v1/experiments/{experiment_id}/analysis/{what}", asked)
    return found


def series(run_id: str, metrics: Sequence[str], wanted: Range) -> Talk[dict[str, Curve]]:
    """The metrics of one run by name; every scalar one where none is named."""
    answer = yield from get(f"/v1/runs/{run_id}/series", {"metric": list(metrics), **range_query(wanted)})
    return {one["metric"]: curve(one, run_id) for one in answer["series"]}


def sweep_series(
    experiment_id: str, metrics: Sequence[str], runs: Sequence[str], wanted: Range
) -> Talk[list[Curve]]:
    """The metrics of many runs, run after run in cell order; of all where none is named."""
    query = {"metric": list(metrics), "run": list(runs), **range_query(wanted)}
    answer = yield from get(f"/v1/experiments/{experiment_id}/series", query)
    return [curve(one, one["run"]) for one in answer["series"]]


def _act(resource_id: str, action: str, body: object = None) -> Talk[Progress]:
    """Asks for something about an experiment, or about a run; how far the experiment is then."""
    if not resource_id.startswith("run_"):
        return pick(Progress, (yield from post(f"/v1/experiments/{resource_id}/{action}", body)))
    run = yield from post(f"/v1/runs/{resource_id}/{action}", body)
    return (yield from experiment(run["experiment_id"]))
