"""Recordings in stretches that fit in memory, and how far many of them are."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, func, select

from core.store.listed import listed
from core.store.recorded import Watermark
from core.store.tables import frames, vector_chunks


class Window(NamedTuple):
    """Steps from `first` to `last`, both inside, and at most how many points of a metric lie there."""

    first: int
    last: int
    points: int


class Reach(NamedTuple):
    """How far a recording is, and how many points of a scalar metric it has at most."""

    mark: Watermark
    points: int


def scalar_windows(
    conn: Connection, recording_id: int, low: int, high: int | None, points: int
) -> list[Window]:
    """Stretches of about so many steps with scalars, in order; they cover all that was recorded there."""
    query = select(frames.c.first_step, frames.c.last_step, frames.c.n)
    query = query.where(frames.c.recording_id == recording_id, frames.c.last_step >= low)
    if high is not None:
        query = query.where(frames.c.first_step <= high)
    rows = conn.execute(query.order_by(frames.c.first_step))
    return _grouped((Window(*row) for row in rows), low, high, points)


def vector_windows(
    conn: Connection, recording_id: int, metric: str, low: int, high: int | None, numbers: int
) -> list[Window]:
    """The same for the rows of a vector metric, of about so many `numbers`."""
    query = select(
        vector_chunks.c.first_step, vector_chunks.c.last_step, vector_chunks.c.n, vector_chunks.c.shape
    )
    query = query.where(
        vector_chunks.c.recording_id == recording_id,
        vector_chunks.c.metric == metric,
        vector_chunks.c.last_step >= low,
    )
    if high is not None:
        query = query.where(vector_chunks.c.first_step <= high)
    rows = conn.execute(query.order_by(vector_chunks.c.first_step)).all()
    # The rows of a recording all have one shape.
    width = math.prod(rows[0].shape) if rows else 1
    pieces = (Window(row.first_step, row.last_step, row.n) for row in rows)
    return _grouped(pieces, low, high, max(1, numbers // width))


def merged_windows(several: Sequence[Sequence[Window]]) -> list[Window]:
    """Stretches of all of these, none longer than the ones that it lies in: for rows of several metrics."""
    lists = [windows for windows in several if windows]
    if len(lists) <= 1:
        return list(lists[0]) if lists else []
    ends = sorted({window.last for windows in lists for window in windows})
    begin = min(windows[0].first for windows in lists)
    most = max(window.points for windows in lists for window in windows)
    found = []
    for end in ends:
        if begin <= end:
            found.append(Window(begin, end, most))
        begin = end + 1
    return found


def reaches(conn: Connection, recording_ids: Iterable[int]) -> dict[int, Reach]:
    """How far each of these recordings is."""
    ids = sorted(set(recording_ids))
    scalars = _ends(conn, frames, ids)
    vectors = _ends(conn, vector_chunks, ids)
    found = {}
    for recording_id in ids:
        count, last, points = scalars.get(recording_id, (0, None, 0))
        vector_count, vector_last, _ = vectors.get(recording_id, (0, None, 0))
        found[recording_id] = Reach(Watermark(count, last, vector_count, vector_last), points)
    return found


def _ends(conn: Connection, table: Table, ids: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    asked = listed(conn, ((recording_id,) for recording_id in ids), id=BigInteger())
    points: ColumnElement[int] = func.sum(table.c.n)
    query = (
        select(table.c.recording_id, func.count(), func.max(table.c.last_step), points)
        .join_from(asked, table, table.c.recording_id == asked.c.id)
        .group_by(table.c.recording_id)
    )
    return {row[0]: (row[1], row[2], int(row[3])) for row in conn.execute(query)}


def _grouped(pieces: Iterable[Window], low: int, high: int | None, points: int) -> list[Window]:
    """Neighbours put together until they have so many points, cut to the range."""
    found: list[Window] = []
    for piece in pieces:
        first, last = max(piece.first, low), piece.last if high is None else min(piece.last, high)
        if first > last:
            continue
        if found and found[-1].points + piece.points <= points:
            found[-1] = Window(found[-1].first, last, found[-1].points + piece.points)
        else:
            found.append(Window(first, last, piece.points))
    return found
