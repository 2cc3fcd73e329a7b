"""The base class and the bounded scalar types that every part of a spec is made of."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer that survives a JSON round trip through float64 readers."""


class SpecModel(BaseModel):
    """A frozen part of a spec that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _integral(value: Any) -> Any:
    # JSON writers print 100000 as 1e5; a whole number is a whole number.
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_SAFE_INTEGER:
        return int(value)
    return value


Integer = Annotated[int, BeforeValidator(_integral), Field(strict=True)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
PositiveReal = Annotated[Real, Field(gt=0, le=1e100)]
Strength = Annotated[Real, Field(ge=0, le=1e100)]
