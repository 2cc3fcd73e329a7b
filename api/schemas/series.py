"""Recorded series and what is said about them."""

from typing import Literal

from pydantic import Field

from api.answers import nonfinite
from api.schemas.base import Answer, Nonfinite, Page
from core.spec import METRICS
from core.store import MetricSummary

_BY_NAME = {metric.name: metric for metric in METRICS}


class MetricSummaryAnswer(Answer):
    """One recorded metric of a run."""

    name: str = Field(examples=["test_error"])
    formula: str
    unit: str
    n: int = Field(description="recorded points")
    first_step: int
    last_step: int
    last: float | None = Field(description="value at last_step")
    min: float | None = Field(description="smallest finite value")
    max: float | None = Field(description="largest finite value")
    nonfinite: int = Field(description="points whose value is no finite number")
    last_nonfinite: str | None = Field(description="NaN, Infinity or -Infinity, where `last` is null")

    @classmethod
    def of(cls, summary: MetricSummary) -> "MetricSummaryAnswer":
        """The answer for this summary."""
        known = _BY_NAME.get(summary.name)
        return cls.model_construct(
            name=summary.name,
            formula=known.formula if known else "",
            unit=known.unit if known else "",
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
    """Recorded metrics of a run, in catalogue order."""


class SeriesAnswer(Answer):
    """One metric: `steps` and `values` side by side."""

    metric: str = Field(examples=["test_error"])
    steps: list[int]
    values: list[float | None]
    nonfinite: Nonfinite
    total: int = Field(description="recorded points in the asked range of steps")
    returned: int = Field(description="points in this answer")
    method: Literal["all"] = Field(description="how points were chosen; `all`: none was left out")


class RunSeries(Answer):
    """Series of one run."""

    run: str
    series: list[SeriesAnswer]


class SeriesOfRun(SeriesAnswer):
    """One metric of one of many runs."""

    run: str


class ExperimentSeries(Answer):
    """Series of many runs: in cell order, and for each run in the order asked for."""

    experiment: str
    series: list[SeriesOfRun]
