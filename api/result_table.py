"""Results as CSV: one header for all rows of an experiment, whatever its runs recorded."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.answers import dumps, word
from api.schemas.results import theory_ratio
from core.spec import ExperimentSpec, chosen_metrics, is_vector_metric, metric_names
from core.store import Database, Run, list_runs

_BLOCK = 500
_DATASET = tuple(
    f"/problem/{name}"
    for name in ("task", "builtin", "dataset", "true_parameters", "test_inputs", "test_fraction")
)
# Axes that may give every run metrics of its own.
_WHOLE = ("/record", "/problem", "/problem/kind", "/model", "/model/kind", *_DATASET)


@dataclass(frozen=True, slots=True)
class ResultTable:
    """The columns of one experiment's results."""

    experiment_id: str
    axes: tuple[str, ...]
    metrics: tuple[str, ...]

    def header(self) -> bytes:
        """The first line."""
        measured = ("state", "outcome", "t1", "t2", "delay", "theory_delay", "theory_ratio")
        return _line(["run", "seed", *self.axes, *measured, *self.metrics])

    def row(self, run: Run) -> bytes:
        """The line of one run."""
        theory = theory_ratio(run.theory, run.delay)
        predicted = [theory.delay, theory.ratio] if theory is not None else [None, None]
        return _line(
            [
                *(run.id, run.seed),
                *(run.axes.get(path) for path in self.axes),
                *(run.state, run.outcome, run.t1, run.t2, run.delay),
                *predicted,
                *(run.final.get(name) for name in self.metrics),
            ]
        )


def table_of(experiment_id: str, spec: ExperimentSpec) -> ResultTable:
    """The table that the results of an experiment with this spec fill."""
    axes = tuple(path for axis in (spec.sweep.axes if spec.sweep else ()) for path in axis.swept)
    swept = any(path in _WHOLE or path.startswith("/record/metrics") for path in axes)
    metrics = (*metric_names(), *_layered(spec)) if swept else chosen_metrics(spec)
    return ResultTable(experiment_id, axes, metrics)


def _layered(spec: ExperimentSpec) -> tuple[str, ...]:
    """Scalar metrics of single layers that the spec names."""
    asked = () if spec.record.metrics == "default" else spec.record.metrics
    return tuple(name for name in asked if "[" in name and not is_vector_metric(name))


def run_blocks(db: Database, experiment_id: str, after_cell: int | None) -> Iterator[list[Run]]:
    """Every run from there on, read block by block so that no transaction waits for a slow reader."""
    while True:
        with db.read() as conn:
            runs = list_runs(conn, experiment_id, limit=_BLOCK, after_cell=after_cell)
        if not runs:
            return
        yield runs
        after_cell = runs[-1].cell


def result_rows(table: ResultTable, blocks: Iterable[Sequence[Run]]) -> Iterator[bytes]:
    """The header and a row for each run."""
    yield table.header()
    for runs in blocks:
        yield b"".join(table.row(run) for run in runs)


def _line(cells: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return word(value) or repr(value)
    if isinstance(value, dict | list | bool):
        return dumps(value).decode()
    return value
