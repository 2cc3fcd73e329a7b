"""The files of a run as the service lists them."""

from pydantic import Field

from api.artifacts import Artifact
from api.schemas.base import Answer, Page


class ArtifactAnswer(Answer):
    """One file of a run."""

    name: str = Field(examples=["parameters.safetensors"])
    bytes: int | None = Field(description="size of the file; null where it is made on demand")
    description: str
    links: dict[str, str]

    @classmethod
    def of(cls, run_id: str, artifact: Artifact) -> "ArtifactAnswer":
        """The answer for this file of the run."""
        return cls.model_construct(
            name=artifact.name,
            bytes=artifact.size,
            description=artifact.description,
            links={"self": f"/v1/runs/{run_id}/artifacts/{artifact.name}"},
        )


class ArtifactPage(Page[ArtifactAnswer]):
    """Every file of a run."""
