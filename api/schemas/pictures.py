"""The numbers in a picture."""

from typing import Annotated

from pydantic import Field

from api.pictures.kinds import Kind
from api.schemas.base import Answer
from core.figures.draw import Plate


class PictureAnswer(Answer):
    """What a picture shows, panel by panel."""

    kind: Kind = Field(description="of picture, as asked for or as it fits", examples=["figure"])
    title: str = Field(
        description="over all panels; empty but of a figure",
        examples=["Figure 3: l1 groks sparse recovery: memorised at t1, understood at t2 (smoke scale)"],
    )
    panels: list[Annotated[Plate, Field(discriminator="kind")]] = Field(
        description="with the numbers in them; null stands for what is missing or no finite number. Formulas "
        "in titles and notes stand between dollars"
    )
