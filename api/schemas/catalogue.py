"""What can be asked, who works, and what waits."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Answer, Page


class ProblemInfo(Answer):
    """One kind of problem."""

    kind: str = Field(examples=["sparse_recovery"])
    description: str
    fields: dict[str, Any] = Field(description="JSON Schema of its fields")
    models: dict[str, list[str]] = Field(
        description="kinds of models that learn it, the usual one first, each with the kinds of its optimizers",
        examples=[{"encoder_decoder": ["sgd", "adam", "adamw"]}],
    )


class ProblemInfoPage(Page[ProblemInfo]):
    """Every kind of problem."""


class MetricInfo(Answer):
    """One quantity that can be recorded."""

    name: str = Field(examples=["test_error"])
    formula: str
    unit: str
    description: str
    of: list[str] = Field(
        description="the runs that have it: `linear` models, on a `vector` or a `matrix`; `network`s, of "
        "`classification` or `regression`, or of one problem; all runs where this is empty",
        examples=[["network"]],
    )
    needs: str | None = Field(
        description="what the problem must have: true parameters (`truth`), or anything to test on (`test`)"
    )
    vector: bool = Field(
        description="whether a point is a vector; such a metric is recorded only when asked for"
    )
    by_layer: bool = Field(
        description="whether networks also have it of every weight, as `l2_norm[decoder.0]`, when asked for"
    )
    cost: str | None = Field(
        description="what it takes at every recorded step of a network, which has it only when asked for"
    )


class MetricInfoPage(Page[MetricInfo]):
    """Every quantity that can be recorded."""


class WorkerInfo(Answer):
    """A worker process as it last told about itself."""

    id: str
    queue: str
    host: str
    pid: int
    state: str = Field(examples=["idle"])
    info: dict[str, Any] = Field(
        description="`device`: cpu, or the model of its GPU; `visible`: the GPU it may see, as CUDA names "
        "it; `refuses`: kinds of problems that this process leaves to others, because three batches of it "
        "in a row failed at once, each with `kind`, `since` and the latest `message`",
        examples=[{"device": "cpu", "visible": None, "refuses": []}],
    )
    started_at: datetime
    beat_at: datetime


class WorkerPage(Page[WorkerInfo]):
    """Workers that are alive."""


class QueueInfo(Answer):
    """What waits in one queue."""

    queue: str
    queued_runs: int
    queued_batches: int
    oldest_seconds: float | None = Field(description="age of the oldest waiting experiment")


class QueuePage(Page[QueueInfo]):
    """What waits, and whether the workers can be told."""

    wakes_sent: int = Field(description="messages sent since the API process that answers started")
    wakes_failed: int = Field(description="messages that could not be sent; they are repeated")
    last_wake_error: str | None
