"""Writing vector series: immutable chunks of rows beside the frames, cut where a run goes back."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
)

from core.store.codec import decode, encode
from core.store.listed import listed
from core.store.recorded import Vectors
from core.store.tables import AnyRow, vector_chunks

# Bounds what one row of the table holds, and with it what a cut or a read has in hand at once.
CHUNK_BYTES = 2**20
# Encoded bytes handed to the database by one statement.
STATEMENT_BYTES = 16 * 2**20

_EVERY_METRIC = true()
_OF_METRIC = [vector_chunks.c.recording_id, vector_chunks.c.metric]


def write_vectors(conn: Connection, items: Sequence[tuple[int, Vectors]]) -> None:
    """Add (recording id, rows) that belong to runs held by this transaction.

    Raises ValueError where rows do not begin after what their recording holds, or have another shape.
    """
    new = [(recording_id, rows) for recording_id, rows in items if rows.steps.size]
    if new:
        _require_fitting(conn, new)
        insert_vectors(conn, new)


def _require_fitting(conn: Connection, new: Sequence[tuple[int, Vectors]]) -> None:
    asked = listed(conn, {(r, rows.name) for r, rows in new}, id=BigInteger(), metric=Text())
    mine = (vector_chunks.c.recording_id == asked.c.id) & (vector_chunks.c.metric == asked.c.metric)
    latest = select(func.max(vector_chunks.c.first_step)).where(mine).correlate(asked).scalar_subquery()
    query = select(*_OF_METRIC, vector_chunks.c.last_step, vector_chunks.c.shape).join_from(
        asked, vector_chunks, mine & (vector_chunks.c.first_step == latest)
    )
    held = {(row.recording_id, row.metric): (row.last_step, tuple(row.shape)) for row in conn.execute(query)}
    for recording_id, rows in new:
        before, shape = held.get((recording_id, rows.name), (-1, rows.shape))
        if rows.steps[0] <= before:
            raise ValueError(f"{rows.name} must go on after step {before}; got {rows.steps[0]}")
        if rows.shape != shape:
            raise ValueError(f"{rows.name} must keep its shape {shape}; got {rows.shape}")
        held[recording_id, rows.name] = int(rows.steps[-1]), shape


def insert_vectors(conn: Connection, items: Iterable[tuple[int, Vectors]]) -> None:
    """Add (recording id, rows), without a fence or a look at what is there."""
    waiting: list[dict[str, Any]] = []
    size = 0
    for recording_id, rows in items:
        for chunk in _chunks(recording_id, rows):
            waiting.append(chunk)
            size += len(chunk["data"])
            if size >= STATEMENT_BYTES:
                conn.execute(insert(vector_chunks), waiting)
                waiting, size = [], 0
    if waiting:
        conn.execute(insert(vector_chunks), waiting)


def _chunks(recording_id: int, rows: Vectors) -> Iterator[dict[str, Any]]:
    count = max(1, CHUNK_BYTES // (8 * rows.values.shape[1]))
    for start in range(0, rows.steps.size, count):
        yield _chunk(recording_id, rows, slice(start, start + count))


def _chunk(recording_id: int, rows: Vectors, part: slice) -> dict[str, Any]:
    steps, values = rows.steps[part], np.ascontiguousarray(rows.values[part]).reshape(-1)
    finite = np.isfinite(values)
    nonfinite = values.size - int(np.count_nonzero(finite))
    step_codec, step_data = encode(steps)
    codec, data = encode(values)
    return {
        "recording_id": recording_id,
        "metric": rows.name,
        "first_step": int(steps[0]),
        "last_step": int(steps[-1]),
        "n": steps.size,
        "shape": list(rows.shape),
        "min": float(np.min(values[finite])) if nonfinite < values.size else None,
        "max": float(np.max(values[finite])) if nonfinite < values.size else None,
        "nonfinite": nonfinite,
        "step_codec": step_codec,
        "steps": step_data,
        "codec": codec,
        "data": data,
    }


def truncate_vectors(
    conn: Connection, keep: Mapping[int, int], which: ColumnElement[bool] = _EVERY_METRIC
) -> None:
    """Delete what lies after the kept step of each recording, of the metrics that `which` says.

    A chunk across that step is cut there.
    """
    if not keep:
        return
    kept = listed(conn, keep.items(), id=BigInteger(), step=BigInteger())
    across = (
        select(vector_chunks)
        .join_from(
            kept,
            vector_chunks,
            (vector_chunks.c.recording_id == kept.c.id)
            & (vector_chunks.c.first_step <= kept.c.step)
            & (vector_chunks.c.last_step > kept.c.step),
        )
        .where(which)
    )
    cut = [(row.recording_id, _until(rows_of(row), keep[row.recording_id])) for row in conn.execute(across)]
    conn.execute(
        delete(vector_chunks).where(
            vector_chunks.c.recording_id == bindparam("recording"),
            vector_chunks.c.last_step > bindparam("kept"),
            which,
        ),
        [{"recording": recording, "kept": step} for recording, step in keep.items()],
    )
    insert_vectors(conn, cut)


def rows_of(row: AnyRow) -> Vectors:
    """What a chunk holds."""
    shape = tuple(row.shape)
    steps: NDArray[np.int64] = decode(row.step_codec, row.steps, row.n)
    values = decode(row.codec, row.data, row.n * math.prod(shape)).reshape(row.n, -1)
    return Vectors(row.metric, shape, steps, values)


def _until(rows: Vectors, step: int) -> Vectors:
    n = int(np.searchsorted(rows.steps, step, side="right"))
    return Vectors(rows.name, rows.shape, rows.steps[:n], rows.values[:n])
