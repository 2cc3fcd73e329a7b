"""The series of one run as they are sent: in stretches that fit in memory, or sampled."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import Connection

from api.series_query import Extent
from core.analysis import METHOD, Sampler
from core.store import (
    Database,
    SeriesPart,
    VectorPart,
    Watermark,
    Window,
    merged_windows,
    read_many,
    read_pieces,
    read_series,
    read_vectors,
    scalar_extent,
    scalar_windows,
    vector_windows,
)

NUMBERS = 65_536
"""Numbers that are read before they are sent: they bound the memory that an answer takes."""

_HELD = 4 * NUMBERS

Part = SeriesPart | VectorPart


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one run.

    Attributes:
        shape: of a value; () for a scalar, None for a vector metric without a row.
        parts: its points in order; every call gives the same ones.
        total: recorded points in the asked range; None: as many as there are in `parts`.
        method: how points were chosen.
    """

    metric: str
    shape: tuple[int, ...] | None
    parts: Callable[[], Iterator[Part]]
    total: int | None = None
    method: str = "all"

    @classmethod
    def of(cls, part: Part) -> "Series":
        """A series that is read already."""
        return cls(part.metric, part.shape if isinstance(part, VectorPart) else (), lambda: iter([part]))


@dataclass(frozen=True, slots=True)
class Source:
    """Where the series of one run are read from.

    Attributes:
        names: the metrics; those that are vectors have their shape, or None, in `vectors`.
        mark: what lies beyond it is left out, also while the run goes on.
        marked: steps whose points are kept when points are chosen.
        held: whole metrics that were read beforehand.
        chosen: metrics of which points were chosen beforehand.
    """

    db: Database
    recording_id: int
    names: tuple[str, ...]
    vectors: Mapping[str, tuple[int, ...] | None]
    extent: Extent
    mark: Watermark
    marked: tuple[int, ...] = ()
    held: Mapping[str, Part] = field(default_factory=dict)
    chosen: Mapping[str, Series] = field(default_factory=dict)

    def sampled(self) -> "Source":
        """The same, with the points of all metrics chosen at once. Not to be called inside a transaction."""
        return replace(self, chosen={name: self.series(name) for name in self.names})

    def hold(self, conn: Connection) -> "Source":
        """The same, with all metrics read at once: for those that are small."""
        scalars = [name for name in self.names if name not in self.vectors]
        high = self._high(scalar=True)
        read = read_series(conn, self.recording_id, scalars, self.extent.low, high) if scalars else []
        found: dict[str, Part] = {part.metric: part for part in read}
        found |= {name: self._read(conn, name, None) for name in self.names if name in self.vectors}
        return replace(self, held=found)

    def series(self, name: str) -> Series:
        """One metric; read here already where it fits in memory or is sampled."""
        if name in self.chosen:
            return self.chosen[name]
        if self.extent.points is not None:
            return self._sampled(name, self.extent.points)
        shape = self.vectors.get(name, ())
        windows = [] if name in self.held else self._windows([name])
        if len(windows) > 1:
            return Series(name, shape, lambda: self._parts(name, windows))
        whole = list(self._parts(name, windows))
        return Series(name, shape, lambda: iter(whole))

    def rows(self) -> Iterator[list[Part]]:
        """All metrics side by side, stretch of steps by stretch; each has all points of the stretch."""
        if self.extent.points is not None:
            yield [part for name in self.names for part in self.series(name).parts()]
        elif self.held:
            yield [self.held[name] for name in self.names]
        else:
            for window in self._windows(self.names) or [Window(0, 0, 0)]:
                with self.db.read() as conn:
                    parts = [self._read(conn, name, window) for name in self.names]
                yield parts

    def _windows(self, names: Iterable[str]) -> list[Window]:
        with self.db.read() as conn:
            vectors = [name for name in names if name in self.vectors]
            found = [self._vector_windows(conn, name) for name in vectors]
            if scalars := [name for name in names if name not in self.vectors]:
                points = max(1, NUMBERS // len(scalars))
                low, high = self.extent.low, self._high(scalar=True)
                found.append(scalar_windows(conn, self.recording_id, low, high, points))
        return merged_windows(found)

    def _vector_windows(self, conn: Connection, name: str) -> list[Window]:
        high = self._high(scalar=False)
        return vector_windows(conn, self.recording_id, name, self.extent.low, high, NUMBERS)

    def _sampled(self, name: str, points: int) -> Series:
        if (held := self.held.get(name)) is not None:
            ends = (int(held.steps[0]), int(held.steps[-1])) if held.steps.size else None
            return self._chosen(name, points, ends, [held])
        with self.db.read() as conn:
            ends = scalar_extent(conn, self.recording_id, self.extent.low, self._high(scalar=True))
            parts = () if ends is None else read_pieces(conn, self.recording_id, name, *ends)
            return self._chosen(name, points, ends, parts)

    def _chosen(self, name: str, points: int, ends: tuple[int, int] | None, parts: Iterable[Part]) -> Series:
        if ends is None:
            return Series.of(SeriesPart(name, np.empty(0, np.int64), np.empty(0)))
        sampler = Sampler(*ends, points, self.extent.scale, self.marked)
        for part in parts:
            sampler.add(part.steps, part.values)
        chosen = SeriesPart(name, *sampler.result())
        method = "all" if sampler.total <= points else METHOD
        return Series(name, (), lambda: iter([chosen]), sampler.total, method)

    def _parts(self, name: str, windows: Sequence[Window]) -> Iterator[Part]:
        """The points, a stretch a transaction: a slow reader holds none open."""
        if name in self.held:
            yield self.held[name]
            return
        for window in windows:
            with self.db.read() as conn:
                part = self._read(conn, name, window)
            yield part

    def _read(self, conn: Connection, name: str, window: Window | None) -> Part:
        low, high = (self.extent.low, None) if window is None else (window.first, window.last)
        end = self._high(scalar=name not in self.vectors)
        high = end if high is None else min(high, end)
        if name in self.vectors:
            return read_vectors(conn, self.recording_id, name, low, high)
        (part,) = read_series(conn, self.recording_id, [name], low, high)
        return part

    def _high(self, scalar: bool) -> int:
        reached = self.mark.last_step if scalar else self.mark.last_vector_step
        # Nothing recorded yet: what comes from now on is beyond the mark.
        last = -1 if reached is None else reached
        return last if self.extent.high is None else min(last, self.extent.high)


def hold_many(db: Database, sources: Iterable[Source], points: Mapping[int, int]) -> Iterator[Source]:
    """The same sources, the small ones among them read many at a time.

    Args:
        sources: of one experiment, all with the same names and extent.
        points: of a scalar metric of each recording, at most.
    """
    block: list[Source] = []
    waiting = 0
    for source in sources:
        numbers = points[source.recording_id] * max(1, len(source.names)) + 1
        if block and waiting + numbers > _HELD:
            yield from _held(db, block)
            block, waiting = [], 0
        block.append(source)
        waiting += numbers
    yield from _held(db, block)


def _held(db: Database, block: Sequence[Source]) -> Sequence[Source]:
    if len(block) < 2 or any(source.vectors for source in block):
        return block
    names, extent = block[0].names, block[0].extent
    with db.read() as conn:
        read = list(
            read_many(conn, [source.recording_id for source in block], names, extent.low, extent.high)
        )
    return [
        replace(source, held={part.metric: _up_to(part, source.mark.last_step) for part in parts})
        for source, (_, parts) in zip(block, read, strict=True)
    ]


def _up_to(part: SeriesPart, last: int | None) -> SeriesPart:
    end = 0 if last is None else int(np.searchsorted(part.steps, last, side="right"))
    return SeriesPart(part.metric, part.steps[:end], part.values[:end])
