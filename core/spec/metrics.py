"""Which metrics a spec has, and which it records."""

import math
import re
from collections.abc import Iterator
from functools import lru_cache

from core.spec.catalogue import COMPLEX_PARTS, METRICS, Metric
from core.spec.experiment import ExperimentSpec
from core.spec.layers import layers_of

_BY_NAME = {metric.name: metric for metric in METRICS}


def metric_names() -> tuple[str, ...]:
    """Names of all scalar metrics, in catalogue order, which is the order of recording."""
    return tuple(metric.name for metric in METRICS if not metric.vector)


def vector_names() -> tuple[str, ...]:
    """Names that series of vectors may have: each vector metric, and its parts where it may be complex."""
    names = [metric.name for metric in METRICS if metric.vector]
    return (*names, *(f"parameters{part}" for part in COMPLEX_PARTS))


_IN_BRACKETS = re.compile(r"\[[A-Za-z0-9_.]+\]")
"""The name of a layer behind that of a metric."""


@lru_cache(maxsize=1024)
def metric_of(name: str) -> Metric | None:
    """The metric that a series of this name records, such as l2_norm of `l2_norm[decoder.0]`.

    None for a name that no series can have.
    """
    base, bracket, rest = name.partition("[")
    for part in COMPLEX_PARTS:
        base = base.removesuffix(part) if base == "parameters" + part else base
    metric = _BY_NAME.get(base)
    if metric is None or not bracket:
        return metric
    return metric if metric.by_layer and _IN_BRACKETS.fullmatch(bracket + rest) else None


def metric_pattern() -> str:
    """A regular expression of the names that series can have: those for which there is a `metric_of`."""
    parts = "|".join(part.replace(".", "[.]") for part in COMPLEX_PARTS)
    single = "|".join(m.name for m in METRICS if not m.by_layer and m.name != "parameters")
    layered = "|".join(m.name for m in METRICS if m.by_layer)
    return f"^({single}|parameters({parts})?|({layered})({_IN_BRACKETS.pattern})?)$"


def is_vector_metric(name: str) -> bool:
    """Whether a series of this name has vectors as values."""
    metric = metric_of(name)
    return metric is not None and metric.vector


def split_name(name: str) -> tuple[str, str | None]:
    """The metric and the layer of a name: l2_norm and decoder.0 of `l2_norm[decoder.0]`."""
    base, bracket, rest = name.partition("[")
    return (base, rest.removesuffix("]")) if bracket else (base, None)


def available_metrics(spec: ExperimentSpec) -> tuple[str, ...]:
    """Names that `record.metrics` may list for a one-cell spec, in catalogue order."""
    return tuple(name for name, _ in _available(spec))


def chosen_metrics(spec: ExperimentSpec) -> tuple[str, ...]:
    """Scalar metrics that a one-cell spec records, in catalogue order."""
    asked, families = spec.record.metrics, families_of(spec)
    return tuple(
        name
        for name, metric in _available(spec)
        if not metric.vector
        and (name in asked if asked != "default" else "[" not in name and not metric.on_request(families))
    )


def chosen_vectors(spec: ExperimentSpec) -> tuple[str, ...]:
    """Vector metrics that a one-cell spec records with the scalar ones; iterates have their own schedule."""
    asked = spec.record.metrics
    return tuple(
        name for name, metric in _available(spec) if metric.vector and asked != "default" and name in asked
    )


def vector_widths(spec: ExperimentSpec) -> dict[str, int]:
    """The recorded vector metrics and how many numbers one recorded step of one run has."""
    names = (*chosen_vectors(spec), *(("parameters",) if spec.record.parameters_per_decade > 0 else ()))
    return {name: _width(spec, name) for name in names}


def families_of(spec: ExperimentSpec) -> frozenset[str]:
    """What kind of run a one-cell spec is, in the words of the catalogue."""
    if not spec.is_network:
        return frozenset({"linear", "matrix" if len(spec.linear_problem.shape) == 2 else "vector"})
    problem = spec.network_problem
    return frozenset({"network", problem.task, problem.kind})


def _available(spec: ExperimentSpec) -> Iterator[tuple[str, Metric]]:
    families, known = families_of(spec), _known(spec)
    for metric in METRICS:
        if metric.of and not families.intersection(metric.of):
            continue
        if metric.needs is not None and metric.needs not in known:
            continue
        # Singular values are those of one matrix.
        if not (metric.vector and metric.by_layer and spec.is_network):
            yield metric.name, metric
        if metric.by_layer and spec.is_network:
            for layer in layers_of(spec):
                if layer.weight:
                    yield f"{metric.name}[{layer.name}]", metric


def has_test(spec: ExperimentSpec) -> bool:
    """Whether a one-cell spec has anything to test on."""
    return "test" in _known(spec)


def _known(spec: ExperimentSpec) -> tuple[str, ...]:
    if spec.is_network:
        return ("test",) if spec.network_problem.test_rows else ()
    return {"truth": ("truth", "test"), "data": ("test",), None: ()}[spec.linear_problem.test]


def _width(spec: ExperimentSpec, name: str) -> int:
    base, layer = split_name(name)
    if spec.is_network:
        if layer is None:
            return sum(one.size for one in layers_of(spec))
        return next(min(one.shape) for one in layers_of(spec) if one.name == layer)
    problem = spec.linear_problem
    if base == "singular_values":
        return min(problem.shape)
    return math.prod(problem.shape) * (2 if problem.complex else 1)
