"""The data of the events of a stream."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer
from core.store import Counts, ExperimentState, State


class StateEvent(Answer):
    """Something that happened to a run, and the state that it is in thereafter."""

    seq: int = Field(description="the id of the event")
    run: str
    state: State | None = Field(description="null where the kind of event says nothing about it")
    kind: str = Field(description="as in the run's history", examples=["claimed"])
    at: datetime
    data: dict[str, Any] = Field(description="as in the run's history")


class CrossingEvent(Answer):
    """A step that was found: t1, t2, or where a run diverged."""

    seq: int = Field(description="the id of the event")
    run: str
    step: int
    at: datetime


class RunProgress(Answer):
    """How far a run is."""

    run: str
    state: State
    step: int
    steps: int
    progress: float = Field(description="0 to 1")
    steps_per_second: float | None


class ExperimentProgress(Answer):
    """How far an experiment is."""

    experiment: str
    state: ExperimentState
    counts: Counts
    progress: float = Field(description="0 to 1")
    eta_seconds: float | None


class PointsEvent(Answer):
    """Points that were recorded: to be had at `series` with `after_step`."""

    runs: list[str]
    metrics: list[str]
    after_step: int | None = Field(description="the last step told of before; null where none was")
    to_step: int = Field(description="the last recorded step")


class EndEvent(Answer):
    """The last event of a stream."""

    reason: Literal["ended", "deleted"]
    state: ExperimentState | State | None = Field(description="the last one; null of what was deleted")
