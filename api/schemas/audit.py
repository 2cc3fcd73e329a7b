"""The audit as the service answers it."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import Field

from api.schemas.base import Answer, Page
from core.store import AuditEntry


class AuditAnswer(Answer):
    """Something that was done, and by whom."""

    id: int = Field(description="rises with every entry", examples=[4711])
    at: datetime = Field(description="when")
    token_id: str | None = Field(
        description="the token that did it; null of an open service, and of commands on the database itself",
        examples=["tok_01k3v5m8h2x9q4c7r6t0y1z3ab"],
    )
    token_name: str | None = Field(description="its name", examples=["Ada's notebook"])
    action: str = Field(
        description="create, cancel, retry, extend, verify or delete (a run, with run_id), prune, "
        "create_token, revoke_token, create_dataset and the like; there may be more",
        examples=["delete"],
    )
    experiment_id: str | None = Field(description="the experiment, which may be gone")
    run_id: str | None = Field(description="the run, where it was one alone")
    data: dict[str, Any] = Field(description="what else is worth telling", examples=[{"bytes_freed": 4096}])

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditAnswer":
        """The answer for this entry."""
        return cls.model_construct(**asdict(entry))


class AuditPage(Page[AuditAnswer]):
    """What was done, newest first."""
