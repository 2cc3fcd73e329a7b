"""The base class and the bounded scalar types that every part of a spec is made of."""

import sys
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

MAX_SAFE_INTEGER = 2**53 - 1
"""Largest integer that survives a JSON round trip through float64 readers."""


class SpecModel(BaseModel):
    """A frozen part of a spec that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def whole_numbers(data: Any) -> Any:
    """The JSON data with whole floats as integers, since some writers print 100000 as 1e5.

    Integers that JSON readers would not keep exactly become floats.
    """
    if isinstance(data, int) and abs(data) > MAX_SAFE_INTEGER:
        # No field takes such an integer; a number that is no float either stays what it is, and is refused.
        return float(data) if abs(data) < sys.float_info.max else data
    if isinstance(data, float):
        return int(data) if data.is_integer() and abs(data) <= MAX_SAFE_INTEGER else data
    if isinstance(data, dict):
        return {key: whole_numbers(value) for key, value in data.items()}
    return [whole_numbers(value) for value in data] if isinstance(data, list) else data


Integer = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
PositiveReal = Annotated[Real, Field(gt=0, le=1e100)]
Strength = Annotated[Real, Field(ge=0, le=1e100)]
