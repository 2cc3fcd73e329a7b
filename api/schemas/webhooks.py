"""Webhooks and their deliveries, as they are asked for and answered."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.base import Answer, Page
from core.store import WEBHOOK_EVENTS, Delivery, DeliveryState, Webhook, WebhookEvent

_TEXT = r"^[\x21-\x7e]+$"


class WebhookRequest(BaseModel):
    """What is told to whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=_TEXT)] = Field(
        description="http or https address that takes a POST; a public one, unless the service admits others",
        examples=["https://lab.example.org/groklab"],
    )
    events: Annotated[tuple[WebhookEvent, ...], Field(min_length=1, max_length=len(WEBHOOK_EVENTS))] = Field(
        default=WEBHOOK_EVENTS,
        description="what to tell of: a run's t2, its success or failure, the end of an experiment; all by "
        "default",
        examples=[["run.t2", "experiment.ended"]],
    )
    experiment: str | None = Field(
        default=None,
        description="id of the only experiment to tell of; null for all that are there or come",
        examples=[None],
    )
    tag: (
        Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] | None
    ) = Field(default=None, description="tell only of experiments with this tag", examples=["demo"])
    secret: Annotated[str, StringConstraints(min_length=16, max_length=256, pattern=_TEXT)] | None = Field(
        default=None,
        description="key of the signatures, 16 to 256 characters of visible ASCII; null for a new random one",
        examples=[None],
    )


class WebhookAnswer(Answer):
    """A webhook, without its secret."""

    id: str = Field(description="names the webhook", examples=["whk_01k3v5m8h2x9q4c7r6t0y1z3ab"])
    url: str = Field(description="where the POSTs go")
    events: list[WebhookEvent] = Field(description="what it is told of")
    experiment: str | None = Field(description="the only experiment that it is told of; null for all")
    tag: str | None = Field(description="the tag that experiments must have; null for any")
    created_at: datetime = Field(description="it is told of what happens from here on")
    links: dict[str, str] = Field(description="addresses of what belongs to the webhook")

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookAnswer":
        """The answer for this webhook."""
        here = f"/v1/webhooks/{webhook.id}"
        return cls.model_construct(
            id=webhook.id,
            url=webhook.url,
            events=list(webhook.events),
            experiment=webhook.experiment_id,
            tag=webhook.tag,
            created_at=webhook.created_at,
            links={"self": here, "deliveries": f"{here}/deliveries"},
        )


class NewWebhookAnswer(WebhookAnswer):
    """A webhook that was just made: the only answer with its secret."""

    secret: str = Field(description="key of the signatures; it is not shown again")

    @classmethod
    def made(cls, webhook: Webhook) -> "NewWebhookAnswer":
        """The answer for a webhook that was just made."""
        return cls.model_construct(**dict(WebhookAnswer.of(webhook)), secret=webhook.secret)


class WebhookPage(Page[WebhookAnswer]):
    """Webhooks, newest first."""


class DeliveryAnswer(Answer):
    """Something that a webhook is told, and how far that is."""

    id: str = Field(
        description="the same at every attempt, and in the body", examples=["dlv_01k3v5m8h2x9q4c7r6t0y1z3ab"]
    )
    event: WebhookEvent = Field(description="what it tells of")
    state: DeliveryState = Field(description="pending, delivered, or failed once it was given up")
    attempts: int = Field(description="how often it was sent")
    status: int | None = Field(description="status of the latest answer; null without any")
    error: str | None = Field(description="what was wrong with the latest attempt; null if nothing was")
    created_at: datetime = Field(description="when it was found")
    next_at: datetime | None = Field(description="when it is sent next; null once it has ended")
    ended_at: datetime | None = Field(description="when it arrived or was given up")

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryAnswer":
        """The answer for this delivery."""
        return cls.model_construct(**{name: getattr(delivery, name) for name in cls.model_fields})


class DeliveryPage(Page[DeliveryAnswer]):
    """Deliveries of a webhook, newest first."""
