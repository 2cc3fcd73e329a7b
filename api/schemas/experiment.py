"""An experiment as the service answers it."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Answer, OutcomeName, Page
from core.spec import spec_warnings
from core.store import Experiment, ExperimentState, State

_BELOW = ("runs", "results", "stream", "cancel", "retry", "extend", "refine")


class ExperimentAnswer(Answer):
    """An experiment: one spec, and how far its runs are."""

    id: str = Field(examples=["exp_01k3v5m8h2x9q4c7r6t0y1z3ab"])
    name: str | None
    tags: list[str]
    problem: str = Field(description="kind of problem", examples=["sparse_recovery"])
    state: ExperimentState = Field(
        description="succeeded once all runs have, failed or cancelled if some are"
    )
    counts: dict[State, int] = Field(description="runs in every state")
    outcomes: dict[OutcomeName, int] = Field(
        description="runs that succeeded, by outcome; outcomes that no run has are left out",
        examples=[{"grokked": 11, "memorised_only": 1}],
    )
    progress: float = Field(description="share of the steps that are done, 0 to 1")
    eta_seconds: float | None = Field(description="estimated time to the end; null while unknown")
    spec: dict[str, Any] = Field(description="the spec with every default filled in")
    digest: str = Field(description="SHA-256 of what determines the numbers")
    warnings: list[str] = Field(description="what of the spec the user may not have meant")
    created_at: datetime
    finished_at: datetime | None
    links: dict[str, str] = Field(description="addresses of what belongs to the experiment")

    @classmethod
    def of(cls, experiment: Experiment) -> "ExperimentAnswer":
        """The answer for this experiment."""
        here = f"/v1/experiments/{experiment.id}"
        return cls.model_construct(
            id=experiment.id,
            name=experiment.name,
            tags=list(experiment.tags),
            problem=experiment.problem,
            state=experiment.state,
            counts=experiment.counts,
            outcomes=experiment.outcomes,
            progress=experiment.progress,
            eta_seconds=experiment.eta_seconds,
            spec=experiment.spec,
            digest=experiment.digest,
            warnings=spec_warnings(experiment.spec),
            created_at=experiment.created_at,
            finished_at=experiment.finished_at,
            links={
                "self": here,
                **{name: f"{here}/{name}" for name in _BELOW},
                "series": f"{here}/series?metric=test_error",
                "matrix": f"{here}/analysis/matrix",
                "phase": f"{here}/analysis/phase",
                **({"refines": f"/v1/experiments/{experiment.refines}"} if experiment.refines else {}),
            },
        )


class ExperimentPage(Page[ExperimentAnswer]):
    """Experiments, newest first."""


class Deleted(Answer):
    """What a deletion gave back."""

    id: str
    bytes_freed: int = Field(
        description="bytes of recordings, checkpoints and files that nothing refers to any more"
    )
