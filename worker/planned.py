"""Which runs shape the batch that a lease is on: those planned with it, or of a verification those before."""

from dataclasses import dataclass

from core.store import VERIFYING, Batch, Database, Lease, batch_members, is_verification, retrained


@dataclass(frozen=True, slots=True)
class Planned:
    """A batch as it is trained.

    Attributes:
        members: every planned member, (cell, run id) in cell order; of a verification with its own run in the
            place of the one whose training it repeats.
        batch: where the other members are.
        verifies: whether it repeats a training.
    """

    members: list[tuple[int, str]]
    batch: Batch
    verifies: bool


def plan_of(database: Database, lease: Lease) -> Planned:
    """The batch of a lease, which has at least one run.

    A verification that did not fit into memory beside the members of the batch before is trained alone.
    """
    experiment_id = lease.runs[0].experiment_id
    own: Batch = (experiment_id, lease.batch_key)
    with database.read() as conn:
        members, verifies = batch_members(conn, own), is_verification(conn, experiment_id)
        before = retrained(conn, experiment_id) if verifies and lease.batch_key == VERIFYING else None
        if before is None:
            return Planned(members, own, verifies)
        mine = lease.runs[0].run_id
        others = batch_members(conn, before.batch)
    return Planned(
        [(cell, mine if run_id == before.run_id else run_id) for cell, run_id in others], before.batch, True
    )
