"""How it is trained: regularization and optimizer."""

from typing import Literal

from pydantic import Field

from core.spec.base import PositiveReal, SpecModel, Strength


class Regularization(SpecModel):
    """Strengths beta of the penalties; zero means none."""

    l1: Strength = Field(default=0.0, description="beta_1 of beta_1 ||a||_1", examples=[1e-5])
    l2_squared: Strength = Field(default=0.0, description="beta_2 of (beta_2 / 2) ||a||_2^2", examples=[1e-5])


class Optimizer(SpecModel):
    """Full-batch first-order methods of the linear problems.

    `subgradient`: a <- a - alpha (grad g + beta_2 a + beta_1 sign a), with sign 0 = 0.
    `projected_subgradient`: the same step, then projection on {X a = y}.
    `proximal`: gradient step on g and the l2 term, then soft threshold by alpha beta_1.
    """

    kind: Literal["subgradient", "projected_subgradient", "proximal"] = Field(description="the method")
    learning_rate: PositiveReal = Field(description="step size alpha", examples=[0.1])
