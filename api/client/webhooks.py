"""Talks about webhooks and what they were told."""

from collections.abc import Sequence
from typing import Any

from api.client.talk import Talk, delete, get, items, post


def create_webhook(
    to: str, events: Sequence[str] | None, experiment: str | None, tag: str | None, secret: str | None
) -> Talk[dict[str, Any]]:
    """Makes one; the webhook with its secret."""
    told = None if events is None else list(events)
    asked = {"url": to, "events": told, "experiment": experiment, "tag": tag, "secret": secret}
    body = {name: value for name, value in asked.items() if value is not None}
    made: dict[str, Any] = yield from post("/v1/webhooks", body)
    return made


def webhooks() -> Talk[list[dict[str, Any]]]:
    """All of them, newest first."""
    return (yield from items("/v1/webhooks"))


def webhook(webhook_id: str) -> Talk[dict[str, Any]]:
    """What the service tells of it."""
    found: dict[str, Any] = yield from get(f"/v1/webhooks/{webhook_id}")
    return found


def delete_webhook(webhook_id: str) -> Talk[int]:
    """Deletes it; the bytes freed."""
    return int((yield from delete(f"/v1/webhooks/{webhook_id}"))["bytes_freed"])


def deliveries(webhook_id: str, state: str | None) -> Talk[list[dict[str, Any]]]:
    """What it was told, newest first."""
    chosen = {} if state is None else {"state": state}
    return (yield from items(f"/v1/webhooks/{webhook_id}/deliveries", params=chosen))
