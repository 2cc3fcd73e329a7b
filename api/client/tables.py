"""Results as a table: a column for each axis and metric, named as in the service's CSV."""

from collections.abc import Mapping, Sequence
from typing import Any


def row_columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """What every run has, but for its final metrics."""
    theory = row["theory"] or {}
    return {
        "run": row["run"],
        "seed": row["seed"],
        **row["axes"],
        **{name: row[name] for name in ("state", "outcome", "t1", "t2", "delay")},
        "theory_delay": theory.get("delay"),
        "theory_ratio": theory.get("ratio"),
    }


def result_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values of each column; None where a run has none, metrics that are no finite number as floats."""
    lines = [row_columns(row) | _final(row) for row in rows]
    # Runs that have not ended have no final values yet.
    names = dict.fromkeys(name for line in lines for name in line)
    return {name: [line.get(name) for line in lines] for name in names}


def _final(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row["final"], **{name: float(word) for name, word in row["nonfinite"].items()}}
