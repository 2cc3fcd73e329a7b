"""Reads the runs of an experiment together with those that refine it."""

from sqlalchemy import Connection

from api.lookup import find_experiment
from api.sweeps.cells import Cells, axes_of
from api.sweeps.kept import KeptCells
from core.store import Experiment, family_of, read_cells, settled_mark


def read_sweep(conn: Connection, experiment_id: str, *, final: bool = False, theory: bool = False) -> Cells:
    """The runs of the experiment, then those of its refinements. Raises NotFound."""
    experiment = find_experiment(conn, experiment_id)
    return read_family(conn, experiment, final=final, theory=theory)


def recall_sweep(
    kept: KeptCells, conn: Connection, experiment_id: str, *, final: bool = False, theory: bool = False
) -> Cells:
    """As `read_sweep`; of runs that have all ended with everything, and from memory where they are there."""
    experiment = find_experiment(conn, experiment_id)
    mark = settled_mark(conn, family_of(conn, experiment_id))
    if mark is None:
        return read_family(conn, experiment, final=final, theory=theory)
    return kept.recall(mark, lambda: read_family(conn, experiment, final=True, theory=True))


def read_family(
    conn: Connection, experiment: Experiment, *, final: bool = False, theory: bool = False
) -> Cells:
    """As `read_sweep`, of an experiment that was found already."""
    family = family_of(conn, experiment.id)
    return Cells(
        experiments=tuple(family),
        spec=experiment.spec,
        axes=axes_of(experiment.spec),
        runs=read_cells(conn, family, final=final, theory=theory),
        own=sum(experiment.counts.values()),
    )
