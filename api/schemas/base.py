"""The base of all answers, the page of a list, and the problem that every error is."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from core.spec import Outcome
from core.store import QuotaName

Item = TypeVar("Item")

OutcomeName = Annotated[str, Field(json_schema_extra={"enum": [outcome.value for outcome in Outcome]})]
Nonfinite = Annotated[
    dict[str, str],
    Field(
        description="numbers that JSON cannot write and that are null: NaN, Infinity, -Infinity",
        examples=[{"17": "NaN"}],
    ),
]


class Answer(BaseModel):
    """What an operation answers with."""

    model_config = ConfigDict(frozen=True)


class Page(Answer, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last one")


class ProblemError(Answer):
    """One fault of a request."""

    pointer: str = Field(description="JSON pointer of the field", examples=["/regularization/l1"])
    message: str = Field(description="what is allowed there")
    value: Any = Field(default=None, description="what was given, shortened if it is long")


class QuotaUse(Answer):
    """A quota that leaves no room for what was asked."""

    name: QuotaName = Field(description="which one")
    limit: int = Field(description="the most that the token may use")
    in_use: int = Field(description="what it uses now")
    asked: int | None = Field(description="what more was asked for; null where it is not known beforehand")


class Problem(Answer):
    """What went wrong (RFC 9457)."""

    type: str = Field(
        description="kind of problem, explained at this address", examples=["/docs#invalid-spec"]
    )
    title: str = Field(examples=["Invalid spec"])
    status: int = Field(examples=[422])
    detail: str = Field(description="what went wrong this time")
    errors: list[ProblemError] = Field(default=[], description="every fault that was found, at most 20")
    quota: QuotaUse | None = Field(default=None, description="the quota that was exceeded, if one was")
    request_id: str | None = Field(default=None, description="names the request in the log of the service")
