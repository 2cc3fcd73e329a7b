"""Runs trained once more to compare: each in an experiment of its own, which no list shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from core.store.agreement import compare
from core.store.claims import Batch
from core.store.clock import now, utc, utc_or_none
from core.store.datasets import datasets_of
from core.store.events import CROSSINGS, record
from core.store.fence import locking
from core.store.model import Cause, Claimed, Json, State
from core.store.owning import new_recordings
from core.store.tables import (
    AnyRow,
    artifacts,
    checkpoints,
    experiment_datasets,
    experiments,
    frames,
    runs,
    vector_chunks,
    verifications,
)

VERIFYING = "verify"
"""The key of a verification's batch."""
_NOT_REUSED = "verify:"
"""Before the digest, so that a run is not taken over from a verification."""
_COPIED = ("cell", "seed", "axes", "steps", "short")
_verifying = runs.alias("verifying")


@dataclass(frozen=True, slots=True)
class Verification:
    """A run trained once more; `id` is the run that does it, `result` is None until it has succeeded."""

    id: str
    run_id: str
    experiment_id: str
    state: State
    cause: Cause | None
    message: str | None
    step: int
    steps: int
    result: Json | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Retrained:
    """The run whose training is repeated, and the batch that it was trained in."""

    run_id: str
    batch: Batch


def start_verification(
    conn: Connection, run_id: str, experiment_id: str, verifying_id: str, owner: str | None = None
) -> bool:
    """Queue a run to be trained once more, as `verifying_id` in a new experiment of the token `owner`.

    False where it has not succeeded, or is a verification itself.
    """
    row = conn.execute(locking(select(runs).where(runs.c.id == run_id))).one_or_none()
    if row is None or row.state != "succeeded" or row.digest.startswith(_NOT_REUSED):
        return False
    trained = _trained(conn, row)
    asked = conn.execute(select(experiments).where(experiments.c.id == trained.experiment_id)).one()
    digest = _NOT_REUSED + row.digest
    made = {
        "id": experiment_id,
        "problem": asked.problem,
        "spec": asked.spec,
        "digest": digest,
    }
    conn.execute(insert(experiments).values(**made, owner=owner, created_at=now()))
    conn.execute(insert(runs).values(**_new_run(conn, trained, experiment_id, verifying_id, digest)))
    pair = {"experiment_id": experiment_id, "run_id": run_id, "trained_run": trained.id}
    conn.execute(insert(verifications).values(**pair))
    used = datasets_of(conn, trained.experiment_id)
    if used:
        conn.execute(
            insert(experiment_datasets), [{"experiment_id": experiment_id, "dataset_id": one} for one in used]
        )
    record(conn, [(verifying_id, experiment_id, "created", {"verifies": run_id})])
    return True


def _trained(conn: Connection, row: AnyRow) -> AnyRow:
    """The run that was trained for the recording, where it is still there."""
    query = select(runs).where(runs.c.recording_id == row.recording_id, runs.c.source_run.is_(None))
    return conn.execute(query.limit(1)).one_or_none() or row


def _new_run(
    conn: Connection, trained: AnyRow, experiment_id: str, verifying_id: str, digest: str
) -> dict[str, Any]:
    (recording,) = new_recordings(conn, 1)
    # Rounding is that of a kind of device: the one that made the numbers.
    on_cuda = str((trained.provenance or {}).get("device", trained.device)).startswith("cuda")
    device = trained.device if trained.device != "auto" else "cuda" if on_cuda else "cpu"
    return {
        **{name: getattr(trained, name) for name in _COPIED},
        "id": verifying_id,
        "experiment_id": experiment_id,
        "digest": digest,
        "state": "queued",
        "device": device,
        "queue": "gpu" if device.startswith("cuda") else "cpu",
        "batch_key": VERIFYING,
        "recording_id": recording,
        "final": {},
        "created_at": now(),
        **dict.fromkeys(("step", "attempt", "losses"), 0),
    }


def retrained(conn: Connection, experiment_id: str) -> Retrained | None:
    """Whose training the run of an experiment repeats: None of a usual experiment, or where it has gone."""
    query = (
        select(runs.c.id, runs.c.experiment_id, runs.c.batch_key)
        .join(verifications, verifications.c.trained_run == runs.c.id)
        .where(verifications.c.experiment_id == experiment_id)
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else Retrained(row.id, (row.experiment_id, row.batch_key))


def is_verification(conn: Connection, experiment_id: str) -> bool:
    """Whether the experiment is one that trains a run once more."""
    query = select(verifications.c.run_id).where(verifications.c.experiment_id == experiment_id)
    return conn.execute(query).first() is not None


def conclude(conn: Connection, claimed: Claimed, precision: str) -> None:
    """Compare a verification that has just ended with the run, and keep what was found if it succeeded.

    Belongs to the transaction that made it end. What is equal bit for bit is not kept twice.
    """
    mine = conn.execute(select(runs).where(runs.c.id == claimed.run_id)).one()
    if mine.state != "succeeded":
        return
    result: Json = {"verdict": "superseded"}
    if (other := _unchanged(conn, mine)) is not None:
        crossings = {name: (getattr(other, name), getattr(mine, name)) for name in CROSSINGS}
        found = compare(conn, other.recording_id, mine.recording_id, crossings, precision).as_json()
        # What was extended while it was read is not what was to be verified.
        result = result if _unchanged(conn, mine) is None else found
    if result["verdict"] == "equal":
        for table in (frames, vector_chunks, artifacts, checkpoints):
            conn.execute(delete(table).where(table.c.recording_id == mine.recording_id))
    here = verifications.c.experiment_id == claimed.experiment_id
    conn.execute(update(verifications).where(here).values(result=result))


def _unchanged(conn: Connection, mine: AnyRow) -> AnyRow | None:
    """The run that `mine` verifies, if it still is what it was."""
    query = (
        select(runs)
        .join(verifications, verifications.c.run_id == runs.c.id)
        .where(verifications.c.experiment_id == mine.experiment_id, runs.c.state == "succeeded")
    )
    row = conn.execute(query).one_or_none()
    return row if row is not None and mine.digest == _NOT_REUSED + row.digest else None


def list_verifications(
    conn: Connection, run_id: str, *, limit: int, before: str | None = None
) -> list[Verification]:
    """Up to `limit` verifications of a run, newest first, from the one made before `before` on."""
    query = _verifications().where(verifications.c.run_id == run_id).order_by(_verifying.c.id.desc())
    if before is not None:
        query = query.where(_verifying.c.id < before)
    return [_verification(row) for row in conn.execute(query.limit(limit))]


def get_verification(conn: Connection, run_id: str, verifying_id: str) -> Verification | None:
    """One verification of a run."""
    query = _verifications().where(verifications.c.run_id == run_id, _verifying.c.id == verifying_id)
    row = conn.execute(query).one_or_none()
    return None if row is None else _verification(row)


def _verifications() -> Select[Any]:
    names = ("id", "state", "cause", "message", "step", "steps", "created_at", "finished_at")
    mine = _verifying.c.experiment_id == verifications.c.experiment_id
    columns = [verifications.c.run_id, verifications.c.experiment_id, verifications.c.result]
    return select(*(_verifying.c[name] for name in names), *columns).join_from(
        verifications, _verifying, mine
    )


def _verification(row: AnyRow) -> Verification:
    fields = dict(row._mapping)
    fields["created_at"], fields["finished_at"] = utc(row.created_at), utc_or_none(row.finished_at)
    return Verification(**fields)
