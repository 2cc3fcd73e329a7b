"""A dataset as the service answers it."""

from datetime import datetime

from pydantic import Field

from api.schemas.base import Answer, Page
from core.store import StoredDataset


class DatasetArray(Answer):
    """One array of a dataset."""

    name: str = Field(
        description="inputs, targets, true_parameters, test_inputs or test_targets", examples=["inputs"]
    )
    shape: list[int] = Field(description="rows, and numbers of each", examples=[[200, 10]])
    dtype: str = Field(
        description="type of the numbers in the file first uploaded; they are kept as float64",
        examples=["float32"],
    )


class DatasetAnswer(Answer):
    """An uploaded dataset, without its numbers."""

    id: str = Field(description="names it in a spec", examples=["ds_01k3v5m8h2x9q4c7r6t0y1z3ab"])
    name: str | None = Field(description="what its owner called it")
    digest: str = Field(description="SHA-256 of its numbers and their shapes")
    arrays: list[DatasetArray] = Field(description="its arrays")
    classes: int | None = Field(
        description="classes of its targets, 0 to one less; null where some targets are none", examples=[10]
    )
    bytes: int = Field(description="what it takes in the database", examples=[16000])
    experiments: int = Field(description="how many experiments use it", examples=[0])
    created_at: datetime = Field(description="when it was uploaded")
    links: dict[str, str] = Field(description="addresses of what belongs to the dataset")

    @classmethod
    def of(cls, stored: StoredDataset) -> "DatasetAnswer":
        """The answer for this dataset."""
        labels = stored.labels.values()
        classes = None
        if not any(one["odd"] for one in labels):
            classes = int(max(one["largest"] for one in labels)) + 1
        return cls.model_construct(
            id=stored.id,
            name=stored.name,
            digest=stored.content,
            arrays=[
                DatasetArray(name=one.name, shape=list(one.shape), dtype=one.dtype) for one in stored.arrays
            ],
            classes=classes,
            bytes=stored.bytes,
            experiments=stored.experiments,
            created_at=stored.created_at,
            links={"self": f"/v1/datasets/{stored.id}"},
        )


class DatasetPage(Page[DatasetAnswer]):
    """Datasets, newest first."""
