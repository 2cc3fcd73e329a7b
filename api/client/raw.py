"""One scalar metric as raw float64: of many points some seven times as fast as JSON, and the very bits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import httpx

from api.client.curves import Curve
from api.client.errors import Refused
from api.client.ranges import Range, range_query
from api.client.talk import Ask, Talk, get

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MANY = 10_000
"""Points from which the time won is more than that of asking how many there are."""
_OCTETS = "application/octet-stream"


def may_be_raw(metrics: Sequence[str], wanted: Range) -> bool:
    """Whether it is one metric and none of the ranges that have few points."""
    return len(metrics) == 1 and not wanted.keys() & {"points", "after_step"}


def raw_series(run_id: str, metric: str, wanted: Range) -> Talk[Curve | None]:
    """The points of a run's metric; None where it is a vector, has few points, or is not recorded yet."""
    recorded = yield from get(f"/v1/runs/{run_id}/metrics")
    of_metric = (one for one in recorded["items"] if one["name"] == metric)
    summary = next(of_metric, None)
    if summary is None or summary["shape"] is not None or summary["n"] < MANY:
        return None
    query = {"metric": metric, **range_query(wanted)}
    answer: httpx.Response = yield Ask(
        "GET", f"/v1/runs/{run_id}/series", {"params": query, "headers": {"Accept": _OCTETS}}
    )
    rows = _rows(answer)
    # Steps are below 2**53, so that float64 holds them as they are.
    return Curve(run_id, metric, rows[:, 0].astype("int64"), rows[:, 1].copy(), len(rows), "all")


def _rows(answer: httpx.Response) -> "NDArray[np.float64]":
    """Steps and values, (K, 2). Raises Refused where they are something else."""
    import numpy as np

    width = 2 * np.dtype("<f8").itemsize
    if answer.headers.get("content-type") != _OCTETS or len(answer.content) % width:
        detail = f"HTTP {answer.status_code} without rows of two numbers: no answer of Groklab"
        raise Refused(answer.status_code, detail)
    return np.frombuffer(answer.content, "<f8").astype(np.float64, copy=False).reshape(-1, 2)
