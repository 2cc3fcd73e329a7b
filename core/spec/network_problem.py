"""What networks learn: modular arithmetic, and the function of a teacher network."""

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from core.spec.base import Integer, PositiveReal, Real, SpecModel

MAX_MODULUS = 1009
Width = Annotated[Integer, Field(ge=1, le=10_000)]
Activation = Literal["relu", "tanh", "gelu", "quadratic", "sin"]
Operation = Literal["+", "-", "*", "/", "x^2+xy+y^2"]
Weight = Annotated[Real, Field(ge=0, le=1e6)]


class ModularArithmetic(SpecModel):
    """Learn the table of an operation on Z_p from a share of its entries (arXiv 2506.05718).

    The classes are the p results. Division leaves out pairs whose second number is 0.
    """

    kind: Literal["modular_arithmetic"] = Field(description="the problem")
    modulus: Annotated[Integer, Field(ge=2, le=MAX_MODULUS)] = Field(
        default=97, description="number p of residues; a prime for division", examples=[97]
    )
    operation: Operation = Field(default="+", description="the operation, modulo p", examples=["+"])
    train_fraction: Annotated[Real, Field(gt=0, lt=1)] = Field(
        default=0.4,
        description="share of the pairs that is trained on, rounded down; the others are tested on",
        examples=[0.4],
    )
    split: Literal["random", "published", "balanced", "proportions"] = Field(
        default="random",
        description="which pairs are trained on: drawn by the seed, uniformly (`random`), as many of each "
        "class as of any other up to one (`balanced`) or in the proportions of `class_proportions` "
        "(`proportions`); or the published split, whatever the seed (`published`)",
    )
    class_proportions: Annotated[tuple[Weight, ...], Field(max_length=MAX_MODULUS)] | None = Field(
        default=None,
        description="weights of the p classes among the training pairs, with the split `proportions` alone",
        examples=[[2.0, 1.0, 1.0]],
    )

    @property
    def task(self) -> Literal["classification"]:
        """What is learned: classes."""
        return "classification"

    @property
    def pairs(self) -> int:
        """Number of pairs in the table."""
        return self.modulus * (self.modulus - 1 if self.operation == "/" else self.modulus)

    @property
    def train_rows(self) -> int:
        """Number of pairs that are trained on."""
        # The product of a fraction such as 0.7 may lie a rounding error below a whole number.
        return math.floor(self.train_fraction * self.pairs + 1e-9)

    @property
    def test_rows(self) -> int:
        """Number of pairs that are tested on."""
        return self.pairs - self.train_rows

    @property
    def outputs(self) -> int:
        """Numbers that a network gives for one pair."""
        return self.modulus

    @property
    def seeded(self) -> bool:
        """Whether the data depend on the seed."""
        return self.split != "published"

    def identity(self) -> dict[str, Any]:
        """What determines the data, beside the seed, as JSON data."""
        return self.model_dump()


class TeacherStudent(SpecModel):
    """Learn the function f*(x) = V phi(W x) of a random teacher (arXiv 2506.05718).

    Inputs are N(0, I). W has N(0, 1) entries, of shape (hidden, dimension); V has N(0, output_scale^2) ones,
    of shape (outputs, hidden). Penalties `sobolev_1` and `sobolev_2` also use its Jacobian and Hessians.
    """

    kind: Literal["teacher_student"] = Field(description="the problem")
    dimension: Width = Field(default=100, description="numbers d of one input", examples=[100])
    hidden: Width = Field(default=500, description="hidden units of the teacher", examples=[500])
    outputs: Width = Field(default=2, description="numbers C of one output", examples=[2])
    train_size: Annotated[Integer, Field(ge=1, le=1_000_000)] = Field(
        default=100, description="number of inputs that are trained on", examples=[100]
    )
    test_size: Annotated[Integer, Field(ge=1, le=1_000_000)] = Field(
        default=1000, description="number of inputs that are tested on", examples=[1000]
    )
    activation: Activation = Field(
        default="relu", description="phi of the teacher; quadratic is z^2", examples=["relu"]
    )
    output_scale: PositiveReal | None = Field(
        default=None, description="standard deviation of V; null for 1/hidden", examples=[0.002]
    )

    @property
    def task(self) -> Literal["regression"]:
        """What is learned: numbers."""
        return "regression"

    @property
    def train_rows(self) -> int:
        """Number of inputs that are trained on."""
        return self.train_size

    @property
    def test_rows(self) -> int:
        """Number of inputs that are tested on."""
        return self.test_size

    @property
    def seeded(self) -> bool:
        """Whether the data depend on the seed: always."""
        return True

    def identity(self) -> dict[str, Any]:
        """What determines the data, beside the seed, as JSON data."""
        return self.model_dump()
