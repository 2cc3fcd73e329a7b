"""Writing series: immutable column chunks, a row a metric, the steps of a frame stored once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, Text, insert, select

from core.store.codec import encode
from core.store.fence import Held, change, held_by, later, locking, ours
from core.store.listed import listed
from core.store.model import Claimed
from core.store.recorded import Frame
from core.store.tables import chunks, frames
from core.store.vectors import write_vectors

Rows = list[dict[str, Any]]


class NotLater(ValueError):
    """A frame does not begin after what its recording holds."""


def write_frames(conn: Connection, items: Sequence[tuple[Claimed, Frame]]) -> frozenset[str]:
    """Append frames, vectors included, to the recordings of runs that are still ours, and set their steps.

    Returns the fenced runs; nothing was written for these.
    """
    held = _advance(conn, {claimed: frame for claimed, frame in items})
    mine = [(held.recordings[claimed], frame) for claimed, frame in items if claimed in held.recordings]
    new = [(recording_id, frame) for recording_id, frame in mine if frame.steps.size]
    _require_later(conn, new)
    insert_frames(conn, new)
    write_vectors(conn, [(recording_id, rows) for recording_id, frame in mine for rows in frame.vectors])
    return held.fenced


def _advance(conn: Connection, latest: Mapping[Claimed, Frame]) -> Held:
    """Set the steps of the runs that are still ours."""
    last = {claimed: frame.last_step for claimed, frame in latest.items()}
    reached = listed(
        conn,
        ((c.run_id, c.attempt, step) for c, step in last.items()),
        id=Text(),
        attempt=BigInteger(),
        step=BigInteger(),
    )
    return held_by(last, change(conn, locking(ours(reached)), lambda new: {"step": later(new.c.step)}))


def _require_later(conn: Connection, new: Sequence[tuple[int, Frame]]) -> None:
    """Raise NotLater where a frame does not begin after what its recording holds."""
    asked = listed(conn, ([recording_id] for recording_id, _ in new), id=BigInteger())
    held = select(frames.c.last_step).where(frames.c.recording_id == asked.c.id)
    latest = held.order_by(frames.c.first_step.desc()).limit(1).scalar_subquery()
    reached = {row.id: row.latest for row in conn.execute(select(asked.c.id, latest.label("latest")))}
    for recording_id, frame in new:
        before = reached[recording_id]
        if before is not None and frame.steps[0] <= before:
            raise NotLater(f"a frame must begin after step {before} of its recording; got {frame.steps[0]}")
        reached[recording_id] = int(frame.steps[-1])


def insert_frames(conn: Connection, items: Iterable[tuple[int, Frame]]) -> None:
    """Add (recording id, frame) without its vectors, and without a fence."""
    heads: Rows = []
    columns: Rows = []
    # The runs of a batch mostly share their steps.
    encoded: dict[bytes, tuple[int, bytes]] = {}
    for recording_id, frame in items:
        raw = frame.steps.tobytes()
        if raw not in encoded:
            encoded[raw] = encode(frame.steps)
        heads.append(_head(recording_id, frame.steps, encoded[raw]))
        columns.extend(_columns(recording_id, frame))
    if heads:
        conn.execute(insert(frames), heads)
    if columns:
        conn.execute(insert(chunks), columns)


def _head(recording_id: int, steps: NDArray[np.int64], encoded: tuple[int, bytes]) -> dict[str, Any]:
    return {
        "recording_id": recording_id,
        "first_step": int(steps[0]),
        "last_step": int(steps[-1]),
        "n": steps.size,
        "codec": encoded[0],
        "data": encoded[1],
    }


def _columns(recording_id: int, frame: Frame) -> Iterable[dict[str, Any]]:
    finite = np.isfinite(frame.values)
    nonfinite = np.count_nonzero(~finite, axis=0).tolist()
    low = np.min(frame.values, axis=0, where=finite, initial=np.inf).tolist()
    high = np.max(frame.values, axis=0, where=finite, initial=-np.inf).tolist()
    last = frame.values[-1].tolist()
    for j, metric in enumerate(frame.names):
        codec, data = encode(np.ascontiguousarray(frame.values[:, j]))
        any_finite = nonfinite[j] < frame.steps.size
        yield {
            "recording_id": recording_id,
            "first_step": int(frame.steps[0]),
            "metric": metric,
            "last": None if last[j] != last[j] else last[j],
            "min": low[j] if any_finite else None,
            "max": high[j] if any_finite else None,
            "nonfinite": nonfinite[j],
            "codec": codec,
            "data": data,
        }
