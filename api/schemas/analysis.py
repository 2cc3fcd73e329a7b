"""What the detectors and the theory say of a run."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, OutcomeName


class Crossing(Answer):
    """When a run memorised or generalised, if it did."""

    value: int | None = Field(description="first step that meets the threshold")
    status: Literal["observed", "censored", "never_memorised"] = Field(
        description="censored: not up to the lower end of `bracket`, which is how far the run went"
    )
    bracket: tuple[int, int | None] = Field(
        description="steps that enclose the crossing; the upper end is null while it was not seen"
    )


class PlateauByRule(Answer):
    """What the plateau rule says by itself, also of runs that never generalised."""

    step: int | None = Field(description="first step on the final plateau; null where the run ends unsettled")
    error: float | None = Field(description="test metric at `step`")
    final: float | None = Field(description="test metric of the plateau, the mean of the last points")


class PlateauCrossing(Crossing):
    """When a run came to its final plateau, if that meets the test threshold."""

    by_rule: PlateauByRule


class Detector(Answer):
    """How t1 and t2 were found."""

    kind: Literal["threshold"]
    train_metric: str
    train_threshold: float
    test_metric: str
    test_threshold: float
    sustained: int = Field(description="recorded steps in a row that have to meet the threshold")
    exact: bool = Field(description="true: every step was looked at, not only the recorded ones")


class PlateauDetector(Answer):
    """How t1 (a threshold) and t2 (the published plateau rule, and the threshold beside it) were found."""

    kind: Literal["plateau"]
    train_metric: str
    train_threshold: float
    test_metric: str
    test_threshold: float = Field(description="a plateau that does not meet this is not accepted")
    sustained: int = Field(description="recorded steps in a row that have to meet the train threshold")
    points: int = Field(description="last recorded points, whose mean is the plateau")
    tolerance: float = Field(description="distance from the plateau that counts as on it, as a share of it")
    repeats: int = Field(description="recorded steps in a row that have to be on the plateau")
    exact: bool = Field(description="always false: only recorded steps were looked at")


class AnalysisAnswer(Answer):
    """Measurement beside theory."""

    run: str
    outcome: OutcomeName | None
    t1: Crossing
    t2: Crossing | PlateauCrossing
    delay: int | None
    theory: dict[str, Any] = Field(
        description="predicted `delay` and `t1`, `ratio` (measured delay over predicted), `in_regime`, and "
        "what they follow from",
        examples=[{"delay": 69546.3, "ratio": 1.442, "in_regime": True}],
    )
    detector: Detector | PlateauDetector
