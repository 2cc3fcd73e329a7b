"""Reads the runs of an experiment together with those that refine it."""

from sqlalchemy import Connection

from api.lookup import find_experiment
from api.sweeps.cells import Cells, axes_of
from api.sweeps.kept import KeptCells
from core.store import Experiment, family_of, read_cells, settled_mark


def recall_sweep(
    kept: KeptCells, conn: Connection, experiment_id: str, *, final: bool = False, theory: bool = False
) -> Cells:
    """The runs of the experiment, then those of its refinements. Raises NotFound.

    Of runs that have all ended everything is read, unless they are in memory.
    """
    experiment = find_experiment(conn, experiment_id)
    mark = settled_mark(conn, family_of(conn, experiment_id))
    if mark is None:
        return read_family(conn, experiment, final=final, theory=theory)
    return kept.recall(mark, lambda: read_family(conn, experiment, final=True, theory=True))


def read_family(
    conn: Connection, experiment: Experiment, *, final: bool = False, theory: bool = False
) -> Cells:
    """As `recall_sweep`, of an experiment that was found already."""
    family = family_of(conn, experiment.id)
    return Cells(
        experiments=tuple(family),
        spec=experiment.spec,
        axes=axes_of(experiment.spec),
        runs=read_cells(conn, family, final=final, theory=theory),
        own=sum(experiment.counts.values()),
    )
