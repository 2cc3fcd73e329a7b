"""What may be asked of recorded series."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field
from sqlalchemy import Connection

from api.errors import Fault, InvalidRequest
from api.parameters import MAX_INTEGER
from core.analysis import Scale
from core.spec import (
    did_you_mean,
    is_vector_metric,
    metric_names,
    metric_of,
    metric_pattern,
    one_of,
    split_name,
    vector_names,
)
from core.store import MetricSummary, summaries

MAX_METRICS = 64
MAX_POINTS = 100_000
Recorded = Mapping[str, MetricSummary]
Step = Annotated[int | None, Query(ge=0, le=MAX_INTEGER)]


@dataclass(frozen=True, slots=True)
class Extent:
    """Which steps of a series are wanted, and in how many points at most; None: in all of them."""

    low: int = 0
    high: int | None = None
    points: int | None = None
    scale: Scale = "linear"


def _extent(
    from_step: Annotated[
        Step, Query(alias="from", description="only steps from here on", examples=[100])
    ] = None,
    to_step: Annotated[Step, Query(alias="to", description="only steps up to here", examples=[20000])] = None,
    after_step: Annotated[Step, Query(description="only steps after this one", examples=[5000])] = None,
    points: Annotated[
        int | None,
        Query(
            ge=1,
            le=MAX_POINTS,
            description="at most so many points of each metric, chosen so that a plot looks the same; "
            "first, last, smallest, largest and those at t1 and t2 are always kept; all points if left out",
            examples=[1000],
        ),
    ] = None,
    scale: Annotated[
        Scale,
        Query(
            description="axis of steps of that plot: `linear`, or `log` for log10(1 + step)", examples=["log"]
        ),
    ] = "linear",
) -> Extent:
    after = -1 if after_step is None else after_step
    return Extent(max(from_step or 0, after + 1), to_step, points, scale)


ExtentDep = Annotated[Extent, Depends(_extent)]
MetricName = Annotated[str, Field(json_schema_extra={"pattern": metric_pattern()})]
"""Told in the document and checked by the operation, which knows what was recorded."""


def recorded_metrics(
    conn: Connection, recording_id: int, asked: Sequence[str] | None = None
) -> dict[str, MetricSummary]:
    """What was recorded, by name, in the order of the catalogue; vectors last.

    The asked metrics are enough, if all of them were.
    """
    place = {name: i for i, name in enumerate((*metric_names(), *vector_names()))}

    def rank(summary: MetricSummary) -> tuple[int, str]:
        # Metrics of single layers stand behind that of all.
        name = summary.name if summary.name in place else split_name(summary.name)[0]
        return place.get(name, len(place)), summary.name

    found = summaries(conn, recording_id, asked)
    if asked is not None and len(found) < len(set(asked)):
        found = summaries(conn, recording_id)
    found.sort(key=rank)
    return {summary.name: summary for summary in found}


def chosen_names(asked: list[str] | None, recorded: Recorded) -> list[str]:
    """The asked metrics, each once, or all scalar ones that there are. Raises InvalidRequest for others."""
    # Before its first point a run may be asked for whatever can be recorded.
    known = list(recorded) or [*metric_names(), *vector_names()]
    if recorded:
        for name in asked or ():
            if name not in recorded:
                raise bad_metric(one_of(known, name), name)
    else:
        require_known(asked or ())
    if asked is not None:
        return list(dict.fromkeys(asked))
    return [name for name in known if not is_vector(name, recorded)]


def require_known(asked: Sequence[str]) -> None:
    """Raises InvalidRequest for a metric that no run can have."""
    for name in asked:
        if metric_of(name) is None:
            names = (*metric_names(), *vector_names())
            allowed = f"one of {', '.join(names)}, or such as l2_norm[decoder.0] of a layer"
            raise bad_metric(allowed + did_you_mean(name, names), name)


def bad_metric(allowed: str, given: str) -> InvalidRequest:
    """The refusal of a metric that there is none of."""
    fault = Fault("/query/metric", allowed, given)
    return InvalidRequest(f"{fault.pointer}: must be {allowed}. Got {given[:100]!r} instead.", [fault])


def is_vector(name: str, recorded: Recorded) -> bool:
    """Whether the values of a metric are vectors."""
    return recorded[name].shape is not None if name in recorded else is_vector_metric(name)


def count_numbers(names: Sequence[str], recorded: Recorded) -> int:
    """How many numbers were recorded of these metrics."""
    found = (recorded[name] for name in names if name in recorded)
    return sum(summary.n * math.prod(summary.shape or ()) for summary in found)


def refuse_sampled(vectors: Sequence[str], extent: Extent) -> None:
    """Raises InvalidRequest where points are to be chosen of a vector metric."""
    if vectors and extent.points is not None:
        fault = Fault("/query/points", f"left out, since {vectors[0]} is a vector metric", extent.points)
        raise InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])
