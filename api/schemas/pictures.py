"""The numbers in a picture."""

from typing import Annotated

from pydantic import Field

from api.schemas.base import Answer
from core.figures.draw import Plate


class PictureAnswer(Answer):
    """What a picture shows, panel by panel."""

    kind: str = Field(description="of picture, as asked for or as it fits", examples=["curves"])
    panels: list[Annotated[Plate, Field(discriminator="kind")]] = Field(
        description="with the numbers in them; null stands for what is missing or no finite number"
    )
