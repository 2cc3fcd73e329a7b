"""A verification as the service answers it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Page
from core.store import Cause, State, Verification


class Disagreement(Answer):
    """Where two trainings differ."""

    metric: str = Field(description="a recorded metric, or t1, t2, diverged_at", examples=["test_error"])
    step: int


class VerificationAnswer(Answer):
    """A run that is trained once more, to compare: by a run of its own, which no list shows."""

    id: str = Field(
        description="the run that trains it once more", examples=["run_01k3v5m8h2x9q4c7r6t0y1z3ab"]
    )
    run_id: str = Field(description="the run that is verified")
    state: State = Field(description="of the training")
    cause: Cause | None = Field(description="why the training failed")
    message: str | None = Field(description="more about the failure")
    step: int = Field(description="last recorded step")
    steps: int
    verdict: Literal["equal", "within_tolerance", "differs", "superseded"] | None = Field(
        description="equal bit for bit, within the tolerance, or not; superseded: the run was extended "
        "meanwhile; null until the training has succeeded"
    )
    tolerance: float | None = Field(description="relative differences up to it are rounding, by precision")
    compared: int | None = Field(description="numbers that were compared")
    largest: float | None = Field(
        description="the largest relative difference; null also where a number, or a step, has none to match"
    )
    largest_at: Disagreement | None = Field(description="where it is; null where nothing differs")
    first: Disagreement | None = Field(description="the first step that differs beyond the tolerance")
    created_at: datetime
    finished_at: datetime | None
    links: dict[str, str] = Field(description="`run` is the one that trains, `verified` the one before")

    @classmethod
    def of(cls, found: Verification) -> "VerificationAnswer":
        """The answer for this verification."""
        result: dict[str, Any] = found.result or {}
        verified = f"/v1/runs/{found.run_id}"
        return cls.model_construct(
            id=found.id,
            run_id=found.run_id,
            state=found.state,
            cause=found.cause,
            message=found.message,
            step=found.step,
            steps=found.steps,
            verdict=result.get("verdict"),
            tolerance=result.get("tolerance"),
            compared=result.get("compared"),
            largest=result.get("largest"),
            largest_at=_place(result.get("largest_at")),
            first=_place(result.get("first")),
            created_at=found.created_at,
            finished_at=found.finished_at,
            links={
                "self": f"{verified}/verifications/{found.id}",
                "run": f"/v1/runs/{found.id}",
                "verified": verified,
                "experiment": f"/v1/experiments/{found.experiment_id}",
            },
        )


class VerificationPage(Page[VerificationAnswer]):
    """Verifications of a run, newest first."""


def _place(at: dict[str, Any] | None) -> Disagreement | None:
    return None if at is None else Disagreement(**at)
