"""Series of runs as one table: a row a point, with what tells its run apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from api.arrow.columns import NAME, axis, axis_paths, names
from api.arrow.writing import written
from api.chosen_runs import ChosenRun
from api.series_source import Part, Source

ROWS = 131_072
"""Rows of a row group or batch, about."""

_NO_COMPONENT = np.int32(-1)


def series_file(
    form: str, runs: Sequence[ChosenRun], metrics: Sequence[str], sources: Iterable[Source], vectors: bool
) -> Iterator[bytes]:
    """One file with the series of these runs, a source each in their order.

    With `vectors`, rows of vector metrics have a row a component, whose place is in the column `component`.
    """
    columns = _Columns.of(runs, metrics, vectors)
    return written(form, columns.schema(), _tables(columns, metrics, sources))


def _tables(columns: "_Columns", metrics: Sequence[str], sources: Iterable[Source]) -> Iterator[pa.Table]:
    block = _Block()
    for run, source in enumerate(sources):
        for metric, name in enumerate(metrics):
            for part in source.series(name).parts():
                block.add(run, metric, part)
                if block.rows >= ROWS:
                    yield columns.table(block)
                    block = _Block()
    if block.rows:
        yield columns.table(block)


@dataclass
class _Block:
    """Points that wait until they fill a row group."""

    rows: int = 0
    runs: list[int] = field(default_factory=list)
    metrics: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    steps: list[NDArray[np.int64]] = field(default_factory=list)
    values: list[NDArray[np.float64]] = field(default_factory=list)
    components: list[NDArray[np.int32]] = field(default_factory=list)

    def add(self, run: int, metric: int, part: Part) -> None:
        count = part.values.size
        width = part.values.shape[1] if part.values.ndim == 2 else 0
        self.runs.append(run)
        self.metrics.append(metric)
        self.lengths.append(count)
        self.steps.append(np.repeat(part.steps, width) if width else part.steps)
        self.values.append(part.values.reshape(-1))
        every = np.tile(np.arange(width, dtype=np.int32), len(part.steps))
        self.components.append(every if width else np.full(count, _NO_COMPONENT))
        self.rows += count


@dataclass(frozen=True)
class _Columns:
    """The columns that are looked up by run, and whether a metric is a vector."""

    runs: pa.DictionaryArray
    metrics: pa.DictionaryArray
    by_run: dict[str, pa.Array]
    with_components: bool

    @classmethod
    def of(cls, runs: Sequence[ChosenRun], metrics: Sequence[str], vectors: bool) -> "_Columns":
        by_run = {"seed": pa.array([run.seed for run in runs], pa.int64())}
        by_run |= {path: axis(runs, path) for path in axis_paths(runs)}
        return cls(names([run.id for run in runs]), names(metrics), by_run, vectors)

    def schema(self) -> pa.Schema:
        fields = [("run", NAME), *((name, column.type) for name, column in self.by_run.items())]
        fields += [("metric", NAME), ("step", pa.int64())]
        if self.with_components:
            fields.append(("component", pa.int32()))
        return pa.schema([*fields, ("value", pa.float64())])

    def table(self, block: _Block) -> pa.Table:
        run = pa.array(np.repeat(np.array(block.runs, np.int32), block.lengths))
        metric = pa.array(np.repeat(np.array(block.metrics, np.int32), block.lengths))
        columns = [self.runs.take(run), *(column.take(run) for column in self.by_run.values())]
        columns += [self.metrics.take(metric), pa.array(np.concatenate(block.steps))]
        if self.with_components:
            component = np.concatenate(block.components)
            columns.append(pa.array(component, mask=component < 0))
        return pa.table([*columns, pa.array(np.concatenate(block.values))], schema=self.schema())
