"""What is seen of all runs of an experiment at once: medians, laws, phases."""

from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, OutcomeName

Share = tuple[float, float]
_INTERVAL = "ends of Wilson's 95 % interval of k / n, [low, high], by row and column"


class AxisAnswer(Answer):
    """What lies along one side of a table."""

    path: str | None = Field(
        description="the axis; null where one row holds all runs", examples=["/regularization/l1"]
    )
    spacing: Literal["linear", "log"] | None = Field(
        description="whether differences or ratios of the values are even; null where they are no numbers"
    )


class SidesAnswer(Answer):
    """The axes of columns (x) and rows (y)."""

    x: AxisAnswer
    y: AxisAnswer


class TableAnswer(Answer):
    """Runs by their place on two axes."""

    experiments: list[str] = Field(description="whose runs they are: this one and those that refine it")
    axes: SidesAnswer
    x: list[Any] = Field(description="values of the columns", examples=[[10, 40, 70]])
    y: list[Any] = Field(description="values of the rows; [null] without an axis", examples=[[1e-4, 1e-3]])
    k: list[list[int]] = Field(description="runs of the cell that it is true of, by row and column")
    n: list[list[int]] = Field(description="runs of the cell that have ended, by row and column")
    interval: list[list[Share]] = Field(description=_INTERVAL)


class MatrixAnswer(TableAnswer):
    """Medians over the runs of each cell; k of n runs have the value."""

    value: str = Field(description="what it is the median of", examples=["t2"])
    values: list[list[float | None]] = Field(
        description="medians by row and column, where a run without the value lies above all others; null "
        "where that is half of them or more",
        examples=[[[100347.0, None, 9870.5]]],
    )


class BoundaryAnswer(Answer):
    """A line between cells of two labels."""

    between: tuple[OutcomeName, OutcomeName]
    points: list[tuple[float, float | None]] = Field(
        description="[x, y] along the line, halfway between neighbouring cells; y null without rows",
        examples=[[[25.0, 1e-4], [25.0, 1e-3]]],
    )


class PhaseAnswer(TableAnswer):
    """The outcome of most runs of each cell; k of n runs have it."""

    labels: list[list[OutcomeName | None]] = Field(
        description="by row and column; the least learnt of a tie; null while no run has ended",
        examples=[[["memorised_only", "grokked", "grokked"]]],
    )
    counts: dict[str, list[list[int]]] = Field(description="runs with each outcome that occurs")
    boundaries: list[BoundaryAnswer] = Field(
        description="lines between labels; none where an axis has no numbers"
    )


class FitPoint(Answer):
    """A run that was fitted."""

    run: str
    seed: int
    x: float
    y: float
    residual: float = Field(description="log y less the law's, with the prefactor of the run's seed")


class ResidualsAnswer(Answer):
    """How far runs are from the law, in natural logarithms of y."""

    rms: float
    largest: float


class FitAnswer(Answer):
    """y = prefactor * x^exponent."""

    experiments: list[str] = Field(description="whose runs they are: this one and those that refine it")
    y: str = Field(examples=["delay"])
    x: str = Field(examples=["/optimizer/learning_rate*/regularization/l1"])
    exponent: float = Field(examples=[-1.0002])
    prefactor: float = Field(description="geometric mean of y / x^exponent", examples=[0.0979])
    interval: Share | None = Field(
        description="[low, high] of the exponent by bootstrap; null where no sample of it has one",
        examples=[[-1.004, -0.997]],
    )
    confidence: float = Field(description="of the interval", examples=[0.95])
    resampled: Literal["seeds", "points"] = Field(
        description="what the bootstrap draws: points of one seed alone"
    )
    units: int = Field(
        description="how many of these it draws from; from fewer than five the interval is too narrow",
        examples=[8],
    )
    n: int = Field(description="runs that were fitted")
    censored: int = Field(description="runs that ended before they had a y: left out of the fit")
    excluded: int = Field(description="runs without x or y for another reason, such as having diverged")
    residuals: ResidualsAnswer
    points: list[FitPoint] | None = Field(description="the fitted runs, where `points=true` asks for them")
