"""Results of an experiment as one table: a row a run, with the columns of the CSV."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from api.arrow.columns import NAME, axis, names
from api.arrow.writing import written
from api.chosen_runs import choose_runs
from api.result_table import ResultTable
from api.schemas.results import theory_ratio
from core.store import Database, Run

_STEPS = ("t1", "t2", "delay")
_THEORY = ("theory_delay", "theory_ratio")


def results_file(
    form: str, db: Database, table: ResultTable, blocks: Iterable[Sequence[Run]]
) -> Iterator[bytes]:
    """One file with the runs of all blocks, in their order."""
    every = choose_runs(db, table.experiment_id)
    place = {run.id: number for number, run in enumerate(every)}
    # An axis has one type for all runs of the experiment, whichever of them are asked for.
    axes = {path: axis(every, path) for path in table.axes}
    schema = pa.schema(
        [
            *(("run", pa.string()), ("seed", pa.int64())),
            *((path, column.type) for path, column in axes.items()),
            *(("state", NAME), ("outcome", NAME)),
            *((name, pa.int64()) for name in _STEPS),
            *((name, pa.float64()) for name in (*_THEORY, *table.metrics)),
        ]
    )

    def block(runs: Sequence[Run]) -> pa.Table:
        own = pa.array([place[run.id] for run in runs], pa.int32())
        known = [pa.array([run.id for run in runs]), pa.array([run.seed for run in runs])]
        return pa.table(
            [*known, *(column.take(own) for column in axes.values()), *_measured(table, runs)], schema=schema
        )

    return written(form, schema, map(block, blocks))


def _measured(table: ResultTable, runs: Sequence[Run]) -> list[pa.Array]:
    theory = [theory_ratio(run.theory, run.delay) for run in runs]
    numbers = [
        [one and one.delay for one in theory],
        [one and one.ratio for one in theory],
        *([run.final.get(name) for run in runs] for name in table.metrics),
    ]
    return [
        names([run.state for run in runs]),
        names([run.outcome for run in runs]),
        *(pa.array([getattr(run, name) for run in runs], pa.int64()) for name in _STEPS),
        *(pa.array(column, pa.float64()) for column in numbers),
    ]
