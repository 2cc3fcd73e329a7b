"""The table of results: a row a run."""

from typing import Any

from pydantic import Field

from api.answers import nonfinite
from api.schemas.base import Answer, Nonfinite, OutcomeName, Page
from core.store import Run, State


class TheoryRatio(Answer):
    """The predicted delay, and the measured one over it."""

    delay: float | None
    ratio: float | None


class ResultRow(Answer):
    """What one run came to."""

    run: str
    seed: int
    axes: dict[str, Any] = Field(description="axis values by JSON pointer")
    state: State
    outcome: OutcomeName | None
    t1: int | None
    t2: int | None
    delay: int | None
    theory: TheoryRatio | None = Field(description="null until the run has ended")
    final: dict[str, float | None] = Field(description="every recorded metric at the last step")
    nonfinite: Nonfinite

    @classmethod
    def of(cls, run: Run) -> "ResultRow":
        """The row of this run."""
        return cls.model_construct(
            run=run.id,
            seed=run.seed,
            axes=run.axes,
            state=run.state,
            outcome=run.outcome,
            t1=run.t1,
            t2=run.t2,
            delay=run.delay,
            theory=theory_ratio(run.theory, run.delay),
            final={**run.final},
            nonfinite=nonfinite(run.final.items()),
        )


class ResultPage(Page[ResultRow]):
    """Results in cell order."""


def theory_ratio(theory: dict[str, Any] | None, delay: int | None) -> TheoryRatio | None:
    """Measured over predicted, where both exist."""
    if theory is None:
        return None
    predicted = theory.get("delay")
    return TheoryRatio.model_construct(
        delay=predicted, ratio=delay / predicted if predicted and delay is not None else None
    )
