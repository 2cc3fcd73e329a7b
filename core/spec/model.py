"""What is trained: the models, their depth and their starting points."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from core.spec.base import Integer, Real, SpecModel
from core.spec.network_model import MLP, EncoderDecoder

_DEFAULT_SCALE = {"constant": 1e-6, "sign_symmetric": 1e-2, "normal": 1.0, "least_squares": 1.0, "zeros": 0.0}


class Init(SpecModel):
    """Where training starts.

    `constant`: every factor is scale times the vector of ones, for matrices times the truncated identity.
    `sign_symmetric`: factors 1..L-1 are that, factor L is zero, so that the product starts at 0 and may take
    both signs. `normal`: scale N(0, 1/n), for matrix factors scale N(0, 1/columns).
    `least_squares`: scale times the minimum-norm least-squares solution (depth 1). `zeros`: all zero.
    """

    kind: Literal["constant", "sign_symmetric", "normal", "least_squares", "zeros"] = Field(
        default="constant", description="law of the start"
    )
    scale: Annotated[Real, Field(ge=-1e100, le=1e100)] = Field(
        default=1e-6,
        description="factor of the start; defaults: constant 1e-6, sign_symmetric 1e-2, normal and "
        "least_squares 1, zeros always 0",
        examples=[1e-6],
    )

    @model_validator(mode="before")
    @classmethod
    def _scale_by_kind(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        kind = data.get("kind", "constant")
        default = _DEFAULT_SCALE.get(kind) if isinstance(kind, str) else None
        return {"scale": default, **data} if default is not None and "scale" not in data else data

    @model_validator(mode="after")
    def _zeros_have_no_scale(self) -> "Init":
        # One canonical form: two spellings of the same start must have the same digest.
        return self.model_copy(update={"scale": 0.0}) if self.kind == "zeros" and self.scale != 0.0 else self


class LinearModel(SpecModel):
    """a = u_1 o ... o u_L entrywise, or A = A_1 ... A_L, a matrix product; depth 1 is a itself."""

    kind: Literal["linear"] = Field(description="the model")
    depth: Annotated[Integer, Field(ge=1, le=64)] = Field(
        default=1, description="number L of factors", examples=[1]
    )
    init: Init = Field(
        default_factory=Init, description="starting point; constant has scale 1e-2 for depth over 1"
    )

    @model_validator(mode="before")
    @classmethod
    def _scale_by_depth(cls, data: Any) -> Any:
        """Factors of 1e-6 would stay at the saddle for ever: deep models start at 1e-2, as published."""
        if not isinstance(data, dict) or data.get("depth", 1) in (1, None):
            return data
        init = data.get("init", {})
        bare = isinstance(init, dict) and init.get("kind", "constant") == "constant" and "scale" not in init
        return {**data, "init": {**init, "scale": 1e-2}} if bare else data


NetworkModel = MLP | EncoderDecoder
Model = Annotated[LinearModel | MLP | EncoderDecoder, Field(discriminator="kind")]
"""Every model that can be trained; a union discriminated by `kind`."""
