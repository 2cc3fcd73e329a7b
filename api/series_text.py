"""Writes series as JSON and raw rows, slice by slice and without an object a point."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from api.answers import dumps, word
from core.store import SeriesPart, VectorPart

SLICE = 65_536
"""Numbers that are written at once."""

Part = SeriesPart | VectorPart


def run_json(run_id: str, parts: Iterable[Part]) -> Iterator[bytes]:
    """The JSON answer for the series of one run."""
    yield b'{"run":%b,"series":[' % dumps(run_id)
    for place, part in enumerate(parts):
        yield b"," if place else b""
        yield from part_json(part)
    yield b"]}"


def part_json(part: Part, run_id: str | None = None) -> Iterator[bytes]:
    """One metric as a JSON object: a vector with its shape, one of many runs with the run."""
    run = b"" if run_id is None else b'"run":%b,' % dumps(run_id)
    shape = b'"shape":%b,' % dumps(part.shape) if isinstance(part, VectorPart) else b""
    yield b'{%b"metric":%b,%b"steps":[' % (run, dumps(part.metric), shape)
    yield from _numbers(part.steps)
    yield b'],"values":['
    yield from _numbers(part.values)
    yield b'],"nonfinite":{'
    yield from _nonfinite(part.values.reshape(-1))
    count = part.steps.size
    yield b'},"total":%d,"returned":%d,"method":"all"}' % (count, count)


def raw_rows(part: Part) -> Iterator[bytes]:
    """Rows of a step and its value, or its components, little-endian float64."""
    values = part.values[:, None] if part.values.ndim == 1 else part.values
    count = rows_at_once(values.shape[1])
    for start in range(0, part.steps.size, count):
        some = slice(start, start + count)
        yield np.column_stack([part.steps[some], values[some]]).astype("<f8").tobytes()


def rows_at_once(width: int) -> int:
    """How many rows of so many numbers make a slice."""
    return max(1, SLICE // max(1, width))


def _numbers(array: NDArray[np.int64] | NDArray[np.float64]) -> Iterator[bytes]:
    count = rows_at_once(array[0].size) if len(array) else 1
    for start in range(0, len(array), count):
        yield b"," if start else b""
        yield dumps(np.ascontiguousarray(array[start : start + count]))[1:-1]


def _nonfinite(values: NDArray[np.float64]) -> Iterator[bytes]:
    places = np.flatnonzero(~np.isfinite(values))
    for start in range(0, places.size, SLICE):
        pairs = [b'"%d":"%b"' % (i, (word(values[i]) or "").encode()) for i in places[start : start + SLICE]]
        yield (b"," if start else b"") + b",".join(pairs)
