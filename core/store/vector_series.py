"""Reading vector series back as matrices."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, Connection, bindparam, func, select

from core.store.listed import listed
from core.store.recorded import MetricSummary, VectorPart
from core.store.tables import vector_chunks
from core.store.vectors import rows_of

_OF_METRIC = [vector_chunks.c.recording_id, vector_chunks.c.metric]
# Built once: building it would cost more than executing it.
_IN_SHORT = (
    select(
        vector_chunks.c.metric,
        func.sum(vector_chunks.c.n).label("n"),
        func.min(vector_chunks.c.first_step).label("first_step"),
        func.max(vector_chunks.c.last_step).label("last_step"),
        func.min(vector_chunks.c.min).label("min"),
        func.max(vector_chunks.c.max).label("max"),
        func.sum(vector_chunks.c.nonfinite).label("nonfinite"),
    )
    .where(vector_chunks.c.recording_id == bindparam("recording"))
    .group_by(vector_chunks.c.metric)
    .order_by(vector_chunks.c.metric)
)


def read_vectors(
    conn: Connection,
    recording_id: int,
    metric: str,
    from_step: int | None = None,
    to_step: int | None = None,
    after_step: int | None = None,
) -> VectorPart:
    """The rows of one vector metric; `from_step` and `to_step` are in the part, `after_step` is not.

    Without any row of the metric in the recording, the shape is None and `values` is (0, 0).
    """
    shape = conn.execute(
        select(vector_chunks.c.shape).where(*_is(recording_id, metric)).limit(1)
    ).scalar_one_or_none()
    if shape is None:
        return VectorPart(metric, None, np.empty(0, np.int64), np.empty((0, 0)))
    lows = [step for step in (from_step, None if after_step is None else after_step + 1) if step is not None]
    low = max(lows, default=0)
    query = select(vector_chunks).where(*_is(recording_id, metric), vector_chunks.c.last_step >= low)
    if to_step is not None:
        query = query.where(vector_chunks.c.first_step <= to_step)
    found = [rows_of(row) for row in conn.execute(query.order_by(vector_chunks.c.first_step))]
    steps = np.concatenate([np.empty(0, np.int64), *(rows.steps for rows in found)])
    values = np.concatenate([np.empty((0, math.prod(shape))), *(rows.values for rows in found)])
    start = int(np.searchsorted(steps, low, side="left"))
    end = steps.size if to_step is None else int(np.searchsorted(steps, to_step, side="right"))
    return VectorPart(metric, tuple(shape), steps[start:end], values[start:end])


def vector_summaries(conn: Connection, recording_id: int) -> list[MetricSummary]:
    """Every recorded vector metric in short, by name, without reading the values."""
    rows = conn.execute(_IN_SHORT, {"recording": recording_id}).all()
    if not rows:
        return []
    shapes = vector_shapes(conn, [recording_id]).get(recording_id, {})
    return [
        MetricSummary(
            name=row.metric,
            n=int(row.n),
            first_step=row.first_step,
            last_step=row.last_step,
            last=None,
            min=row.min,
            max=row.max,
            nonfinite=int(row.nonfinite),
            shape=shapes[row.metric],
        )
        for row in rows
    ]


def vector_shapes(conn: Connection, recording_ids: Iterable[int]) -> dict[int, dict[str, tuple[int, ...]]]:
    """The shape of every recorded vector metric, by recording and name."""
    asked = listed(conn, ((recording_id,) for recording_id in set(recording_ids)), id=BigInteger())
    first = (
        select(*_OF_METRIC, func.min(vector_chunks.c.first_step).label("first_step"))
        .join_from(asked, vector_chunks, vector_chunks.c.recording_id == asked.c.id)
        .group_by(*_OF_METRIC)
        .subquery()
    )
    query = select(*_OF_METRIC, vector_chunks.c.shape).join_from(
        first,
        vector_chunks,
        (vector_chunks.c.recording_id == first.c.recording_id)
        & (vector_chunks.c.metric == first.c.metric)
        & (vector_chunks.c.first_step == first.c.first_step),
    )
    shapes: dict[int, dict[str, tuple[int, ...]]] = {}
    for row in conn.execute(query):
        shapes.setdefault(row.recording_id, {})[row.metric] = tuple(row.shape)
    return shapes


def _is(recording_id: int, metric: str) -> tuple[Any, Any]:
    return vector_chunks.c.recording_id == recording_id, vector_chunks.c.metric == metric
