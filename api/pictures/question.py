"""What may be asked of a picture, and which parameters go with which kind."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query

from api.errors import Fault, InvalidRequest
from api.pictures.kinds import Kind, RunKind
from api.series_query import MAX_METRICS, MetricName, require_known
from core.spec import is_vector_metric, metric_of

TIMES = ("t1", "t2", "delay", "theory_delay", "theory_ratio")
_LONGEST = 1000

_APPLIES: dict[str, tuple[str, ...]] = {
    "curves": ("metric", "colour"),
    "scaling": ("x", "y", "colour"),
    "matrix": ("x", "y", "value"),
    "phase": ("x", "y"),
    "components": ("metric",),
    "singular_values": ("metric",),
    "figure": ("figure",),
}

Metrics = Annotated[
    list[MetricName] | None,
    Query(
        alias="metric",
        max_length=MAX_METRICS,
        description="of curves, components and singular_values: metric to draw, repeated; those in which t1 "
        "and t2 are looked for if left out",
        examples=[["train_error", "test_error"]],
    ),
]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; None: what fits."""

    kind: Kind | None = None
    x: str | None = None
    y: str | None = None
    value: str | None = None
    colour: str | None = None
    metrics: tuple[str, ...] | None = None
    figure: str | None = None

    def check(self, kind: Kind) -> None:
        """Raises InvalidRequest where a parameter has nothing to do with the kind, or a metric with any."""
        given = {
            "x": self.x,
            "y": self.y,
            "value": self.value,
            "colour": self.colour,
            "metric": self.metrics,
            "figure": self.figure,
        }
        for name, value in given.items():
            if value is not None and name not in _APPLIES[kind]:
                kinds = ", ".join(one for one, names in _APPLIES.items() if name in names)
                raise refused(name, f"left out of kind {kind}; it is of {kinds}", value)
        require_known(self.metrics or ())
        wants_vector = kind in ("components", "singular_values")
        for metric in self.metrics or ():
            if is_vector_metric(metric) != wants_vector:
                raise refused("metric", f"a {'vector' if wants_vector else 'scalar'} metric", metric)


def _run_question(
    kind: Annotated[
        RunKind | None,
        Query(description="curves of scalars, or of the components of a vector; curves if left out"),
    ] = None,
    metric: Metrics = None,
) -> Question:
    return _checked(Question(kind=kind, metrics=None if metric is None else tuple(dict.fromkeys(metric))))


def _experiment_question(
    kind: Annotated[
        Kind | None,
        Query(
            description="if left out: the figure where the experiment was made from one and nothing else is "
            "asked for, else what fits the axes: a matrix of two and more, else curves",
            examples=["matrix"],
        ),
    ] = None,
    x: Annotated[
        str | None,
        Query(
            max_length=_LONGEST,
            description="of scaling: JSON pointer of a number, or some joined by `*`; of matrix and phase: "
            "that of the axis of the columns, the first of the sweep if left out",
            examples=["/problem/measurements"],
        ),
    ] = None,
    y: Annotated[
        str | None,
        Query(
            max_length=_LONGEST,
            description="of scaling: t1, t2, delay, theory.NAME (a prediction), or a scalar metric at "
            "the last step; of matrix and phase: JSON pointer of the axis of the rows, the "
            "next one if left out",
            examples=["/regularization/l1"],
        ),
    ] = None,
    value: Annotated[
        str | None,
        Query(
            max_length=_LONGEST,
            description=f"of a matrix: {', '.join(TIMES)}, theory.NAME (a prediction), or a scalar metric at "
            "the last step",
            examples=["t2"],
        ),
    ] = None,
    colour: Annotated[
        str | None,
        Query(
            max_length=_LONGEST,
            description="of curves and scaling: JSON pointer of the axis that colours them, or `seed`",
            examples=["/regularization/l1"],
        ),
    ] = None,
    metric: Metrics = None,
    figure: Annotated[
        str | None,
        Query(
            max_length=_LONGEST,
            description="number of the figure of the paper whose panels are drawn; that of the experiment's "
            "tags if left out",
            examples=["4"],
        ),
    ] = None,
) -> Question:
    metrics = None if metric is None else tuple(dict.fromkeys(metric))
    return _checked(Question(kind, x, y, value, colour, metrics, figure))


def _checked(asked: Question) -> Question:
    if asked.kind is not None:
        asked.check(asked.kind)
    return asked


RunQuestion = Annotated[Question, Depends(_run_question)]
ExperimentQuestion = Annotated[Question, Depends(_experiment_question)]


def check_value(name: str, value: str) -> str:
    """The value, a time, a prediction or a scalar metric. Raises InvalidRequest for anything else."""
    metric = metric_of(value)
    known = value in TIMES or value.startswith("theory.")
    if not known and (metric is None or metric.vector):
        named = ", ".join([*TIMES, "theory.NAME"])
        raise refused(name, f"one of {named}, or a scalar metric such as test_error", value)
    return value


def refused(name: str, allowed: str, given: Any) -> InvalidRequest:
    """The refusal of a parameter."""
    fault = Fault(f"/query/{name}", allowed, given)
    got = "It was left out." if given is None else f"Got {str(given)[:100]!r} instead."
    return InvalidRequest(f"{fault.pointer}: must be {allowed}. {got}", [fault])
