"""Defaults that depend on other parts of the spec, filled in once these are known."""

from core.spec.experiment import ExperimentSpec
from core.spec.record import Detect, MetricKind

_LEVELS: dict[MetricKind, tuple[float, float]] = {
    "error": (1e-3, 1e-3),
    "loss": (1e-2, 1e-1),
    "accuracy": (0.9999, 0.9999),
}
_DEPENDENT = ("model", "problem", "detect", "precision")


def resolve(spec: ExperimentSpec) -> ExperimentSpec:
    """The spec with the defaults of precision and detection filled in.

    What axes may still change is left open: those of a sweep over the problem, say, differ from cell to cell.
    """
    swept = {p.split("/")[1] for axis in (spec.sweep.axes if spec.sweep else ()) for p in axis.swept}
    if swept.intersection(_DEPENDENT):
        return spec
    precision = spec.precision or ("float32" if spec.is_network else "float64")
    detect = _detect(spec)
    if precision == spec.precision and detect is spec.detect:
        return spec
    return spec.model_copy(update={"precision": precision, "detect": detect})


def _detect(spec: ExperimentSpec) -> Detect:
    given = spec.detect
    if None not in (given.metric, given.train_threshold, given.test_threshold):
        return given
    metric: MetricKind = given.metric or _metric(spec)
    train, test = _LEVELS[metric]
    return Detect(
        metric=metric,
        train_threshold=train if given.train_threshold is None else given.train_threshold,
        test_threshold=test if given.test_threshold is None else given.test_threshold,
    )


def _metric(spec: ExperimentSpec) -> MetricKind:
    if not spec.is_network:
        return "error"
    return "accuracy" if getattr(spec.problem, "task", None) == "classification" else "loss"
