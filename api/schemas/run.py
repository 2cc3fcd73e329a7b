"""A run and its history as the service answers them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.answers import nonfinite
from api.schemas.base import Answer, Nonfinite, OutcomeName, Page
from core.store import Cause, Event, Run, State

_BELOW = (
    *("metrics", "series", "artifacts", "analysis", "events", "stream"),
    *("cancel", "retry", "extend", "verify", "verifications"),
)


class RunAnswer(Answer):
    """One training: one cell of the sweep with one seed."""

    id: str = Field(examples=["run_01k3v5m8h2x9q4c7r6t0y1z3ab"])
    experiment_id: str
    cell: int = Field(description="place in cell order, from 0")
    state: State
    outcome: OutcomeName | None = Field(description="what t1 and t2 say; null until the run succeeded")
    cause: Cause | None = Field(description="why the run failed")
    message: str | None = Field(description="more about the failure")
    seed: int
    axes: dict[str, Any] = Field(description="axis values by JSON pointer")
    step: int = Field(description="last recorded step")
    steps: int = Field(description="steps asked for")
    steps_per_second: float | None
    attempt: int = Field(description="how often a worker took the run")
    losses: int = Field(description="workers lost since the run last advanced")
    t1: int | None = Field(description="memorisation step")
    t2: int | None = Field(description="generalisation step")
    delay: int | None = Field(description="t2 - t1; null unless both exist")
    diverged_at: int | None = Field(description="first step whose training error is no finite number")
    final: dict[str, float | None] = Field(description="every recorded metric at the last step")
    nonfinite: Nonfinite
    digest: str
    device: str
    worker: str | None
    source_run: str | None = Field(description="the run whose result was taken over instead of training")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    provenance: dict[str, Any] | None = Field(description="versions and device that made the numbers")
    links: dict[str, str]

    @classmethod
    def of(cls, run: Run) -> "RunAnswer":
        """The answer for this run."""
        here = f"/v1/runs/{run.id}"
        return cls.model_construct(
            id=run.id,
            experiment_id=run.experiment_id,
            cell=run.cell,
            state=run.state,
            outcome=run.outcome,
            cause=run.cause,
            message=run.message,
            seed=run.seed,
            axes=run.axes,
            step=run.step,
            steps=run.steps,
            steps_per_second=run.steps_per_second,
            attempt=run.attempt,
            losses=run.losses,
            t1=run.t1,
            t2=run.t2,
            delay=run.delay,
            diverged_at=run.diverged_at,
            final={**run.final},
            nonfinite=nonfinite(run.final.items()),
            digest=run.digest,
            device=run.device,
            worker=run.worker,
            source_run=run.source_run,
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            provenance=run.provenance,
            links={
                "self": here,
                "experiment": f"/v1/experiments/{run.experiment_id}",
                **{name: f"{here}/{name}" for name in _BELOW},
            },
        )


class RunPage(Page[RunAnswer]):
    """Runs in cell order."""


class EventAnswer(Answer):
    """Something that happened to a run."""

    seq: int = Field(description="rises with every event; `after` takes it")
    at: datetime
    kind: str = Field(examples=["claimed"])
    data: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> "EventAnswer":
        """The answer for this event."""
        return cls.model_construct(seq=event.seq, at=event.at, kind=event.kind, data=event.data)


class EventPage(Page[EventAnswer]):
    """Events of a run, oldest first."""
