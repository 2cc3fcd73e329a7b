"""The optimizers of networks and their learning-rate schedules."""

from typing import Annotated, Literal

from pydantic import Field

from core.spec.base import Flag, Integer, PositiveReal, Real, SpecModel, Strength

Steps = Annotated[Integer, Field(ge=1, le=10**12)]
Decay = Annotated[Real, Field(ge=0, lt=1)]


class ConstantRate(SpecModel):
    """The learning rate itself at every step."""

    kind: Literal["constant"] = Field(description="the schedule")


class WarmUp(SpecModel):
    """Step t of the first ones has t / warmup_steps of the learning rate, all later ones have all of it."""

    kind: Literal["warmup"] = Field(description="the schedule")
    warmup_steps: Steps = Field(description="steps until the full learning rate", examples=[10])


class Cosine(SpecModel):
    """Warm-up, then half a cosine from the learning rate at warmup_steps to its final fraction at `steps`."""

    kind: Literal["cosine"] = Field(description="the schedule")
    warmup_steps: Annotated[Integer, Field(ge=0, le=10**12)] = Field(
        default=0, description="steps until the full learning rate, fewer than `steps`", examples=[10]
    )
    final_fraction: Annotated[Real, Field(ge=0, le=1)] = Field(
        default=0.0, description="share of the learning rate that is left at the last step", examples=[0.1]
    )


Schedule = Annotated[ConstantRate | WarmUp | Cosine, Field(discriminator="kind")]


class _NetworkMethod(SpecModel):
    learning_rate: PositiveReal = Field(description="step size alpha", examples=[1e-3])
    batch_size: Annotated[Integer, Field(ge=1, le=10**7)] | None = Field(
        default=None,
        description="training inputs of a step; every epoch takes them in a new order, its last step the "
        "rest. null: all of them in every step",
        examples=[2048],
    )
    schedule: Schedule = Field(
        default_factory=lambda: ConstantRate(kind="constant"), description="how the learning rate changes"
    )


class Sgd(_NetworkMethod):
    """v <- momentum v + g; theta <- theta - alpha v, with Nesterov's momentum alpha (g + momentum v)."""

    kind: Literal["sgd"] = Field(description="the method")
    momentum: Decay = Field(default=0.0, description="of the velocity v, below 1", examples=[0.9])
    nesterov: Flag = Field(default=False, description="look ahead; needs a momentum")


class Adam(_NetworkMethod):
    """Adam (Kingma and Ba 2015), `adamw` with decoupled weight decay (Loshchilov and Hutter 2019).

    m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2;
    theta <- theta - alpha (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
    """

    kind: Literal["adam", "adamw"] = Field(description="the method")
    betas: tuple[Decay, Decay] = Field(
        default=(0.9, 0.999),
        description="decay of the mean and of the square, below 1",
        examples=[[0.9, 0.99]],
    )
    eps: Annotated[Real, Field(ge=0, le=1)] = Field(
        default=1e-8,
        description="added to the root of the square; 0 / 0 without it is 0",
        examples=[1e-8],
    )
    weight_decay: Strength = Field(
        default=0.0,
        description="on all parameters: of adam added to the gradient, times the parameters; of adamw taken "
        "off the parameters, times the learning rate",
        examples=[1e-2],
    )
