"""Which engine computes the steps of a run."""

from typing import Literal

from core.spec.experiment import ExperimentSpec
from core.spec.method import GradientMethod
from core.spec.work import MAX_EXACT_WORK, affordable, jump_work

EngineKind = Literal["loop", "closed_form", "exact_jump", "convex"]
MIN_JUMP_STEPS = 2 * 10**6
"""Steps from which jumping takes no longer than stepping in a full batch, for small designs."""
JUMP_WORK_A_STEP = 20.0
"""The same for large designs: work of a decomposition over steps."""


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


def exact_jump_obstacle(spec: ExperimentSpec) -> str | None:
    """Why the steps of a run are not affine between events that can be told; None where they are.

    Without l1 there is no event, and the closed form is all that is needed.
    """
    strengths = spec.regularization
    if strengths.l1 == 0:
        missing = closed_form_obstacle(spec)
        return "no penalty but l1 and l2_squared" if strengths.nuclear > 0 and missing else missing
    if spec.linear_model.depth != 1:
        return "depth 1"
    if spec.optimizer.kind != "proximal":
        return "optimizer proximal with l1"
    if strengths.nuclear > 0:
        return "no penalty but l1 and l2_squared"
    if spec.linear_problem.complex:
        return "real parameters with l1"
    return "precision float64" if spec.precision != "float64" else None


def compilable(spec: ExperimentSpec) -> bool:
    """Whether the steps of a linear run on a CPU are compiled where the worker has the compiler.

    Products of matrices, projections on rank-one measurements and errors on test data are left to tensors.
    """
    problem, method = spec.linear_problem, spec.optimizer.kind
    matrices = len(problem.shape) == 2
    sensed = problem.kind == "matrix_sensing" and method == "projected_subgradient"
    return (
        engine_of(spec) == "loop"
        and not spec.device.startswith("cuda")
        and spec.precision == "float64"
        and not problem.complex
        and problem.test != "data"
        and not (matrices and (spec.linear_model.depth > 1 or sensed))
    )


def engine_of(spec: ExperimentSpec) -> EngineKind:
    """The engine that trains a one-cell spec.

    `auto` takes the closed form where it is affordable, and jumps where so many steps are asked for that it
    pays.
    """
    if spec.optimizer.kind == "convex":
        return "convex"
    if spec.is_network:
        return "loop"
    if spec.engine == "auto":
        return _fastest(spec)
    if spec.engine == "exact_jump" and spec.regularization.l1 == 0:
        return "closed_form"
    return spec.engine


def _fastest(spec: ExperimentSpec) -> EngineKind:
    if not affordable(spec.linear_problem):
        return "loop"
    if closed_form_obstacle(spec) is None:
        return "closed_form"
    work = jump_work(spec.linear_problem)
    pays = spec.steps >= max(MIN_JUMP_STEPS, work / JUMP_WORK_A_STEP) and work <= MAX_EXACT_WORK
    return "exact_jump" if pays and exact_jump_obstacle(spec) is None else "loop"
