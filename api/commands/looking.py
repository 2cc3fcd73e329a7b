"""list and show: what there is, and what is known of one experiment or run."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from api.commands.experiments import service
from api.commands.tables import counted, write_table

_TIMES = ("created_at", "started_at", "finished_at")


def run_list(chosen: Mapping[str, str | None], limit: int, as_json: bool, url: str | None) -> None:
    """Prints a row an experiment, newest first; says on stderr where there are more than `limit`."""
    with service(url) as client:
        found = client.experiments(**chosen, most=limit + 1)
    shown = found[:limit]
    if as_json:
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
    else:
        write_table(_row(experiment) for experiment in shown)
    if len(found) > limit:
        sys.stderr.write(f"the newest {limit:,} are shown; there are more (--limit)\n")


def run_show(resource_id: str, as_json: bool, url: str | None) -> None:
    """Prints a line for everything that is known of it, and nothing for what is not yet."""
    with service(url) as client:
        found = client.describe(resource_id)
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
        return
    facts = dict(_of_run(found) if "experiment_id" in found else _of_experiment(found))
    known = ((name, value) for name, value in facts.items() if value not in (None, "", "-"))
    write_table(({"name": name, "value": value} for name, value in known), header=False)


def _row(experiment: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": experiment["id"],
        "state": experiment["state"],
        "runs": f"{sum(experiment['counts'].values()):,}",
        "progress": f"{experiment['progress']:.0%}",
        "problem": experiment["problem"],
        "created": _moment(experiment["created_at"]),
        "name": experiment["name"],
    }


def _of_experiment(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    spec = found["spec"]
    yield from ((name, found[name]) for name in ("id", "name"))
    yield "tags", ", ".join(found["tags"])
    yield "state", found["state"]
    yield "runs", f"{sum(found['counts'].values()):,} ({counted(found['counts'])})"
    yield "progress", f"{found['progress']:.0%}"
    for part in ("problem", "model", "optimizer"):
        yield part, spec[part]["kind"]
    yield "steps", f"{spec['steps']:,}"
    yield from _swept(spec)
    yield "digest", found["digest"]
    yield from _times(found)


def _swept(spec: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    sweep = spec["sweep"] or {}
    for axis in sweep.get("axes", ()):
        grid = axis.get("linspace") or axis.get("logspace")
        count = grid["num"] if grid else len(axis["values"])
        for path in axis.get("paths") or [axis["path"]]:
            yield path, f"{count:,} values" if count > 1 else "1 value"
    seeds = sweep.get("seeds")
    yield "seed", f"{seeds['count']:,} from {seeds['start']:,} on" if seeds else spec["seed"]


def _of_run(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "id", found["id"]
    yield "experiment", found["experiment_id"]
    yield from ((name, found[name]) for name in ("cell", "seed"))
    yield from found["axes"].items()
    yield from ((name, found[name]) for name in ("state", "outcome", "cause", "message"))
    yield "step", f"{found['step']:,} of {found['steps']:,}"
    for name in ("t1", "t2", "delay", "diverged_at"):
        yield name, None if found[name] is None else f"{found[name]:,}"
    yield from {**found["final"], **found["nonfinite"]}.items()
    yield from ((name, found[name]) for name in ("attempt", "worker", "source_run", "digest"))
    yield from _times(found)


def _times(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((name.removesuffix("_at"), _moment(found[name])) for name in _TIMES if name in found)


def _moment(at: str | None) -> str | None:
    """To the second, as people read it."""
    return None if at is None else f"{at[:10]} {at[11:19]} UTC"
