"""What is written down, when something counts as learned, and when to stop early."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from core.spec.base import Flag, Integer, PositiveReal, Real, SpecModel

MAX_POINTS = 5_000_000
"""Recorded steps that one run may have."""
MAX_VECTOR_NUMBERS = 20_000_000
"""Numbers that the vector series of one run may have in all."""


class Record(SpecModel):
    """Recorded steps: 0..first, every round(10^(k/per_decade)) above it, multiples of every, and the last."""

    per_decade: Annotated[Integer, Field(ge=1, le=100_000)] | None = Field(
        default=100, description="log-spaced points in a decade of steps; null for none", examples=[100]
    )
    first: Annotated[Integer, Field(ge=0, le=1_000_000)] = Field(
        default=100, description="every step up to this one is recorded", examples=[100]
    )
    every: Annotated[Integer, Field(ge=1)] | None = Field(
        default=None, description="multiples of this step are recorded too; null for none", examples=[1000]
    )
    metrics: Literal["default"] | Annotated[tuple[str, ...], Field(min_length=1, max_length=64)] = Field(
        default="default",
        description="names of the recorded metrics, or `default` for every scalar one that the problem has",
        examples=["default", ["train_error", "test_error", "parameters"]],
    )
    parameters_per_decade: Annotated[Integer, Field(ge=0, le=10_000)] = Field(
        default=0,
        description="log-spaced copies of the parameters in a decade, and those of steps 0, 1 and the last; "
        "0 for none",
        examples=[30],
    )


PAPER = Record(per_decade=None, first=999, every=1000)
"""The published evaluation schedule: step 0, every step to 999, then every 1000."""


def _preset(value: Any) -> Any:
    return PAPER if value == "paper" else value


RecordField = Annotated[Record, BeforeValidator(_preset, json_schema_input_type=Record | Literal["paper"])]


class Detect(SpecModel):
    """Thresholds of the memorisation step t1 (train) and the generalisation step t2 (test)."""

    train_threshold: PositiveReal = Field(
        default=1e-3, description="t1 is the first step with train_error at or below this", examples=[1e-3]
    )
    test_threshold: PositiveReal = Field(
        default=1e-3, description="t2 is the first step with test_error at or below this", examples=[1e-3]
    )


class Stop(SpecModel):
    """Rules that end a run before its last step."""

    when_generalised: Flag = Field(
        default=False, description="stop at the first recorded step at or after patience_factor x t2"
    )
    patience_factor: Annotated[Real, Field(ge=1, le=1000)] = Field(
        default=1.2, description="how far to go on after t2, as a multiple of t2", examples=[1.2]
    )
    on_divergence: Flag = Field(
        default=True, description="stop at the first step whose train_error is no finite number"
    )
