"""What a dry run finds: the size of an experiment, its cost, and what theory says of it."""

from typing import Any

from pydantic import Field

from api.schemas.base import Answer


class PlannedBatch(Answer):
    """Runs that would train together."""

    runs: int
    bytes: int = Field(description="estimated peak of memory")


class Cost(Answer):
    """What training would take; runs that are taken over cost nothing."""

    run_steps: int = Field(description="steps summed over the runs, each to its last")
    seconds: float = Field(description="rough estimate for one core, set-up left out")
    bytes: int = Field(description="estimated peak of memory of the largest batch")


class PredictedRun(Answer):
    """What theory says of one cell."""

    cell: int = Field(description="place in cell order, from 0")
    seed: int
    axes: dict[str, Any] = Field(description="axis values by JSON pointer")
    t1: float | None = Field(
        description="first step at which gradient descent meets the train threshold, exact but for the pull "
        "of l1 and nuclear norm, which is taken as constant; where it is not met so, `theory.t1`, an upper "
        "estimate that knows no threshold"
    )
    delay: float | None = Field(description="in steps, not rounded")
    t2: float | None = Field(description="t1 + delay; null unless both exist")
    theory: dict[str, Any] = Field(description="all that theory predicts, as in the analysis of a run")


class DryRun(Answer):
    """What submitting the spec would do; nothing was stored."""

    spec: dict[str, Any] = Field(description="the spec with every default filled in")
    digest: str = Field(description="SHA-256 of what determines the numbers")
    cells: int = Field(description="runs of the experiment")
    reused: int = Field(description="runs that would be taken over from earlier ones")
    batches: list[PlannedBatch] = Field(description="in order of their first cell, at most 100")
    batch_count: int = Field(description="all of them")
    cost: Cost
    predicted: list[PredictedRun] = Field(
        description="up to 16 cells that lie evenly over the sweep, less those whose design is too large for "
        "exact theory"
    )
    warnings: list[str] = Field(description="what the user may not have meant")
