"""How it is trained: regularization and optimizer."""

from typing import Annotated, Literal

from pydantic import Field

from core.spec.base import PositiveReal, SpecModel, Strength
from core.spec.network_method import Adam, Sgd

Group = Annotated[str, Field(min_length=1, max_length=100)]


class Regularization(SpecModel):
    """Strengths beta of the penalties; zero means none.

    Linear problems have l1, l2_squared and nuclear; on deep models they act on the factors. Networks have
    sums over their weights W (||W||_F is not squared in l2), on biases only where `groups` names them, and,
    where the target has derivatives, distances to these over all training inputs of a step.
    """

    l1: Strength = Field(
        default=0.0, description="beta_1 of beta_1 ||a||_1; networks: sum of ||W||_1", examples=[1e-5]
    )
    l2: Strength = Field(
        default=0.0, description="networks: beta of beta sum of ||W||_F, not squared", examples=[1e-6]
    )
    l2_squared: Strength = Field(
        default=0.0,
        description="beta_2 of (beta_2 / 2) ||a||_2^2; networks: sum of ||W||_F^2",
        examples=[1e-5],
    )
    nuclear: Strength = Field(
        default=0.0,
        description="beta_* of beta_* ||A||_*, for matrix problems; networks: sum of ||W||_*",
        examples=[1e-5],
    )
    sobolev_1: Strength = Field(
        default=0.0,
        description="teacher_student: beta of beta ||J - J*||_F, with the Jacobians at all inputs as one "
        "tensor of shape (N, C, d)",
        examples=[0.1],
    )
    sobolev_2: Strength = Field(
        default=0.0,
        description="teacher_student: beta of beta ||H - H*||_F, with the Hessians (N, C, d, d)",
        examples=[0.01],
    )
    sobolev_1_squared: Strength = Field(
        default=0.0, description="teacher_student: beta of beta mean (J - J*)^2", examples=[0.1]
    )
    sobolev_2_squared: Strength = Field(
        default=0.0, description="teacher_student: beta of beta mean (H - H*)^2", examples=[0.1]
    )
    groups: Literal["weights"] | Annotated[tuple[Group, ...], Field(min_length=1, max_length=64)] = Field(
        default="weights",
        description="networks: the parameters that l1, l2, l2_squared and nuclear act on, all weights or "
        "those named, such as `decoder.0`, or `embedding` for all that begin so",
        examples=["weights", ["embedding"]],
    )

    @property
    def derivative(self) -> bool:
        """Whether any penalty compares derivatives."""
        return self.first_derivative or self.second_derivative

    @property
    def first_derivative(self) -> bool:
        """Whether any penalty compares Jacobians."""
        return max(self.sobolev_1, self.sobolev_1_squared) > 0

    @property
    def second_derivative(self) -> bool:
        """Whether any penalty compares Hessians."""
        return max(self.sobolev_2, self.sobolev_2_squared) > 0


class GradientMethod(SpecModel):
    """Full-batch first-order methods of the linear problems.

    `subgradient`: a <- a - alpha (grad g + beta_2 a + beta_1 sign a + beta_* U V'), with sign 0 = 0 and the
    thin SVD A = U S V' restricted to nonzero singular values.
    `projected_subgradient`: the same step, then projection on {X a = y}.
    `proximal`: gradient step on g and the l2 term, then soft threshold by alpha beta_1 of the entries, or by
    alpha beta_* of the singular values.
    """

    kind: Literal["subgradient", "projected_subgradient", "proximal"] = Field(description="the method")
    learning_rate: PositiveReal = Field(description="step size alpha", examples=[0.1])


class ConvexMethod(SpecModel):
    """The exact minimiser as a run of one step, beside which the gradient methods can be set.

    With strengths, the minimiser of the objective (ridge, lasso, nuclear-norm regression). Without any,
    the limit of vanishing strength: min ||a||_1, for matrices min ||A||_*, subject to X a = y.
    """

    kind: Literal["convex"] = Field(description="the method")


Optimizer = Annotated[GradientMethod | ConvexMethod | Sgd | Adam, Field(discriminator="kind")]
"""Every method; a union discriminated by `kind`."""

NetworkMethod = Sgd | Adam
