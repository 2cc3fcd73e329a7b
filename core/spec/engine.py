"""Which engine computes the steps of a run."""

from typing import Literal

from core.spec.experiment import ExperimentSpec
from core.spec.method import GradientMethod
from core.spec.work import affordable

EngineKind = Literal["loop", "closed_form", "convex"]


def closed_form_obstacle(spec: ExperimentSpec) -> str | None:
    """Why the steps of a run have no closed form in the eigenbasis of X'X; None where they have one."""
    strengths = spec.regularization
    if spec.linear_model.depth != 1:
        return "depth 1"
    if not isinstance(spec.optimizer, GradientMethod) or spec.optimizer.kind == "projected_subgradient":
        return "optimizer subgradient or proximal"
    if strengths.l1 > 0 or strengths.nuclear > 0:
        return "no penalty but l2_squared"
    return "precision float64" if spec.precision != "float64" else None


def engine_of(spec: ExperimentSpec) -> EngineKind:
    """The engine that trains a one-cell spec; `auto` takes the closed form where it is affordable."""
    if spec.optimizer.kind == "convex":
        return "convex"
    if spec.is_network:
        return "loop"
    if spec.engine == "auto":
        return (
            "closed_form"
            if closed_form_obstacle(spec) is None and affordable(spec.linear_problem)
            else "loop"
        )
    return spec.engine
