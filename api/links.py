"""OpenAPI links: which operation goes on from which answer, and with which of its fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ID, _FIRST = "$response.body#/id", "$response.body#/items/0/id"


@dataclass(frozen=True, slots=True)
class _Trail:
    """What the answer of one operation leads to.

    Attributes:
        status: of the answer.
        source: runtime expression of the id in it.
        parameter: that takes the id in each of the targets.
    """

    status: str
    source: str
    parameter: str


_TRAILS: Mapping[str, tuple[_Trail, ...]] = {
    "create_experiment": (_Trail("202", _ID, "experiment_id"),),
    "get_experiment": (_Trail("200", _ID, "experiment_id"),),
    "create_dataset": (_Trail("201", _ID, "dataset_id"),),
    "create_webhook": (_Trail("201", _ID, "webhook_id"),),
    "list_runs": (_Trail("200", _FIRST, "run_id"),),
    "get_run": (
        _Trail("200", _ID, "run_id"),
        _Trail("200", "$response.body#/experiment_id", "experiment_id"),
    ),
}


def add_links(paths: dict[str, dict[str, Any]]) -> None:
    """Adds to the answers that hold ids links to every operation that takes them."""
    operations = {one["operationId"]: (path, one) for path, item in paths.items() for one in item.values()}
    for name, trails in _TRAILS.items():
        _, operation = operations[name]
        for trail in trails:
            links = operation["responses"][trail.status].setdefault("links", {})
            links |= {
                target: {
                    "operationId": target,
                    "parameters": {trail.parameter: trail.source},
                    "description": one["summary"],
                }
                for target, (path, one) in operations.items()
                if target != name and f"{{{trail.parameter}}}" in path and path.count("{") == 1
            }
