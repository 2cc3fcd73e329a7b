"""Recorded series as the lines of pictures: sampled, so that a long run costs no more than a short one."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from api.pictures.subject import PictureRun
from api.series_query import Extent
from api.series_source import Series, Source, hold_many
from core.figures.draw import Line
from core.store import Database, Reach

ONE_RUN, MANY_RUNS = 1000, 200
"""Points of each metric, at most, where one run is drawn and where many are."""
_ROWS = 300


def read_lines(
    db: Database, runs: Sequence[PictureRun], found: Mapping[int, Reach], metrics: Sequence[str], points: int
) -> list[list[Line]]:
    """The lines of each of the runs."""
    extent = Extent(points=points, scale="log")
    sources = (
        Source(db, run.recording_id, tuple(metrics), {}, extent, found[run.recording_id].mark, run.marks)
        for run in runs
    )
    sizes = {recording: reach.points for recording, reach in found.items()}
    return [[_line(source.series(name)) for name in metrics] for source in hold_many(db, sources, sizes)]


def read_rows(
    db: Database, run: PictureRun, reach: Reach, metric: str, shape: tuple[int, ...] | None
) -> tuple[list[int], list[list[float | None]]]:
    """Steps and rows of a vector metric, some of them where there are many."""
    source = Source(db, run.recording_id, (metric,), {metric: shape}, Extent(), reach.mark)
    steps: list[int] = []
    rows: list[list[float | None]] = []
    last = max(1, reach.mark.last_vector_step or 1)
    bucket = -1
    for part in source.series(metric).parts():
        flat = np.asarray(part.values, dtype=np.float64).reshape(part.steps.size, -1)
        for step, row in zip(part.steps.tolist(), flat, strict=True):
            place = int(_ROWS * math.log(step + 1) / math.log(last + 1))
            if place > bucket or step == last:
                bucket = place
                steps.append(step)
                rows.append(_finite(row.tolist()))
    return steps, rows


def _line(series: Series) -> Line:
    steps: list[int] = []
    values: list[float | None] = []
    for part in series.parts():
        steps += part.steps.tolist()
        values += _finite(part.values.tolist())
    return Line(series.metric, steps, values)


def _finite(values: list[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
