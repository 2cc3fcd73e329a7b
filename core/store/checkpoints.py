"""The latest kept state of each run, and going on from it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Subquery,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
)

from core.store.codec import decode
from core.store.events import CROSSINGS, record
from core.store.fence import change, hold, listed_claims, locking, ours
from core.store.frames import insert_frames
from core.store.listed import listed
from core.store.model import Checkpoint, Claimed, Lease
from core.store.recorded import Frame, KeptState
from core.store.series import ENCODED, SAME_FRAME
from core.store.tables import checkpoints, chunks, frames, run_events, runs
from core.store.vectors import truncate_vectors


def save_checkpoints(
    conn: Connection, items: Sequence[tuple[Claimed, int, bytes]], batch_step: int
) -> frozenset[str]:
    """Keep (claimed, step of the run, state), in place of what was kept; runs no longer ours are returned.

    Where `batch_step`, the step of the batch's loop, is beyond that of the checkpoint before, the run has got
    on, and its losses start again from 0. Frames up to the step belong in the same transaction.
    """
    held = hold(conn, [claimed for claimed, _, _ in items])
    new = {held.recordings[c]: (c, step, state) for c, step, state in items if c in held.recordings}
    if new:
        before = _batch_steps(conn, new)
        forget_states(conn, new)
        conn.execute(
            insert(checkpoints).values(batch_step=batch_step),
            [{"recording_id": r, "step": step, "state": state} for r, (_, step, state) in new.items()],
        )
        advanced = [claimed for r, (claimed, _, _) in new.items() if before.get(r, -1) < batch_step]
        lossy = ours(listed_claims(conn, advanced)).where(runs.c.losses > 0)
        change(conn, locking(lossy), lambda _: {"losses": 0})
    return held.fenced


def load_checkpoints(conn: Connection, run_ids: Collection[str]) -> dict[str, Checkpoint]:
    """The kept states of those of the runs that have one."""
    asked = listed(conn, ((run_id,) for run_id in run_ids), id=Text())
    query = (
        select(runs.c.id, checkpoints.c.step, checkpoints.c.state)
        .join_from(asked, runs, runs.c.id == asked.c.id)
        .join(checkpoints, checkpoints.c.recording_id == runs.c.recording_id)
    )
    return {row.id: Checkpoint(row.step, row.state) for row in conn.execute(query)}


def kept_state(conn: Connection, recording_id: int) -> KeptState | None:
    """What is known of the state that is kept of a recording, None where there is none."""
    query = select(checkpoints.c.step, func.length(checkpoints.c.state))
    row = conn.execute(query.where(checkpoints.c.recording_id == recording_id)).one_or_none()
    return None if row is None else KeptState(*row)


def resume(conn: Connection, lease: Lease, steps: Mapping[str, int]) -> frozenset[str]:
    """Set the runs of `lease` back to the steps they go on from; those left out start afresh from 0.

    What was recorded after that step is deleted, so that no step is stored twice. Histories get `resumed`, or
    `restarted` for a run that had been claimed before, once an attempt: this may be called again by who did
    not hear that it had been done. Returns the fenced runs.
    """
    held = hold(conn, lease.runs)
    mine = [claimed for claimed in lease.runs if claimed in held.recordings]
    keep = {held.recordings[c]: steps.get(c.run_id, -1) for c in mine}
    truncate_frames(conn, keep)
    truncate_vectors(conn, keep)
    forget_states(conn, [held.recordings[c] for c in mine if c.run_id not in steps])
    rows = ((c.run_id, c.attempt, steps.get(c.run_id, 0)) for c in mine)
    back = listed(conn, rows, id=Text(), attempt=BigInteger(), step=BigInteger())
    change(conn, locking(ours(back)), _set_back)
    told = _told(conn, mine)
    record(
        conn,
        (
            (c.run_id, c.experiment_id, _resumption(step), {"step": step, "attempt": c.attempt})
            for c in mine
            if c not in told and ((step := steps.get(c.run_id, 0)) or c.attempt > 1)
        ),
    )
    return held.fenced


def _resumption(step: int) -> str:
    return "resumed" if step else "restarted"


def _told(conn: Connection, claims: Sequence[Claimed]) -> set[Claimed]:
    """Those whose history says already how this attempt began."""
    asked = listed(conn, ((c.run_id,) for c in claims), id=Text())
    query = (
        select(run_events.c.run_id, run_events.c.data)
        .join_from(asked, run_events, run_events.c.run_id == asked.c.id)
        .where(run_events.c.kind.in_(["resumed", "restarted"]))
    )
    attempts = {(row.run_id, row.data["attempt"]) for row in conn.execute(query)}
    return {c for c in claims if (c.run_id, c.attempt) in attempts}


def _set_back(chosen: Subquery) -> dict[str, ColumnElement[int]]:
    # What was found after the step will be found again.
    found = {name: case((runs.c[name] <= chosen.c.step, runs.c[name])) for name in CROSSINGS}
    return {"step": chosen.c.step, **found}


def _batch_steps(conn: Connection, recordings: Collection[int]) -> dict[int, int]:
    asked = listed(conn, ((r,) for r in recordings), id=BigInteger())
    query = select(checkpoints.c.recording_id, checkpoints.c.batch_step).join_from(
        asked, checkpoints, checkpoints.c.recording_id == asked.c.id
    )
    return {row.recording_id: row.batch_step for row in conn.execute(query)}


def forget_states(conn: Connection, recordings: Collection[int]) -> None:
    """Delete the kept states of recordings."""
    asked = listed(conn, ((r,) for r in recordings), id=BigInteger())
    conn.execute(delete(checkpoints).where(checkpoints.c.recording_id.in_(select(asked.c.id))))


def truncate_frames(conn: Connection, keep: Mapping[int, int]) -> None:
    """Delete what lies after the kept step of each recording; a frame across it is cut there."""
    cut = list(_cut(conn, keep))
    if keep:
        conn.execute(
            delete(frames).where(
                frames.c.recording_id == bindparam("recording"), frames.c.last_step > bindparam("kept")
            ),
            [{"recording": recording, "kept": step} for recording, step in keep.items()],
        )
    insert_frames(conn, cut)


def _cut(conn: Connection, keep: Mapping[int, int]) -> Iterator[tuple[int, Frame]]:
    """The kept beginnings of the frames that reach beyond the kept step of their recording."""
    kept = listed(conn, keep.items(), id=BigInteger(), step=BigInteger())
    query = (
        select(
            frames.c.recording_id,
            *ENCODED,
        )
        .join_from(kept, frames, frames.c.recording_id == kept.c.id)
        .join(chunks, SAME_FRAME)
        .where(frames.c.first_step <= kept.c.step, frames.c.last_step > kept.c.step)
        .order_by(frames.c.recording_id)
    )
    for recording_id, group in groupby(conn.execute(query), lambda row: row.recording_id):
        rows = list(group)
        steps = decode(rows[0].step_codec, rows[0].step_data, rows[0].n)
        values = np.stack([decode(row.codec, row.data, row.n) for row in rows], axis=1)
        n = int(np.searchsorted(steps, keep[recording_id], side="right"))
        yield recording_id, Frame(steps[:n], tuple(row.metric for row in rows), values[:n])
