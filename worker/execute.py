"""Trains one claimed batch: reads what was asked, runs the loop on the store's ports, writes how it ended."""

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from core import store
from core.spec import Cell, cells_at, digest, engine_of, named_datasets, parse_spec
from core.store import (
    Cause,
    Claimed,
    Database,
    Finish,
    Lease,
    Queue,
    fail,
    finish_cancelled,
    get_experiment,
    get_run,
    last_steps,
    release,
    split,
)
from core.training import Ending, Pace, Result, provenance, train
from worker.bench import Bench
from worker.crew import Crew
from worker.heartbeat import Heartbeat, LoopControl, Pulse
from worker.interlude import ALONE, Interludes, Turn
from worker.logs import log_fields
from worker.memory import free_memory, halves, is_out_of_memory
from worker.planned import Planned, plan_of
from worker.ports import StoreCheckpoints, StoreRecorder
from worker.retry import Patience, StoreLost

LOSSES_TO_SPLIT = 3
"""Lost leases without progress after which a batch is taken apart: one of its runs, or its size, may kill."""
_LONGEST_MESSAGE = 500
log = logging.getLogger(__name__)


def execute(bench: Bench, lease: Lease, turn: Turn = ALONE) -> None:
    """Trains the runs of the lease until each has ended, is lost, or is given back.

    A batch that does not fit into memory, or has lost worker after worker, is given back in two halves. In an
    interlude of another batch this one lets none pass.

    Never raises for what training or the store do: a run ends as failed, or its lease brings it back.
    """
    with log_fields(experiment=lease.runs[0].experiment_id, batch=lease.batch_key):
        _execute(bench, lease, turn)


def _execute(bench: Bench, lease: Lease, turn: Turn) -> None:
    patience = Patience(lease.seconds, bench.shutdown)
    try:
        planned = patience(lambda: plan_of(bench.database, lease))
        crew, pulse = Crew(lease, planned.members), Pulse(turn.outer)
        with Heartbeat(bench.database, crew, pulse, lease.seconds):
            _train(bench, crew, pulse, patience, planned, turn)
    except (StoreLost, SQLAlchemyError, MemoryError):
        log.exception("batch %s is left to its lease", lease.batch_key)


def _train(
    bench: Bench,
    crew: Crew,
    pulse: Pulse,
    patience: Patience,
    planned: Planned,
    turn: Turn,
) -> None:
    database, began, cells = bench.database, time.monotonic(), None
    members = planned.members
    try:
        cells = patience(lambda: _cells(bench, crew.lease, members))
        if cells is None:
            return
        if crew.lease.losses >= LOSSES_TO_SPLIT and len(members) > 1:
            message = f"its worker was lost {crew.lease.losses} times without a new checkpoint in between"
            _split(database, crew, patience, cells, "lost_worker", message)
            return
        device = device_for(bench.queue)
        pulse.even = engine_of(cells[0].spec) == "loop"
        control = LoopControl(crew, pulse, bench.shutdown, turn.until)
        checkpoints = StoreCheckpoints(database, crew, pulse, patience)

        def describe(place: int, result: Result) -> Finish:
            found = _describe(crew.lease, cells, place, result, device, checkpoints.resumed_from)
            # Nobody takes over the result of a verification: it keeps a digest of its own.
            return replace(found, digest=None) if planned.verifies else found

        def conclude(conn: Connection, claims: Collection[Claimed]) -> None:
            if planned.verifies:
                for claim in claims:
                    store.conclude(conn, claim, str(cells[0].spec.precision))

        ending = train(
            cells,
            sorted(crew.open),
            device,
            recorder=StoreRecorder(database, crew, control, pulse, patience, describe, conclude),
            checkpoints=checkpoints,
            control=control,
            pace=Pace(checkpoint=bench.settings.checkpoint_seconds),
            interlude=_stand_fast
            if turn.outer
            else Interludes(bench, crew.lease, pulse, partial(execute, bench)),
            ended=patience(lambda: _ended(database, planned)),
        )
    except (StoreLost, SQLAlchemyError):
        raise
    except Exception as error:
        full, message = is_out_of_memory(error), _text(error)
        if full:
            log.warning("batch %s of %d runs does not fit: %s", crew.lease.batch_key, len(members), error)
        else:
            log.exception("batch %s failed", crew.lease.batch_key)
    else:
        patience(lambda: _end(database, crew, ending))
        if ending is Ending.FINISHED:
            bench.refusals.trained(crew.lease.problem)
        return
    # Only now the error has gone, and with it the tensors that its frames held.
    free_memory()
    if full and len(members) > 1:
        _split(database, crew, patience, cells, "out_of_memory", message)
    elif full:
        _fail(database, crew, patience, "out_of_memory", message)
    else:
        bench.refusals.failed(crew.lease.problem, time.monotonic() - began, message)
        _fail(database, crew, patience, "internal", message)


def _stand_fast() -> None:
    """What trains in an interlude has none of its own."""


def device_for(queue: Queue) -> str:
    """The device that a worker of the queue trains on; of a GPU worker the only one that it sees."""
    return "cpu" if queue == "cpu" else "cuda"


def _cells(bench: Bench, lease: Lease, members: list[tuple[int, str]]) -> list[Cell] | None:
    """The cells of all planned members; None when the experiment was deleted meanwhile.

    Datasets that they learn from are read here, where a database that is away is waited for.
    """
    if not lease.runs:
        return None
    with bench.database.read() as conn:
        experiment = get_experiment(conn, lease.runs[0].experiment_id)
        run = get_run(conn, lease.runs[0].run_id)
    if experiment is None or run is None:
        return None
    uploads = bench.datasets.loaded(bench.database, named_datasets(experiment.spec))
    # Runs that were extended have more steps than the experiment asks of the others.
    spec = parse_spec(experiment.spec, uploads).model_copy(update={"steps": run.steps})
    return cells_at(spec, (cell for cell, _ in members))


def _ended(database: Database, planned: Planned) -> dict[int, int]:
    """The last steps of members that are not ours because they have ended, by position."""
    with database.read() as conn:
        found = last_steps(conn, planned.batch)
    return {place: found[run_id] for place, (_, run_id) in enumerate(planned.members) if run_id in found}


def _describe(
    lease: Lease, cells: list[Cell], place: int, result: Result, device: str, resumed_from: int | None
) -> Finish:
    history = {"worker": lease.worker, "batch_members": len(cells), "resumed_from": resumed_from}
    return Finish(
        outcome=result.outcome.value,
        t1=result.t1,
        t2=result.t2,
        diverged_at=result.diverged_at,
        final=result.final,
        theory=result.theory,
        provenance=provenance(cells[place].spec, device) | history,
        digest=digest(cells[place].spec, device),
        artifacts=result.artifacts,
        last_step=result.last_step,
    )


def _end(database: Database, crew: Crew, ending: Ending) -> None:
    """Writes down what the loop did not: who was cancelled, who is given back."""
    claims, to_cancel = crew.open, crew.to_cancel
    with crew.leaving(claim.run_id for claim in claims.values()):
        _leave(database, crew, ending, claims, to_cancel)
        crew.close(claim.run_id for claim in claims.values())


def _leave(
    database: Database,
    crew: Crew,
    ending: Ending,
    claims: Mapping[int, Claimed],
    to_cancel: Collection[int],
) -> None:
    with database.write() as conn:
        finish_cancelled(conn, [claims[place] for place in to_cancel])
        rest = crew.lease.without({claims[place].run_id for place in to_cancel})
        if rest.runs and ending is Ending.DRAINED:
            release(conn, rest)
            log.info("batch given back", extra={"runs": len(rest.runs)})
        elif rest.runs:
            fail(conn, rest.runs, "internal", "training ended without a result")


def _fail(database: Database, crew: Crew, patience: Patience, cause: Cause, message: str) -> None:
    claims = list(crew.open.values())

    def write() -> None:
        with database.write() as conn:
            fail(conn, claims, cause, message)

    with crew.leaving(claim.run_id for claim in claims):
        patience(write)
        crew.close(claim.run_id for claim in claims)
    for claim in claims:
        log.error("run failed", extra={"run": claim.run_id, "attempt": claim.attempt, "cause": cause})


def _split(
    database: Database,
    crew: Crew,
    patience: Patience,
    cells: list[Cell] | None,
    cause: Cause,
    message: str,
) -> None:
    """Gives the batch back as two smaller ones; whoever claims them goes on from what is kept."""
    claims, lease = crew.open, crew.lease
    parts = [[claims[place] for place in part] for part in halves(claims, cells)]
    log.warning("batch %s goes on in parts of %s runs", lease.batch_key, [len(part) for part in parts])

    def write() -> None:
        with database.write() as conn:
            split(conn, lease, parts, cause, message)

    with crew.leaving(claim.run_id for claim in claims.values()):
        patience(write)
        crew.close(claim.run_id for claim in claims.values())


def _text(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
