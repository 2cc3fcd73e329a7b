"""Recorded series and what is said about them."""

from typing import Literal

from pydantic import Field

from api.answers import nonfinite
from api.schemas.base import Answer, Nonfinite, Page
from core.spec import metric_of
from core.store import MetricSummary


class MetricSummaryAnswer(Answer):
    """One recorded metric of a run."""

    name: str = Field(examples=["test_error"])
    formula: str
    unit: str
    shape: list[int] | None = Field(
        description="of one value of a vector metric, such as [d] or [n1, n2]; null for a scalar"
    )
    n: int = Field(description="recorded points")
    first_step: int
    last_step: int
    last: float | None = Field(description="value at last_step; null for a vector")
    min: float | None = Field(description="smallest finite value or component")
    max: float | None = Field(description="largest finite value or component")
    nonfinite: int = Field(description="values, or components, that are no finite number")
    last_nonfinite: str | None = Field(description="NaN, Infinity or -Infinity, where `last` is null")

    @classmethod
    def of(cls, summary: MetricSummary) -> "MetricSummaryAnswer":
        """The answer for this summary."""
        known = metric_of(summary.name)
        return cls.model_construct(
            name=summary.name,
            formula=known.formula if known else "",
            unit=known.unit if known else "",
            shape=None if summary.shape is None else list(summary.shape),
            n=summary.n,
            first_step=summary.first_step,
            last_step=summary.last_step,
            last=summary.last,
            min=summary.min,
            max=summary.max,
            nonfinite=summary.nonfinite,
            last_nonfinite=nonfinite([("last", summary.last)]).get("last"),
        )


class MetricSummaryPage(Page[MetricSummaryAnswer]):
    """Recorded metrics of a run, in catalogue order, vectors last."""


class SeriesAnswer(Answer):
    """One metric: `steps` and `values` side by side; the values of a vector metric are rows.

    Keys of `nonfinite` are places in `values`, for rows as if they stood one behind the other.
    """

    metric: str = Field(examples=["test_error"])
    shape: list[int] | None = Field(
        default=None,
        description="only of vector metrics: [d], or [n1, n2] for rows that are matrices in row-major order; "
        "null while none is recorded",
        examples=[[100]],
    )
    steps: list[int] = Field(
        description="recorded steps, strictly rising", examples=[[0, 812, 20480, 100000]]
    )
    values: list[float | None] | list[list[float | None]] = Field(
        description="the value at each step, null where it is in `nonfinite`",
        examples=[[1.0, 1.071, 0.0099, 0.00081]],
    )
    nonfinite: Nonfinite
    total: int = Field(description="recorded points in the asked range of steps", examples=[100001])
    returned: int = Field(description="points in this answer", examples=[4])
    method: Literal["all", "minmax-lttb"] = Field(
        description="how points were chosen; `all`: none was left out; `minmax-lttb`: extremes, then the "
        "largest triangles, in the asked scale",
        examples=["minmax-lttb"],
    )


class RunSeries(Answer):
    """Series of one run."""

    run: str = Field(description="id of the run")
    series: list[SeriesAnswer] = Field(description="in the order asked for")


class SeriesOfRun(SeriesAnswer):
    """One metric of one of many runs."""

    run: str = Field(description="id of the run")


class ExperimentSeries(Answer):
    """Series of many runs: in cell order, and for each run in the order asked for."""

    experiment: str = Field(description="id of the experiment")
    series: list[SeriesOfRun] = Field(description="run after run")
