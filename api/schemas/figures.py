"""Figures, their claims, and verdicts, as the service answers them."""

import math
from typing import Any, Literal

from pydantic import Field

from api.schemas.base import Answer, Page
from api.verdicts import Verdict
from core.figures import SCALES, Claim, Figure, Judged, Panel

ScaleName = Literal["smoke", "paper"]


class PanelAnswer(Answer):
    """What one panel draws."""

    id: str
    title: str
    kind: Literal["curves", "components", "trajectory", "scaling", "matrix", "phase"] = Field(
        description="curves: metrics over steps; components: entries of a vector over steps; trajectory: a "
        "metric over another; scaling: a point a run; matrix: medians over seeds in a plane; phase: shares "
        "of seeds with an outcome in a plane"
    )
    x: list[str] = Field(
        description="`step`, a metric, or pointers of the spec whose product is meant",
        examples=[["/optimizer/learning_rate", "/regularization/l1"]],
    )
    y: list[str] = Field(
        description="metrics, t1, t2, delay or names of theory; of a plane a pointer", examples=[["t2"]]
    )
    value: str | None = Field(description="what a matrix or phase panel shows")
    color: str | None = Field(description="the pointer that tells lines and points apart")
    where: dict[str, Any] = Field(
        description="only runs with these values, of a list one of them, by pointer of an axis"
    )
    log: list[Literal["x", "y"]] = Field(description="which axes are logarithmic")
    scales: list[ScaleName] = Field(description="the scales that have this panel")

    @classmethod
    def of(cls, panel: Panel) -> "PanelAnswer":
        """The answer for this panel."""
        where = {name: list(v) if isinstance(v, tuple) else v for name, v in panel.where.items()}
        return cls(
            id=panel.id,
            title=panel.title,
            kind=panel.kind,
            x=list(panel.x),
            y=list(panel.y),
            value=panel.value,
            color=panel.color,
            where=where,
            log=list(panel.log),
            scales=list(panel.scales),
        )


class ClaimAnswer(Answer):
    """What the runs of a figure have to show."""

    id: str = Field(description="the claim; several rows may belong to one", examples=["C6"])
    claim: str = Field(
        description="what is measured; of several numbers the one that is farthest off counts",
        examples=["t1, the first step with train error 1e-3"],
    )
    expected: str = Field(description="in words", examples=["1.443 ± 0.005"])
    low: float | None = Field(description="the measured number is this or more; null: no such end")
    high: float | None = Field(description="the measured number is this or less; null: no such end")

    @staticmethod
    def fields_of(claim: Claim) -> dict[str, Any]:
        """The fields of the answer for this claim."""
        ends = {"low": claim.expected.low, "high": claim.expected.high}
        return {
            "id": claim.id,
            "claim": claim.sentence,
            "expected": claim.expected.text,
            **{name: end if math.isfinite(end) else None for name, end in ends.items()},
        }


class ScaleClaim(ClaimAnswer):
    """A claim at one scale."""

    scale: ScaleName


class FigureSummary(Answer):
    """A figure in short."""

    id: str = Field(description="its number in the paper", examples=["3"])
    title: str
    claims: list[str] = Field(description="claims that it checks", examples=[["C2", "C4", "C5"]])
    links: dict[str, str]

    @staticmethod
    def links_of(figure: Figure) -> dict[str, str]:
        """Where it is, and where it is tried out."""
        at = f"/v1/figures/{figure.id}"
        return {"self": at, "experiments": f"{at}/experiments", "verdict": f"{at}/verdict"}

    @classmethod
    def of(cls, figure: Figure) -> "FigureSummary":
        """The summary of this figure."""
        claims = dict.fromkeys(claim.id for name in SCALES for claim in figure.scale(name).claims)
        return cls(id=figure.id, title=figure.title, claims=list(claims), links=cls.links_of(figure))


class FigurePage(Page[FigureSummary]):
    """Figures, by number."""


class FigureAnswer(Answer):
    """A figure of the paper (arXiv 2506.05718) as a recipe."""

    id: str = Field(description="its number in the paper", examples=["3"])
    title: str
    panels: list[PanelAnswer]
    claims: list[ScaleClaim] = Field(description="of every scale")
    spec: dict[str, dict[str, Any]] = Field(
        description="the experiment at each scale, as `POST /v1/experiments` takes it: smoke, within a "
        "minute; paper, as published"
    )
    links: dict[str, str]

    @classmethod
    def of(cls, figure: Figure) -> "FigureAnswer":
        """The answer for this figure."""
        return cls(
            id=figure.id,
            title=figure.title,
            panels=[PanelAnswer.of(panel) for panel in figure.panels],
            claims=[
                ScaleClaim(scale=name, **ClaimAnswer.fields_of(claim))
                for name in SCALES
                for claim in figure.scale(name).claims
            ],
            spec={name: figure.spec(name) for name in SCALES},
            links=FigureSummary.links_of(figure),
        )


class JudgedClaim(ClaimAnswer):
    """A claim and what became of it."""

    measured: float | None = Field(description="null where a run is missing or does not show it")
    passed: bool
    runs: list[str] = Field(description="the runs that say so")
    note: str | None = Field(
        description="why it did not pass, where the number alone does not tell",
        examples=["1 of 4 runs have not succeeded"],
    )

    @classmethod
    def of(cls, judged: Judged) -> "JudgedClaim":
        """The answer for this claim."""
        return cls(
            **cls.fields_of(judged.claim),
            measured=judged.measured if judged.measured is None or math.isfinite(judged.measured) else None,
            passed=judged.passed,
            runs=list(judged.runs),
            note=judged.note,
        )


class VerdictAnswer(Answer):
    """What an experiment shows of a figure."""

    figure: str = Field(examples=["3"])
    experiment: str
    scale: ScaleName = Field(description="whose claims these are")
    passed: bool = Field(description="whether every claim passed")
    claims: list[JudgedClaim]

    @classmethod
    def of(cls, figure: Figure, experiment_id: str, verdict: Verdict) -> "VerdictAnswer":
        """The answer for this verdict."""
        return cls(
            figure=figure.id,
            experiment=experiment_id,
            scale=verdict.scale,
            passed=all(judged.passed for judged in verdict.claims),
            claims=[JudgedClaim.of(judged) for judged in verdict.claims],
        )
