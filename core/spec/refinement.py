"""What is asked of a boundary: along which axis it is to be placed better, and how well."""

from typing import Annotated

from pydantic import Field, ValidationError

from core.spec.base import Real, SpecModel, whole_numbers
from core.spec.errors import SpecInvalid, from_pydantic
from core.spec.sweep import Pointer


class Refinement(SpecModel, json_schema_extra={"examples": [{"axis": "/problem/measurements"}]}):
    """Cells halfway between neighbours with different outcomes."""

    axis: Pointer = Field(
        description="JSON pointer of the axis along which neighbours are halved, such as /regularization/l1",
        examples=["/regularization/l1"],
    )
    tolerance: Annotated[Real, Field(ge=1e-9, le=1)] = Field(
        default=0.01,
        description="neighbours are near enough where they differ by at most this share of the larger one",
        examples=[0.05],
    )


def parse_refinement(data: object) -> Refinement:
    """The refinement that JSON data describe. Raises SpecInvalid with every fault."""
    try:
        return Refinement.model_validate(whole_numbers(data))
    except ValidationError as error:
        raise SpecInvalid(from_pydantic(error, data, Refinement)) from None
