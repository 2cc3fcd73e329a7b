"""The whole spec of an experiment."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints, ValidationInfo, model_validator

from core.spec.base import MAX_SAFE_INTEGER, Flag, Integer, SpecModel
from core.spec.dataset import Dataset
from core.spec.examples import GOLDEN_EXAMPLE
from core.spec.method import NetworkMethod, Optimizer, Regularization
from core.spec.model import LinearModel, Model, NetworkModel
from core.spec.network_method import Adam, Sgd
from core.spec.network_problem import ModularArithmetic, TeacherStudent
from core.spec.problem import LinearProblem, NetworkProblem, Problem
from core.spec.record import Detect, Record, RecordField, Stop
from core.spec.sweep import Sweep
from core.spec.uploaded import Uploads

Steps = Annotated[Integer, Field(ge=1, le=10**12)]
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
    steps: Steps = Field(description="number of steps", examples=[120000])
    seed: Annotated[Integer, Field(ge=0, le=MAX_SAFE_INTEGER)] = Field(
        default=0, description="seed of the streams data, noise, init and order", examples=[1]
    )
    rng: Literal["default", "numpy-legacy"] = Field(
        default="default", description="`numpy-legacy` draws as `numpy.random.seed` code does"
    )
    precision: Literal["float64", "float32"] | None = Field(
        default=None,
        description="of parameters and data; null: float64 for linear models, float32 for networks",
        examples=["float64"],
    )
    device: Annotated[str, StringConstraints(pattern=r"^(auto|cpu|cuda(:[0-9]{1,2})?)$")] = Field(
        default="auto", description="auto, cpu, cuda or cuda:i", examples=["auto"]
    )
    engine: Literal["auto", "loop", "closed_form", "exact_jump"] = Field(
        default="auto",
        description="how the steps are computed: one by one (`loop`), each recorded state at once in the "
        "eigenbasis of X'X (`closed_form`: depth 1, no penalty but l2_squared), or in jumps from one change "
        "of the active set to the next (`exact_jump`: depth 1, proximal, no penalty but l1 and l2_squared); "
        "auto takes the faster",
    )
    allow_tf32: Flag = Field(
        default=False, description="let a GPU round the factors of float32 products to 10 bits"
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
    _uploads: Uploads = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _take_uploads(self, info: ValidationInfo) -> Self:
        if isinstance(info.context, Mapping):
            self._uploads = info.context
        return self

    @property
    def uploads(self) -> Uploads:
        """The uploaded datasets that the problem, or that of a cell, may name."""
        return self._uploads

    @property
    def is_network(self) -> bool:
        """Whether a network is trained."""
        return not isinstance(self.model, LinearModel)

    @property
    def linear_model(self) -> LinearModel:
        """The model, which is linear. Raises TypeError for a network."""
        if not isinstance(self.model, LinearModel):
            raise TypeError(f"{self.model.kind} is not a linear model")
        return self.model

    @property
    def linear_problem(self) -> LinearProblem:
        """The problem of a linear model. Raises TypeError for one that only networks learn."""
        if isinstance(self.problem, ModularArithmetic | TeacherStudent):
            raise TypeError(f"{self.problem.kind} is not a problem of linear models")
        return self.problem

    @property
    def network_model(self) -> NetworkModel:
        """The model, which is a network. Raises TypeError for a linear one."""
        if isinstance(self.model, LinearModel):
            raise TypeError(f"{self.model.kind} is not a network")
        return self.model

    @property
    def network_problem(self) -> NetworkProblem:
        """The problem of a network. Raises TypeError for one that only linear models learn."""
        if not isinstance(self.problem, ModularArithmetic | TeacherStudent | Dataset):
            raise TypeError(f"{self.problem.kind} is not a problem of networks")
        return self.problem

    @property
    def network_method(self) -> NetworkMethod:
        """The optimizer of a network. Raises TypeError for one of linear models."""
        if not isinstance(self.optimizer, Sgd | Adam):
            raise TypeError(f"{self.optimizer.kind} is not an optimizer of networks")
        return self.optimizer
