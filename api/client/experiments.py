"""Talks about experiments and their runs."""

from collections.abc import Collection, Sequence
from typing import Any

from api.client.curves import Curve, curve
from api.client.ranges import Range, range_query
from api.client.raw import MANY, may_be_raw, raw_series
from api.client.talk import Talk, delete, get, items, post
from api.client.views import Progress, RunView, VerificationView, pick, verification_view

_FEW = 8
"""Runs that are asked for one by one at most."""


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


def experiments(
    state: str | None, problem: str | None, tag: str | None, most: int | None
) -> Talk[list[dict[str, Any]]]:
    """All of them or the newest, those that were asked for, newest first."""
    asked = {"state": state, "problem": problem, "tag": tag}
    chosen = {name: value for name, value in asked.items() if value is not None}
    return (yield from items("/v1/experiments", most, chosen))


def describe(resource_id: str) -> Talk[dict[str, Any]]:
    """All that the service tells of an experiment or a run."""
    found: dict[str, Any] = yield from get(_address(resource_id))
    return found


def delete_experiment(experiment_id: str, force: bool) -> Talk[int]:
    """Deletes it; the bytes freed."""
    params = {"force": "true"} if force else {}
    return int((yield from delete(f"/v1/experiments/{experiment_id}", params))["bytes_freed"])


def cancel(resource_id: str) -> Talk[Progress]:
    """Asks what goes on to end."""
    return (yield from _act(resource_id, "cancel"))


def retry(resource_id: str) -> Talk[Progress]:
    """Queues what failed or was cancelled again."""
    return (yield from _act(resource_id, "retry"))


def extend(resource_id: str, steps: int, censored_only: bool, reuse: bool | None) -> Talk[Progress]:
    """Asks for so many steps of what succeeded."""
    body = {"steps": steps, "censored_only": censored_only, "reuse": reuse}
    return (yield from _act(resource_id, "extend", body))


def refine(experiment_id: str, axis: str, tolerance: float) -> Talk[Progress]:
    """Asks for the cells halfway across the boundaries of a phase map."""
    body = {"axis": axis, "tolerance": tolerance}
    return pick(Progress, (yield from post(f"/v1/experiments/{experiment_id}/refine", body)))


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
    if may_be_raw(metrics, wanted):
        found = yield from raw_series(run_id, metrics[0], wanted)
        if found is not None:
            return {found.metric: found}
    answer = yield from get(f"/v1/runs/{run_id}/series", {"metric": list(metrics), **range_query(wanted)})
    return {one["metric"]: curve(one, run_id) for one in answer["series"]}


def sweep_series(
    experiment_id: str, metrics: Sequence[str], runs: Sequence[str], wanted: Range
) -> Talk[list[Curve]]:
    """The metrics of many runs, run after run in cell order; of all where none is named."""
    if may_be_raw(metrics, wanted):
        long = yield from _few_long(experiment_id, runs)
        if long:
            return (yield from _run_by_run(experiment_id, long, metrics[0], wanted))
    return (yield from _at_once(experiment_id, metrics, runs, wanted))


def run_columns(experiment_id: str, runs: Collection[str]) -> Talk[dict[str, dict[str, Any]]]:
    """What tells these runs of it apart, by id: `seed`, and the value of each axis by its path."""
    found: list[dict[str, Any]] = []
    if len(runs) > _FEW:
        found = yield from items(f"/v1/experiments/{experiment_id}/runs")
    else:
        for run_id in runs:
            found.append((yield from get(f"/v1/runs/{run_id}")))
    return {run["id"]: {"seed": run["seed"], **run["axes"]} for run in found}


def _few_long(experiment_id: str, runs: Sequence[str]) -> Talk[list[str]]:
    """The wanted runs if they are few that may have many points, else none."""
    page = yield from get(f"/v1/experiments/{experiment_id}/runs", {"limit": _FEW})
    # Runs that are not among them are left to the service, which knows what is wrong with them.
    if page["next_cursor"] is not None or set(runs) - {run["id"] for run in page["items"]}:
        return []
    wanted = [run for run in page["items"] if not runs or run["id"] in runs]
    return [run["id"] for run in wanted] if any(run["step"] >= MANY for run in wanted) else []


def _run_by_run(experiment_id: str, runs: Sequence[str], metric: str, wanted: Range) -> Talk[list[Curve]]:
    curves: list[Curve] = []
    for run_id in runs:
        raw = yield from raw_series(run_id, metric, wanted)
        curves += [raw] if raw else (yield from _at_once(experiment_id, [metric], [run_id], wanted))
    return curves


def _at_once(
    experiment_id: str, metrics: Sequence[str], runs: Sequence[str], wanted: Range
) -> Talk[list[Curve]]:
    query = {"metric": list(metrics), "run": list(runs), **range_query(wanted)}
    answer = yield from get(f"/v1/experiments/{experiment_id}/series", query)
    return [curve(one, one["run"]) for one in answer["series"]]


def _act(resource_id: str, action: str, body: object = None) -> Talk[Progress]:
    """Asks for something about an experiment, or about a run; how far the experiment is then."""
    found = yield from post(f"{_address(resource_id)}/{action}", body)
    if "experiment_id" not in found:
        return pick(Progress, found)
    return (yield from experiment(found["experiment_id"]))


def _address(resource_id: str) -> str:
    return f"/v1/{'runs' if resource_id.startswith('run_') else 'experiments'}/{resource_id}"
