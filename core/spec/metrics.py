"""The catalogue of recorded metrics: name, formula, unit, meaning, and the problems that have them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.spec.experiment import ExperimentSpec


@dataclass(frozen=True, slots=True)
class Metric:
    """One recorded quantity of a run.

    Attributes:
        of: `vector` or `matrix` problems alone; None for all.
        needs: what the problem must know: the true parameters (`truth`), or anything to test on (`test`).
        vector: whether a recorded point is a vector; those are recorded only where they are asked for.
    """

    name: str
    formula: str
    unit: str
    description: str
    of: Literal["vector", "matrix"] | None = None
    needs: Literal["truth", "test"] | None = None
    vector: bool = False


METRICS: tuple[Metric, ...] = (
    Metric("train_error", "||X a - y||_2 / ||y||_2", "1", "relative residual; absolute where y = 0"),
    Metric(
        "test_error",
        "||a - a*||_2 / ||a*||_2, or ||X' a - y'||_2 / ||y'||_2 on test data",
        "1",
        "relative distance to the true parameters, or relative residual on the test data of a dataset; "
        "absolute where a* = 0, or y' = 0",
        needs="test",
    ),
    Metric("l0_norm", "#{i : |a_i| > 1e-4}", "count", "entries that are not small"),
    Metric("l1_norm", "||a||_1", "1", "sum of absolute values"),
    Metric("l2_norm", "||a||_2", "1", "Euclidean (Frobenius) norm, no proxy for generalisation"),
    Metric("nuclear_norm", "||A||_*", "1", "sum of the singular values", of="matrix"),
    Metric("rank", "#{i : sigma_i(A) > 1e-9}", "count", "singular values that are not zero", of="matrix"),
    Metric(
        "effective_rank",
        "exp(-sum_i p_i ln p_i), p = sigma / ||sigma||_1",
        "1",
        "exponential of the entropy of the singular values; 0 for A = 0",
        of="matrix",
    ),
    Metric("gradient_norm", "||G||_2, G = grad g", "1", "norm of the loss gradient over all factors"),
    Metric(
        "penalty_gradient_norm",
        "||beta H||_2, beta H = beta_2 u + beta_1 sign u + beta_* U V'",
        "1",
        "norm of the penalty's gradient over all factors, strengths included",
    ),
    Metric("gradient_ratio", "||beta H||_2 / ||G||_2", "1", "over 1: the penalty leads"),
    Metric(
        "gradient_ratio_masked",
        "||beta H 1[|u| >= 1e-3]||_2 / ||G||_2",
        "1",
        "the ratio as published figures plot it: small entries left out of H",
        of="vector",
    ),
    Metric(
        "support_norm",
        "||a_S||_2, S = supp a*",
        "1",
        "Euclidean norm on the true support",
        of="vector",
        needs="truth",
    ),
    Metric(
        "off_support_norm",
        "||a_{S^c}||_2",
        "1",
        "Euclidean norm off the true support",
        of="vector",
        needs="truth",
    ),
    Metric(
        "l1_error_per_dimension",
        "||a - a*||_1 / n",
        "1",
        "mean absolute error of the entries",
        needs="truth",
    ),
    Metric(
        "parameters",
        "a",
        "1",
        "the parameters themselves, row-major for a matrix; complex ones are parameters.re and parameters.im",
        vector=True,
    ),
    Metric(
        "singular_values", "sigma(A)", "1", "singular values in decreasing order", of="matrix", vector=True
    ),
)
COMPLEX_PARTS = (".re", ".im")


def metric_names() -> tuple[str, ...]:
    """Names of all scalar metrics, in catalogue order, which is the order of recording."""
    return tuple(metric.name for metric in METRICS if not metric.vector)


def vector_names() -> tuple[str, ...]:
    """Names that series of vectors may have: each vector metric, and its parts where it may be complex."""
    names = [metric.name for metric in METRICS if metric.vector]
    return (*names, *(f"parameters{part}" for part in COMPLEX_PARTS))


def available_metrics(spec: ExperimentSpec) -> tuple[str, ...]:
    """Names that `record.metrics` may list for the problem of a one-cell spec, in catalogue order."""
    return tuple(metric.name for metric in _available(spec))


def chosen_metrics(spec: ExperimentSpec) -> tuple[str, ...]:
    """Scalar metrics that a one-cell spec records, in catalogue order."""
    asked = spec.record.metrics
    return tuple(m.name for m in _available(spec) if not m.vector and (asked == "default" or m.name in asked))


def chosen_vectors(spec: ExperimentSpec) -> tuple[str, ...]:
    """Vector metrics that a one-cell spec records with the scalar ones; iterates have their own schedule."""
    asked = spec.record.metrics
    return tuple(m.name for m in _available(spec) if m.vector and asked != "default" and m.name in asked)


def vector_widths(spec: ExperimentSpec) -> dict[str, int]:
    """The recorded vector metrics and how many numbers one recorded step of one run has."""
    size = math.prod(spec.problem.shape) * (2 if spec.problem.complex else 1)
    widths = {"parameters": size, "singular_values": min(spec.problem.shape)}
    names = (*chosen_vectors(spec), *(("parameters",) if spec.record.parameters_per_decade > 0 else ()))
    return {name: widths[name] for name in names}


def _available(spec: ExperimentSpec) -> Iterator[Metric]:
    kind = "matrix" if len(spec.problem.shape) == 2 else "vector"
    known = {"truth": ("truth", "test"), "data": ("test",), None: ()}[spec.problem.test]
    for metric in METRICS:
        if metric.of in (None, kind) and (metric.needs is None or metric.needs in known):
            yield metric
