"""Recorded series as pictures take them: sampled, so that a long run costs no more than a short one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from api.pictures.subject import PictureRun, Subject
from api.series_query import Extent, recorded_metrics
from api.series_source import Series, Source, hold_many
from core.figures.draw import Line
from core.figures.plating import levels_of, truth_of
from core.store import Database, MetricSummary, Reach, Watermark

_ROWS = 300
"""Rows of a vector, or points of a path, that are kept: a stretch of log steps each."""


@dataclass(frozen=True, slots=True)
class StoredRecordings:
    """What the store has of the runs of a subject, up to the reaches that were asked for."""

    db: Database
    subject: Subject
    found: Mapping[int, Reach]

    def recorded(self, run: PictureRun) -> dict[str, MetricSummary]:
        """Which metrics there are, by name."""
        with self.db.read() as conn:
            return recorded_metrics(conn, run.recording_id)

    def lines(self, runs: Sequence[PictureRun], metrics: Sequence[str], points: int) -> list[list[Line]]:
        """The metrics of each run, in at most so many points each."""
        extent = Extent(points=points, scale="log")
        sources = (self._source(run, metrics, extent) for run in runs)
        sizes = {recording: reach.points for recording, reach in self.found.items()}
        return [
            [_line(source.series(name)) for name in metrics] for source in hold_many(self.db, sources, sizes)
        ]

    def levels(self, run: PictureRun, metrics: Sequence[str]) -> list[float]:
        """The thresholds of those of the metrics in which t1 and t2 are looked for."""
        return levels_of(self.subject.cell_spec(run), metrics)

    def together(self, run: PictureRun, metrics: Sequence[str]) -> tuple[list[int], list[list[float | None]]]:
        """Steps, and of each metric its values there, some of them where there are many."""
        steps: list[int] = []
        values: list[list[float | None]] = [[] for _ in metrics]
        last = self._mark(run).last_step or 0
        thinning = _Thinning(last, run.marks)
        for parts in self._source(run, metrics, Extent()).rows():
            if any(part.steps.size != parts[0].steps.size for part in parts):
                return [], [[] for _ in metrics]
            columns = [part.values.tolist() for part in parts]
            for place, step in enumerate(parts[0].steps.tolist()):
                if thinning.keeps(step):
                    steps.append(step)
                    for kept, column in zip(values, columns, strict=True):
                        kept += _finite(column[place : place + 1])
        return steps, values

    def rows(self, run: PictureRun, metric: str) -> tuple[list[int], list[list[float | None]]]:
        """Steps and the rows of a vector metric there, some of them where there are many."""
        summary = self.recorded(run).get(metric)
        shape = None if summary is None else summary.shape
        source = self._source(run, (metric,), Extent(), {metric: shape})
        steps: list[int] = []
        rows: list[list[float | None]] = []
        thinning = _Thinning(self._mark(run).last_vector_step or 0)
        for part in source.series(metric).parts():
            flat = np.asarray(part.values, dtype=np.float64).reshape(part.steps.size, -1)
            for step, row in zip(part.steps.tolist(), flat, strict=True):
                if thinning.keeps(step):
                    steps.append(step)
                    rows.append(_finite(row.tolist()))
        return steps, rows

    def truth(self, run: PictureRun, metric: str) -> list[float] | None:
        """What a vector metric or a norm should become; None where nobody knows."""
        return truth_of(self.subject.cell_spec(run), metric)

    def _source(
        self,
        run: PictureRun,
        metrics: Sequence[str],
        extent: Extent,
        vectors: Mapping[str, tuple[int, ...] | None] | None = None,
    ) -> Source:
        return Source(
            self.db, run.recording_id, tuple(metrics), vectors or {}, extent, self._mark(run), run.marks
        )

    def _mark(self, run: PictureRun) -> Watermark:
        return self.found[run.recording_id].mark


class _Thinning:
    """Keeps the first step of each stretch of the logarithmic axis, of each mark, and the last one."""

    def __init__(self, last: int, marks: Sequence[int] = ()) -> None:
        self._last = last
        self._marks = sorted(marks)
        self._stretch = -1

    def keeps(self, step: int) -> bool:
        """Whether this one, to be asked of rising steps."""
        stretch = int(_ROWS * math.log(step + 1) / math.log(max(1, self._last) + 1))
        marked = bool(self._marks) and step >= self._marks[0]
        if marked:
            self._marks = [mark for mark in self._marks if mark > step]
        if stretch <= self._stretch and not marked and step != self._last:
            return False
        self._stretch = stretch
        return True


def _line(series: Series) -> Line:
    steps: list[int] = []
    values: list[float | None] = []
    for part in series.parts():
        steps += part.steps.tolist()
        values += _finite(part.values.tolist())
    return Line(series.metric, steps, values)


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
