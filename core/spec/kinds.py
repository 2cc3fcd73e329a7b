"""Which problems, models, methods, penalties and detectors go together."""

from collections.abc import Iterator

from core.spec.dataset import Dataset
from core.spec.errors import SpecError
from core.spec.experiment import ExperimentSpec
from core.spec.record import MetricKind

_MODELS = {
    "modular_arithmetic": ("encoder_decoder",),
    "teacher_student": ("mlp",),
    "dataset": ("linear", "mlp"),
}
_LINEAR_METHODS = ("subgradient", "projected_subgradient", "proximal", "convex")
_NETWORK_METHODS = ("sgd", "adam", "adamw")
_NETWORK_STRENGTHS = (
    "l2",
    "sobolev_1",
    "sobolev_2",
    "sobolev_1_squared",
    "sobolev_2_squared",
)


def models_of(problem: str) -> dict[str, tuple[str, ...]]:
    """The kinds of models that learn a kind of problem, the first one usual, each with those of its optimizers.

    Of a dataset with classes, networks alone.
    """
    models = _MODELS.get(problem, ("linear",))
    return {model: _LINEAR_METHODS if model == "linear" else _NETWORK_METHODS for model in models}


def mismatches(spec: ExperimentSpec) -> Iterator[SpecError]:
    """What of a one-cell spec is of another kind than its problem or model."""
    p, kind = spec.problem, spec.model.kind
    models = _MODELS.get(p.kind, ("linear",))
    if isinstance(p, Dataset) and p.task == "classification":
        models = ("mlp",)
    if kind not in models:
        what = "classification" if isinstance(p, Dataset) and "linear" not in models else p.kind
        yield SpecError("/model/kind", f"{' or '.join(models)} for {what}", kind)
        return
    methods = _NETWORK_METHODS if spec.is_network else _LINEAR_METHODS
    if spec.optimizer.kind not in methods:
        message = f"one of {', '.join(methods)} with model {kind}"
        yield SpecError("/optimizer/kind", message, spec.optimizer.kind)
    metrics = _detected(spec)
    if spec.detect.metric not in metrics:
        yield SpecError("/detect/metric", f"{' or '.join(metrics)} here", spec.detect.metric)
    if not spec.is_network:
        yield from _networks_alone(spec)


def _detected(spec: ExperimentSpec) -> tuple[MetricKind, ...]:
    if not spec.is_network:
        return ("error",)
    return ("accuracy", "loss") if spec.network_problem.task == "classification" else ("loss",)


def _networks_alone(spec: ExperimentSpec) -> Iterator[SpecError]:
    strengths, record = spec.regularization, spec.record
    for name in _NETWORK_STRENGTHS:
        if value := getattr(strengths, name):
            hint = "; see l2_squared" if name == "l2" else ""
            yield SpecError(f"/regularization/{name}", f"0 with a linear model{hint}", value)
    if strengths.groups != "weights":
        yield SpecError("/regularization/groups", "weights with a linear model", list(strengths.groups))
    if record.refine_crossings:
        message = "false with a linear model, whose t1 and t2 are exact to the step"
        yield SpecError("/record/refine_crossings", message, True)
    if record.checkpoints != "crossings":
        message = "crossings with a linear model, whose iterates are kept by parameters_per_decade"
        yield SpecError("/record/checkpoints", message, record.checkpoints)
