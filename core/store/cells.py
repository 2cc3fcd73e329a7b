"""All runs of a sweep at once, each with no more than analyses of many runs read."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, null, select

from core.store.model import Json, State
from core.store.tables import experiments, runs


class CellRun(NamedTuple):
    """A run as a point among others; `final` and `theory` are None where they were not asked for."""

    id: str
    seed: int
    axes: Json
    state: State
    outcome: str | None
    t1: int | None
    t2: int | None
    step: int
    steps: int
    theory: Json | None
    final: Json | None


def family_of(conn: Connection, experiment_id: str) -> list[str]:
    """The experiment and those that refine it, oldest first."""
    query = select(experiments.c.id).where(experiments.c.refines == experiment_id).order_by(experiments.c.id)
    return [experiment_id, *conn.execute(query).scalars()]


def hold_family(conn: Connection, experiment_id: str) -> list[str]:
    """As `family_of`, of which nobody else holds any before this transaction ends; [] if it has gone."""
    query = select(experiments.c.id).where(experiments.c.id == experiment_id).with_for_update()
    there = conn.execute(query).first()
    return [] if there is None else family_of(conn, experiment_id)


def read_cells(
    conn: Connection, experiment_ids: Collection[str], *, final: bool = False, theory: bool = False
) -> list[CellRun]:
    """The runs of the experiments, one experiment after the other, each in cell order."""
    of = runs.c
    query = (
        select(
            *(of.id, of.seed, of.axes, of.state, of.outcome, of.t1, of.t2, of.step, of.steps),
            of.theory if theory else null(),
            of.final if final else null(),
        )
        .where(of.experiment_id.in_(list(experiment_ids)))
        .order_by(of.experiment_id, of.cell)
    )
    return [CellRun._make(row) for row in conn.execute(query)]
