"""Reading series back as vectors."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Connection, and_, func, select

from core.store.codec import decode
from core.store.listed import listed
from core.store.recorded import MetricSummary, SeriesPart, Watermark
from core.store.tables import AnyRow, chunks, frames, vector_chunks
from core.store.vector_series import vector_summaries

# Recordings read by one query of `read_many`: bounds memory, and what is held of the answer.
RECORDINGS_A_QUERY = 200

_SAME_FRAME = and_(chunks.c.recording_id == frames.c.recording_id, chunks.c.first_step == frames.c.first_step)
_NO_STEPS: NDArray[np.int64] = np.empty(0, np.int64)
_NO_VALUES: NDArray[np.float64] = np.empty(0, np.float64)


def read_series(
    conn: Connection,
    recording_id: int,
    metrics: Sequence[str],
    from_step: int | None = None,
    to_step: int | None = None,
    after_step: int | None = None,
) -> list[SeriesPart]:
    """One part for each asked metric, in that order; empty where nothing was recorded.

    `from_step` and `to_step` are in the part, `after_step` is not.
    """
    lows = [
        bound for bound in (from_step, None if after_step is None else after_step + 1) if bound is not None
    ]
    low, high = max(lows, default=None), to_step
    steps = _steps(conn, recording_id, low, high)
    values: dict[str, dict[int, NDArray[Any]]] = {metric: {} for metric in metrics}
    query = select(chunks.c.first_step, chunks.c.metric, chunks.c.codec, chunks.c.data).where(
        chunks.c.recording_id == recording_id,
        chunks.c.first_step.between(min(steps, default=0), max(steps, default=-1)),
        chunks.c.metric.in_(list(values)),
    )
    for row in conn.execute(query):
        if row.first_step in steps:
            values[row.metric][row.first_step] = decode(row.codec, row.data, len(steps[row.first_step]))
    return [_within(_join(metric, steps, values[metric]), low, high) for metric in metrics]


def _steps(
    conn: Connection, recording_id: int, low: int | None, high: int | None
) -> dict[int, NDArray[np.int64]]:
    """The steps of every frame that has some in the range, by their first, in order."""
    query = (
        select(frames.c.first_step, frames.c.n, frames.c.codec, frames.c.data)
        .where(frames.c.recording_id == recording_id)
        .order_by(frames.c.first_step)
    )
    if low is not None:
        query = query.where(frames.c.last_step >= low)
    if high is not None:
        query = query.where(frames.c.first_step <= high)
    return {row.first_step: decode(row.codec, row.data, row.n) for row in conn.execute(query)}


def _join(
    metric: str, steps: Mapping[int, NDArray[np.int64]], values: Mapping[int, NDArray[np.float64]]
) -> SeriesPart:
    found = [first for first in steps if first in values]
    if not found:
        return SeriesPart(metric, _NO_STEPS, _NO_VALUES)
    return SeriesPart(
        metric,
        np.concatenate([steps[first] for first in found]),
        np.concatenate([values[first] for first in found]),
    )


def _within(part: SeriesPart, low: int | None, high: int | None) -> SeriesPart:
    start = 0 if low is None else int(np.searchsorted(part.steps, low, side="left"))
    end = part.steps.size if high is None else int(np.searchsorted(part.steps, high, side="right"))
    return SeriesPart(part.metric, part.steps[start:end], part.values[start:end])


def read_many(
    conn: Connection,
    recording_ids: Sequence[int],
    metrics: Sequence[str],
    from_step: int | None = None,
    to_step: int | None = None,
) -> Iterator[tuple[int, list[SeriesPart]]]:
    """The series of many recordings, one after the other in the given order: a part for each asked metric."""
    for start in range(0, len(recording_ids), RECORDINGS_A_QUERY):
        page = recording_ids[start : start + RECORDINGS_A_QUERY]
        found = _read_page(conn, page, metrics, from_step, to_step)
        for recording_id in page:
            rows = found.get(recording_id, {})
            parts = [_gathered(metric, rows.get(metric, [])) for metric in metrics]
            yield recording_id, [_within(part, from_step, to_step) for part in parts]


Piece = tuple[NDArray[np.int64], NDArray[np.float64]]


def _read_page(
    conn: Connection, recording_ids: Sequence[int], metrics: Sequence[str], low: int | None, high: int | None
) -> dict[int, dict[str, list[Piece]]]:
    asked = listed(conn, ((recording_id,) for recording_id in set(recording_ids)), id=BigInteger())
    query = (
        select(
            frames.c.recording_id,
            frames.c.n,
            frames.c.codec.label("step_codec"),
            frames.c.data.label("step_data"),
            chunks.c.metric,
            chunks.c.codec,
            chunks.c.data,
        )
        .join_from(asked, frames, frames.c.recording_id == asked.c.id)
        .join(chunks, _SAME_FRAME)
        .where(chunks.c.metric.in_(list(metrics)))
        .order_by(frames.c.recording_id, frames.c.first_step)
    )
    if low is not None:
        query = query.where(frames.c.last_step >= low)
    if high is not None:
        query = query.where(frames.c.first_step <= high)
    # The runs of a batch mostly share their steps.
    known: dict[tuple[int, int, bytes], NDArray[np.int64]] = {}
    found: dict[int, dict[str, list[Piece]]] = {}
    for recording_id, n, step_codec, step_data, metric, codec, data in conn.execute(query):
        key = step_codec, n, step_data
        if key not in known:
            known[key] = decode(step_codec, step_data, n)
        pieces = found.setdefault(recording_id, {}).setdefault(metric, [])
        pieces.append((known[key], decode(codec, data, n)))
    return found


def _gathered(metric: str, pieces: Sequence[Piece]) -> SeriesPart:
    if len(pieces) == 1:
        return SeriesPart(metric, *pieces[0])
    steps = np.concatenate([_NO_STEPS, *(steps for steps, _ in pieces)])
    return SeriesPart(metric, steps, np.concatenate([_NO_VALUES, *(values for _, values in pieces)]))


def summaries(conn: Connection, recording_id: int) -> list[MetricSummary]:
    """Every recorded metric in short, scalar ones by name and then vectors, without reading the values."""
    return [*_scalar_summaries(conn, recording_id), *vector_summaries(conn, recording_id)]


def _scalar_summaries(conn: Connection, recording_id: int) -> list[MetricSummary]:
    of_recording = chunks.c.recording_id == recording_id
    latest: ColumnElement[int] = func.max(chunks.c.first_step)
    totals = (
        select(
            chunks.c.metric,
            func.sum(frames.c.n).label("n"),
            func.min(chunks.c.first_step).label("first_step"),
            latest.label("latest"),
            func.min(chunks.c.min).label("min"),
            func.max(chunks.c.max).label("max"),
            func.sum(chunks.c.nonfinite).label("nonfinite"),
        )
        .join_from(chunks, frames, _SAME_FRAME)
        .where(of_recording)
        .group_by(chunks.c.metric)
        .subquery()
    )
    query = (
        select(totals, frames.c.last_step, chunks.c.last)
        .join_from(
            totals, chunks, (chunks.c.first_step == totals.c.latest) & (chunks.c.metric == totals.c.metric)
        )
        .join(frames, _SAME_FRAME)
        .where(of_recording)
        .order_by(totals.c.metric)
    )
    return [
        MetricSummary(
            name=row.metric,
            n=int(row.n),
            first_step=row.first_step,
            last_step=row.last_step,
            last=float("nan") if row.last is None else row.last,
            min=row.min,
            max=row.max,
            nonfinite=int(row.nonfinite),
        )
        for row in conn.execute(query)
    ]


def watermark(conn: Connection, recording_id: int) -> Watermark:
    """How far a recording is; while it is the same, so are its series."""
    found: list[AnyRow] = []
    for table in (frames, vector_chunks):
        query = select(func.count(), func.max(table.c.last_step)).where(table.c.recording_id == recording_id)
        found.append(conn.execute(query).one())
    return Watermark(*found[0], *found[1])
