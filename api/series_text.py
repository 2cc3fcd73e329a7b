"""Writes series as JSON and raw rows, slice by slice and without an object a point."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from api.answers import dumps, word
from api.series_source import Part, Series

SLICE = 65_536
"""Numbers that are written at once."""


class Changed(RuntimeError):
    """The recording was cut while it was sent, so that the answer cannot be finished."""


def run_json(run_id: str, several: Iterable[Series]) -> Iterator[bytes]:
    """The JSON answer for the series of one run."""
    yield b'{"run":%b,"series":[' % dumps(run_id)
    for place, series in enumerate(several):
        yield b"," if place else b""
        yield from series_json(series)
    yield b"]}"


def series_json(series: Series, run_id: str | None = None) -> Iterator[bytes]:
    """One metric as a JSON object: a vector with its shape, one of many runs with the run.

    Points are read twice, for steps and for values, and a third time where some are not finite: so nothing
    of them is kept. Raises Changed where they were not the same each time.
    """
    run = b"" if run_id is None else b'"run":%b,' % dumps(run_id)
    shape = b'"shape":%b,' % dumps(series.shape) if series.shape != () else b""
    yield b'{%b"metric":%b,%b"steps":[' % (run, dumps(series.metric), shape)
    count = 0
    for part in series.parts():
        yield from _numbers(part.steps, following=count > 0)
        count += part.steps.size
    yield b'],"values":['
    place, finite = 0, True
    for part in series.parts():
        yield from _numbers(part.values, following=place > 0)
        place += len(part.values)
        finite = finite and bool(np.isfinite(part.values).all())
    if place != count:
        raise Changed(f"{series.metric}: {count} steps, then {place} values")
    yield b'],"nonfinite":{'
    if not finite:
        yield from _nonfinite(series)
    total = count if series.total is None else series.total
    yield b'},"total":%d,"returned":%d,"method":%b}' % (total, count, dumps(series.method))


def raw_rows(part: Part) -> Iterator[bytes]:
    """Rows of a step and its value, or its components, little-endian float64."""
    values = part.values[:, None] if part.values.ndim == 1 else part.values
    count = rows_at_once(values.shape[1])
    for start in range(0, part.steps.size, count):
        some = slice(start, start + count)
        rows = np.empty((part.steps[some].size, 1 + values.shape[1]), "<f8")
        rows[:, 0], rows[:, 1:] = part.steps[some], values[some]
        yield rows.tobytes()


def rows_at_once(width: int) -> int:
    """How many rows of so many numbers make a slice."""
    return max(1, SLICE // max(1, width))


def _numbers(array: NDArray[np.int64] | NDArray[np.float64], following: bool) -> Iterator[bytes]:
    count = rows_at_once(array[0].size) if len(array) else 1
    for start in range(0, len(array), count):
        text = dumps(np.ascontiguousarray(array[start : start + count]))[1:-1]
        yield b"," + text if following or start else text


def _nonfinite(series: Series) -> Iterator[bytes]:
    offset, separator = 0, b""
    for part in series.parts():
        values = part.values.reshape(-1)
        places = np.flatnonzero(~np.isfinite(values))
        for start in range(0, places.size, SLICE):
            some = places[start : start + SLICE]
            pairs = [b'"%d":"%b"' % (offset + i, (word(values[i]) or "").encode()) for i in some]
            yield separator + b",".join(pairs)
            separator = b","
        offset += values.size
