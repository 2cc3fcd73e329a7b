"""What is written down, when something counts as learned, and when to stop early."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from core.spec.base import Flag, Integer, PositiveReal, Real, SpecModel

MAX_POINTS = 5_000_000
"""Recorded steps that one run may have."""
MAX_VECTOR_NUMBERS = 20_000_000
"""Numbers that the vector series of one run may have in all."""

MetricKind = Literal["error", "accuracy", "loss"]


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
    refine_crossings: Flag = Field(
        default=False,
        description="networks: go back to the last evaluation before t1 or t2 and evaluate after every step, "
        "so that they are exact to the step",
    )
    checkpoints: Literal["crossings", "powers_of_two"] = Field(
        default="crossings",
        description="networks: files of the parameters at t1, t2 and the last step, or also at the first "
        "evaluation at or after each power of two",
    )


PAPER = Record(per_decade=None, first=999, every=1000)
"""The published evaluation schedule: step 0, every step to 999, then every 1000."""


def _preset(value: Any) -> Any:
    return PAPER if value == "paper" else value


RecordField = Annotated[Record, BeforeValidator(_preset, json_schema_input_type=Record | Literal["paper"])]


class Detect(SpecModel):
    """When a run counts as having memorised (t1, training data) and generalised (t2, test data)."""

    metric: MetricKind | None = Field(
        default=None,
        description="what is compared: error of linear models, accuracy or loss of networks; null: error, "
        "accuracy of classification, loss of regression",
        examples=["accuracy"],
    )
    train_threshold: PositiveReal | None = Field(
        default=None,
        description="t1 is the first step with a train error or loss at or below this, or an accuracy at or "
        "above it; null: 1e-3 for errors, 1e-2 for losses, 0.9999 for accuracies",
        examples=[1e-3],
    )
    test_threshold: PositiveReal | None = Field(
        default=None,
        description="the same for t2 and test data; null: 1e-3 for errors, 1e-1 for losses, 0.9999 for "
        "accuracies",
        examples=[1e-3],
    )

    @property
    def levels(self) -> tuple[float, float]:
        """Both thresholds of a one-cell spec. Raises ValueError where a default has not been filled in."""
        if self.train_threshold is None or self.test_threshold is None:
            raise ValueError("thresholds by default depend on the problem; resolve the spec first")
        return self.train_threshold, self.test_threshold

    @property
    def direction(self) -> Literal["below", "above"]:
        """On which side of its threshold a metric counts."""
        return "above" if self.metric == "accuracy" else "below"


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
