"""What the detectors and the theory say of a run."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, OutcomeName


class Crossing(Answer):
    """When a run memorised or generalised, if it did."""

    value: int | None = Field(description="first step at or below the threshold")
    status: Literal["observed", "censored", "never_memorised"] = Field(
        description="censored: not up to the lower end of `bracket`, which is how far the run went"
    )
    bracket: tuple[int, int | None] = Field(
        description="steps that enclose the crossing; the upper end is null while it was not seen"
    )


class Detector(Answer):
    """How t1 and t2 were found."""

    kind: Literal["threshold"]
    train_metric: str
    train_threshold: float
    test_metric: str
    test_threshold: float
    exact: bool = Field(description="true: every step was looked at, not only the recorded ones")


class AnalysisAnswer(Answer):
    """Measurement beside theory."""

    run: str
    outcome: OutcomeName | None
    t1: Crossing
    t2: Crossing
    delay: int | None
    theory: dict[str, Any] = Field(
        description="predicted `delay` and `t1`, `ratio` (measured delay over predicted), `in_regime`, and "
        "what they follow from",
        examples=[{"delay": 69546.3, "ratio": 1.442, "in_regime": True}],
    )
    detector: Detector
