"""Reading series back as vectors."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, bindparam, func, select

from core.store.codec import decode, decode_joined
from core.store.listed import listed
from core.store.recorded import MetricSummary, SeriesPart, Watermark
from core.store.tables import AnyRow, chunks, frames, vector_chunks
from core.store.vector_series import vector_summaries

# Recordings read by one query of `read_many`: bounds memory, and what is held of the answer.
RECORDINGS_A_QUERY = 200
# Chunks read at once by `read_pieces`. The memory of more goes back to the system with every piece and comes
# from it again, which takes as long as reading does.
_CHUNKS_A_PIECE = 8
# Of a server that would else send all of them first.
_ROWS_SENT = 64

SAME_FRAME = and_(chunks.c.recording_id == frames.c.recording_id, chunks.c.first_step == frames.c.first_step)
ENCODED = (
    frames.c.n,
    frames.c.codec.label("step_codec"),
    frames.c.data.label("step_data"),
    chunks.c.metric,
    chunks.c.codec,
    chunks.c.data,
)
"""Of a chunk and its frame: how many points, and the codec and bytes of steps and values."""

# Built once: building it would cost more than executing it.
_IN_RANGE = (
    frames.c.recording_id == bindparam("recording"),
    frames.c.last_step >= bindparam("low"),
    frames.c.first_step <= bindparam("high"),
)
_ALL = (
    select(frames.c.first_step, frames.c.last_step, *ENCODED)
    .join_from(frames, chunks, SAME_FRAME)
    .where(*_IN_RANGE)
    .order_by(frames.c.first_step)
)
_POINTS = _ALL.where(chunks.c.metric.in_(bindparam("metrics", expanding=True)))
_POINTS_OF_ONE = _ALL.where(chunks.c.metric == bindparam("metric")).execution_options(
    stream_results=True, max_row_buffer=_ROWS_SENT
)
_EXTENT = select(func.min(frames.c.first_step), func.max(frames.c.last_step)).where(*_IN_RANGE)
LAST_STEP = 2**63 - 1

Encoded = tuple[int, bytes, int]
"""Codec, bytes, and how many numbers they are."""

Piece = tuple[NDArray[np.int64], NDArray[np.float64]]
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
    bounds = {"low": max(lows, default=0), "high": LAST_STEP if to_step is None else to_step}
    found: dict[str, list[tuple[_Steps, Encoded]]] = {metric: [] for metric in metrics}
    asked = {"recording": recording_id, "metrics": list(found), **bounds}
    for row in conn.execute(_POINTS, asked).all():
        found[row.metric].append(_stored(row))
    known: dict[tuple[_Steps, ...], NDArray[np.int64]] = {}
    return [_within(_decoded(metric, found[metric], known), **bounds) for metric in metrics]


def scalar_extent(conn: Connection, recording_id: int, low: int, high: int) -> tuple[int, int] | None:
    """First and last step of what was recorded of scalars from `low` to `high`; None where nothing was."""
    first, last = conn.execute(_EXTENT, {"recording": recording_id, "low": low, "high": high}).one()
    # A frame from before `high` to after `low` is found even where they are no range.
    return None if first is None or low > high else (max(first, low), min(last, high))


def read_pieces(
    conn: Connection, recording_id: int, metric: str, low: int, high: int
) -> Iterator[SeriesPart]:
    """One metric from `low` to `high` in pieces of some ten thousand points, one after the other."""
    asked = {"recording": recording_id, "metric": metric, "low": low, "high": high}
    for rows in conn.execute(_POINTS_OF_ONE, asked).partitions(_CHUNKS_A_PIECE):
        yield _within(_decoded(metric, [_stored(row) for row in rows], {}), low, high)


class _Steps(NamedTuple):
    """The steps of a frame, not decoded yet."""

    first: int
    last: int
    encoded: Encoded

    @property
    def every(self) -> bool:
        """Whether they are all steps from the first to the last, since they rise and are so many."""
        return self.last - self.first + 1 == self.encoded[2]


def _stored(row: AnyRow) -> tuple[_Steps, Encoded]:
    first, last, n, step_codec, step_data, _, codec, data = row
    return _Steps(first, last, (step_codec, step_data, n)), (codec, data, n)


def _decoded(
    metric: str,
    pieces: Sequence[tuple[_Steps, Encoded]],
    known: dict[tuple[_Steps, ...], NDArray[np.int64]],
) -> SeriesPart:
    """The points of one metric; `known` are the steps of others, which mostly are the same."""
    if not pieces:
        return SeriesPart(metric, _NO_STEPS, _NO_VALUES)
    key = tuple(steps for steps, _ in pieces)
    if key not in known:
        known[key] = _all_steps(key)
    return SeriesPart(metric, known[key], decode_joined([values for _, values in pieces]))


def _all_steps(pieces: Sequence[_Steps]) -> NDArray[np.int64]:
    if all(piece.every for piece in pieces):
        if pieces[-1].last - pieces[0].first + 1 == sum(piece.encoded[2] for piece in pieces):
            return np.arange(pieces[0].first, pieces[-1].last + 1, dtype=np.int64)
        return np.concatenate([np.arange(piece.first, piece.last + 1, dtype=np.int64) for piece in pieces])
    return decode_joined([piece.encoded for piece in pieces])


def _within(part: SeriesPart, low: int, high: int) -> SeriesPart:
    if not part.steps.size or (part.steps[0] >= low and part.steps[-1] <= high):
        return part
    some = slice(int(np.searchsorted(part.steps, low)), int(np.searchsorted(part.steps, high, side="right")))
    return SeriesPart(part.metric, part.steps[some], part.values[some])


def read_many(
    conn: Connection,
    recording_ids: Sequence[int],
    metrics: Sequence[str],
    from_step: int | None = None,
    to_step: int | None = None,
) -> Iterator[tuple[int, list[SeriesPart]]]:
    """The series of many recordings, one after the other in the given order: a part for each asked metric."""
    bounds = {"low": from_step or 0, "high": LAST_STEP if to_step is None else to_step}
    for start in range(0, len(recording_ids), RECORDINGS_A_QUERY):
        page = recording_ids[start : start + RECORDINGS_A_QUERY]
        found = _read_page(conn, page, metrics, **bounds)
        for recording_id in page:
            rows = found.get(recording_id, {})
            parts = [_gathered(metric, rows.get(metric, [])) for metric in metrics]
            yield recording_id, [_within(part, **bounds) for part in parts]


def _read_page(
    conn: Connection, recording_ids: Sequence[int], metrics: Sequence[str], low: int, high: int
) -> dict[int, dict[str, list[Piece]]]:
    asked = listed(conn, ((recording_id,) for recording_id in set(recording_ids)), id=BigInteger())
    query = (
        select(
            frames.c.recording_id,
            *ENCODED,
        )
        .join_from(asked, frames, frames.c.recording_id == asked.c.id)
        .join(chunks, SAME_FRAME)
        .where(chunks.c.metric.in_(list(metrics)), frames.c.last_step >= low, frames.c.first_step <= high)
        .order_by(frames.c.recording_id, frames.c.first_step)
    )
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


def summaries(
    conn: Connection, recording_id: int, metrics: Sequence[str] | None = None
) -> list[MetricSummary]:
    """Every recorded metric in short, or those named, without reading the values.

    Scalar ones by name, and then vectors.
    """
    vectors = vector_summaries(conn, recording_id)
    wanted = [summary for summary in vectors if metrics is None or summary.name in metrics]
    return [*_scalar_summaries(conn, recording_id, metrics), *wanted]


@cache
def _in_short(named: bool) -> Select[Any]:
    """The query of all scalar metrics, or of those named. Building it costs more than executing it."""
    of_recording = chunks.c.recording_id == bindparam("recording")
    if named:
        of_recording &= chunks.c.metric.in_(bindparam("metrics", expanding=True))
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
        .join_from(chunks, frames, SAME_FRAME)
        .where(of_recording)
        .group_by(chunks.c.metric)
        .subquery()
    )
    return (
        select(totals, frames.c.last_step, chunks.c.last)
        .join_from(
            totals, chunks, (chunks.c.first_step == totals.c.latest) & (chunks.c.metric == totals.c.metric)
        )
        .join(frames, SAME_FRAME)
        .where(of_recording)
        .order_by(totals.c.metric)
    )


def _scalar_summaries(
    conn: Connection, recording_id: int, metrics: Sequence[str] | None
) -> list[MetricSummary]:
    asked = {"recording": recording_id} | ({} if metrics is None else {"metrics": list(metrics)})
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
        for row in conn.execute(_in_short(metrics is not None), asked)
    ]


def watermark(conn: Connection, recording_id: int) -> Watermark:
    """How far a recording is; while it is the same, so are its series."""
    asked = {"recording": recording_id}
    scalars, vectors = (conn.execute(query, asked).one() for query in _ENDS)
    return Watermark(*scalars, *vectors)


_ENDS = [
    select(func.count(), func.max(table.c.last_step)).where(table.c.recording_id == bindparam("recording"))
    for table in (frames, vector_chunks)
]
