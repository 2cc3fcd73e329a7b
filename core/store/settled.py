"""What experiments stand at once all their runs have ended, told without reading a run."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from core.store.model import TERMINAL
from core.store.tables import runs


def settled_mark(conn: Connection, experiment_ids: Collection[str]) -> tuple[object, ...] | None:
    """Changes whenever a run of the experiments may; None while some run has not ended, or there is none.

    Read off an index alone: nothing of a run that has ended changes without a new end.
    """
    of = runs.c
    ended = func.max(of.finished_at), func.sum(of.finished_at)
    query = (
        select(of.experiment_id, of.state, func.count(), func.sum(of.step), func.sum(of.steps), *ended)
        .where(of.experiment_id.in_(list(experiment_ids)))
        .group_by(of.experiment_id, of.state)
        .order_by(of.experiment_id, of.state)
    )
    rows = conn.execute(query).fetchall()
    if not rows or any(row.state not in TERMINAL for row in rows):
        return None
    return (*experiment_ids, *(str(field) for row in rows for field in row))
