"""How it is trained: regularization and optimizer."""

from typing import Annotated, Literal

from pydantic import Field

from core.spec.base import PositiveReal, SpecModel, Strength


class Regularization(SpecModel):
    """Strengths beta of the penalties; zero means none. On deep models they act on the factors."""

    l1: Strength = Field(default=0.0, description="beta_1 of beta_1 ||a||_1", examples=[1e-5])
    l2_squared: Strength = Field(default=0.0, description="beta_2 of (beta_2 / 2) ||a||_2^2", examples=[1e-5])
    nuclear: Strength = Field(
        default=0.0, description="beta_* of beta_* ||A||_*, for matrix problems", examples=[1e-5]
    )


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


Optimizer = Annotated[GradientMethod | ConvexMethod, Field(discriminator="kind")]
"""Every method; a union discriminated by `kind`."""
