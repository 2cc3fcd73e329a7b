"""Writes series as CSV: a line a step, a column a scalar metric or component of a vector one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.answers import dumps, word
from api.series_source import Part
from api.series_text import rows_at_once
from core.store import VectorPart

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one metric, by index: () is a scalar's only one, (i, j) an entry of a matrix."""

    metric: str
    indices: tuple[Shape, ...]

    @classmethod
    def of(cls, metric: str, shapes: Iterable[Shape]) -> "Columns":
        """Columns that values of all these shapes fit in; the shape of a scalar is ()."""
        indices = {index for shape in set(shapes) for index in np.ndindex(shape)}
        return cls(metric, tuple(sorted(indices, key=lambda index: (len(index), index))))

    @property
    def names(self) -> list[str]:
        """What the header calls them; quoted where a comma is in the name."""
        return [_quoted(self.metric + _subscript(index)) for index in self.indices]

    def places(self, shape: Shape) -> list[int] | None:
        """The column of each component of a value of this shape; None where one has no column."""
        place = {index: number for number, index in enumerate(self.indices)}
        found = [place.get(index, -1) for index in np.ndindex(shape)]
        return None if -1 in found else found


def shape_of(part: Part) -> Shape | None:
    """The shape of one value: () for a scalar, None for a vector without rows."""
    return part.shape if isinstance(part, VectorPart) else ()


def csv_header(columns: Sequence[Columns], with_run: bool) -> bytes:
    """The first line of a CSV answer."""
    names = [name for some in columns for name in some.names]
    return ",".join([*(["run"] if with_run else []), "step", *names]).encode() + b"\n"


def csv_lines(
    parts: Sequence[Part], columns: Sequence[Columns], run_id: str | None = None
) -> Iterator[bytes]:
    """A line a step, blank where a metric has no value at it; the run's id first where there are many.

    `columns` are those of each part; a part that does not fit in its own is left out.
    """
    blocks = [block for part, some in zip(parts, columns, strict=True) if (block := _block(part, some))]
    steps = _all_steps([block.part for block in blocks if block.places is not None])
    first = b"" if run_id is None else run_id.encode() + b","
    count = rows_at_once(sum(block.width for block in blocks))
    for start in range(0, steps.size, count):
        some = steps[start : start + count]
        cells = [_texts(some), *(block.cells(some) for block in blocks)]
        yield b"".join(first + b",".join(line) + b"\n" for line in zip(*cells, strict=True))


@dataclass(frozen=True, slots=True)
class _Block:
    """The neighbouring columns that one part fills; `places` is None where it fills none of them."""

    part: Part
    width: int
    places: list[int] | None

    def cells(self, steps: NDArray[np.int64]) -> list[bytes]:
        """The text of the block on each line."""
        lines = [b"," * (self.width - 1)] * steps.size
        if self.places is None:
            return lines
        low = int(np.searchsorted(self.part.steps, steps[0], side="left"))
        high = int(np.searchsorted(self.part.steps, steps[-1], side="right"))
        rows = self._rows(low, high)
        if high - low == steps.size:
            return rows
        for line, row in zip(np.searchsorted(steps, self.part.steps[low:high]), rows, strict=True):
            lines[line] = row
        return lines

    def _rows(self, low: int, high: int) -> list[bytes]:
        texts = _values(self.part.values[low:high].reshape(-1))
        if self.width == 1:
            return texts
        return [self._row(texts[start : start + self._size]) for start in range(0, len(texts), self._size)]

    @property
    def _size(self) -> int:
        return len(self.places or ())

    def _row(self, texts: list[bytes]) -> bytes:
        if len(texts) == self.width:
            return b",".join(texts)
        row = [b""] * self.width
        for place, text in zip(self.places or (), texts, strict=True):
            row[place] = text
        return b",".join(row)


def _block(part: Part, columns: Columns) -> _Block | None:
    """The block of a part; None where it has no columns at all."""
    if not columns.indices:
        return None
    shape = shape_of(part)
    return _Block(part, len(columns.indices), None if shape is None else columns.places(shape))


def _all_steps(parts: Sequence[Part]) -> NDArray[np.int64]:
    if not parts:
        return np.empty(0, np.int64)
    first = parts[0].steps
    if all(np.array_equal(first, part.steps) for part in parts[1:]):
        return first
    return np.unique(np.concatenate([part.steps for part in parts]))


def _values(values: NDArray[np.float64]) -> list[bytes]:
    texts = _texts(values)
    for place in np.flatnonzero(~np.isfinite(values)):
        texts[place] = (word(values[place]) or "").encode()
    return texts


def _texts(array: NDArray[np.int64] | NDArray[np.float64]) -> list[bytes]:
    return dumps(np.ascontiguousarray(array))[1:-1].split(b",") if array.size else []


def _subscript(index: Shape) -> str:
    return f"[{','.join(map(str, index))}]" if index else ""


def _quoted(name: str) -> str:
    return f'"{name}"' if "," in name else name
