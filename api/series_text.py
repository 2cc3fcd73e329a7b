"""Writes series as JSON, CSV and raw pairs, slice by slice and without an object a point."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from api.answers import dumps, word
from core.store import SeriesPart

SLICE = 65_536


def run_json(run_id: str, parts: Iterable[SeriesPart]) -> Iterator[bytes]:
    """The JSON answer for the series of one run."""
    yield b'{"run":%b,"series":[' % dumps(run_id)
    for place, part in enumerate(parts):
        yield b"," if place else b""
        yield from part_json(part)
    yield b"]}"


def part_json(part: SeriesPart, run_id: str | None = None) -> Iterator[bytes]:
    """One metric as a JSON object, with its run where one answer holds many."""
    run = b"" if run_id is None else b'"run":%b,' % dumps(run_id)
    yield b'{%b"metric":%b,"steps":[' % (run, dumps(part.metric))
    yield from _numbers(part.steps)
    yield b'],"values":['
    yield from _numbers(part.values)
    yield b'],"nonfinite":{'
    yield from _nonfinite(part.values)
    count = part.steps.size
    yield b'},"total":%d,"returned":%d,"method":"all"}' % (count, count)


def csv_header(metrics: Sequence[str], with_run: bool) -> bytes:
    """The first line of a CSV answer."""
    return ",".join([*(["run"] if with_run else []), "step", *metrics]).encode() + b"\n"


def csv_lines(parts: Sequence[SeriesPart], run_id: str | None = None) -> Iterator[bytes]:
    """A line a step, blank where a metric has no value at it; the run's id first where there are many."""
    steps = _all_steps(parts)
    columns = [_column(steps, part) for part in parts]
    first = b"" if run_id is None else run_id.encode() + b","
    for start in range(0, steps.size, SLICE):
        end = start + SLICE
        cells = [_texts(steps[start:end]), *(_values(v[start:end], here[start:end]) for v, here in columns)]
        yield b"".join(first + b",".join(line) + b"\n" for line in zip(*cells, strict=True))


def raw_pairs(part: SeriesPart) -> Iterator[bytes]:
    """Pairs of step and value, little-endian float64."""
    for start in range(0, part.steps.size, SLICE):
        pairs = np.empty((min(SLICE, part.steps.size - start), 2), dtype="<f8")
        pairs[:, 0] = part.steps[start : start + SLICE]
        pairs[:, 1] = part.values[start : start + SLICE]
        yield pairs.tobytes()


def _numbers(array: NDArray[np.int64] | NDArray[np.float64]) -> Iterator[bytes]:
    for start in range(0, array.size, SLICE):
        yield b"," if start else b""
        yield dumps(np.ascontiguousarray(array[start : start + SLICE]))[1:-1]


def _nonfinite(values: NDArray[np.float64]) -> Iterator[bytes]:
    places = np.flatnonzero(~np.isfinite(values))
    for start in range(0, places.size, SLICE):
        pairs = [b'"%d":"%b"' % (i, (word(values[i]) or "").encode()) for i in places[start : start + SLICE]]
        yield (b"," if start else b"") + b",".join(pairs)


def _all_steps(parts: Sequence[SeriesPart]) -> NDArray[np.int64]:
    first = parts[0].steps
    if all(np.array_equal(first, part.steps) for part in parts[1:]):
        return first
    return np.unique(np.concatenate([part.steps for part in parts]))


def _column(steps: NDArray[np.int64], part: SeriesPart) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, here = np.zeros(steps.size), np.zeros(steps.size, dtype=np.bool_)
    places = np.searchsorted(steps, part.steps)
    values[places], here[places] = part.values, True
    return values, here


def _values(values: NDArray[np.float64], here: NDArray[np.bool_]) -> list[bytes]:
    texts = _texts(values)
    for place in np.flatnonzero(~np.isfinite(values)):
        texts[place] = (word(values[place]) or "").encode()
    for place in np.flatnonzero(~here):
        texts[place] = b""
    return texts


def _texts(array: NDArray[np.int64] | NDArray[np.float64]) -> list[bytes]:
    return dumps(np.ascontiguousarray(array))[1:-1].split(b",")
