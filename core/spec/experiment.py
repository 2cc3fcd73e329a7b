"""The whole spec of an experiment."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.spec.base import MAX_SAFE_INTEGER, Flag, Integer, SpecModel
from core.spec.examples import GOLDEN_EXAMPLE
from core.spec.method import Optimizer, Regularization
from core.spec.model import Model
from core.spec.problem import Problem
from core.spec.record import Detect, Record, RecordField, Stop
from core.spec.sweep import Sweep

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


class ExperimentSpec(SpecModel, json_schema_extra={"examples": [GOLDEN_EXAMPLE]}):
    """What to train. Everything but name, tags, reuse and engine is part of the digest."""

    name: Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)] | None = Field(
        default=None, description="text without control characters, for people", examples=["l1 groks"]
    )
    tags: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_PRINTABLE)], ...],
        Field(max_length=32),
    ] = Field(default=(), description="free labels, for finding experiments again", examples=[["demo"]])
    problem: Problem = Field(description="what is to be learned")
    model: Model = Field(description="what is trained")
    regularization: Regularization = Field(default_factory=Regularization, description="strengths beta")
    optimizer: Optimizer = Field(description="the method and its step size alpha")
    steps: Annotated[Integer, Field(ge=1, le=10**12)] = Field(
        description="number of steps", examples=[120000]
    )
    seed: Annotated[Integer, Field(ge=0, le=MAX_SAFE_INTEGER)] = Field(
        default=0, description="seed of the streams data, noise, init and order", examples=[1]
    )
    rng: Literal["default", "numpy-legacy"] = Field(
        default="default", description="`numpy-legacy` draws as `numpy.random.seed` code does"
    )
    precision: Literal["float64", "float32"] = Field(default="float64", description="of parameters and data")
    device: Annotated[str, StringConstraints(pattern=r"^(auto|cpu|cuda(:[0-9]{1,2})?)$")] = Field(
        default="auto", description="auto, cpu, cuda or cuda:i", examples=["auto"]
    )
    engine: Literal["auto", "loop", "closed_form"] = Field(
        default="auto",
        description="how the steps are computed: one by one (`loop`), or each recorded state at once in the "
        "eigenbasis of X'X (`closed_form`: depth 1, no penalty but l2_squared); auto takes the faster",
    )
    allow_unstable: Flag = Field(
        default=False, description="accept a learning rate over the step-size condition"
    )
    reuse: Flag = Field(
        default=True, description="take over the result of a run with the same digest instead of training"
    )
    record: RecordField = Field(default_factory=Record, description="recorded steps and metrics, or `paper`")
    detect: Detect = Field(default_factory=Detect, description="thresholds of t1 and t2")
    stop: Stop = Field(default_factory=Stop, description="rules that end a run early")
    sweep: Sweep | None = Field(default=None, description="axes and seeds; null for one run")
