"""Webhooks: make, list, look, delete; what was delivered."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep, owner_of, require_own
from api.answers import as_json, page, resource
from api.body import RawBody
from api.errors import Conflict, NotFound
from api.lookup import WebhookId, find_experiment, is_delivery_id, is_webhook_id
from api.once import OnceDep
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import DeliveryCursor, Limit, WebhookCursor, cut, id_cursor
from api.schemas import (
    Deleted,
    DeliveryAnswer,
    DeliveryPage,
    NewWebhookAnswer,
    WebhookAnswer,
    WebhookPage,
    WebhookRequest,
)
from api.services import ServicesDep
from api.webhooks.asking import read_webhook, unknown_experiment
from core.store import (
    DeliveryState,
    Webhook,
    count_webhooks,
    delete_webhook,
    get_webhook,
    insert_webhook,
    list_deliveries,
    list_webhooks,
    note_action,
)

router = v1_router("webhooks", "/webhooks")

MAX_WEBHOOKS = 100
_BODY: dict[str, Any] = {
    "required": True,
    "description": "what is told to whom",
    "content": {
        "application/json": {
            "schema": WebhookRequest.model_json_schema(),
            "examples": {
                "all": {"summary": "all that happens", "value": {"url": "https://lab.example.org/groklab"}},
                "some": {
                    "summary": "crossings and ends of experiments with a tag",
                    "value": {
                        "url": "https://lab.example.org/groklab",
                        "events": ["run.t2", "experiment.ended"],
                        "tag": "demo",
                    },
                },
            },
        }
    },
}


@router.post(
    "",
    operation_id="create_webhook",
    summary="Ask to be told",
    status_code=201,
    response_model=NewWebhookAnswer,
    responses={**BODY_PROBLEMS, **problems(409)},
    openapi_extra={"requestBody": _BODY},
)
def create_webhook(services: ServicesDep, body: RawBody, once: OnceDep, caller: CallerDep) -> Response:
    """Sends a signed POST to an address for each event from now on.

    The answer alone shows the secret of the signatures.
    """
    new = read_webhook(body, allow_private=services.settings.webhook_allow_private)
    with services.db.write() as conn:
        if (first := once.recall(conn)) is not None:
            return first
        if new.experiment_id is not None:
            try:
                find_experiment(conn, new.experiment_id)
            except NotFound:
                raise unknown_experiment(new.experiment_id) from None
        if count_webhooks(conn) >= MAX_WEBHOOKS:
            raise Conflict(f"there are {MAX_WEBHOOKS} webhooks, as many as there may be: delete one first")
        made = insert_webhook(conn, replace(new, owner=owner_of(caller)))
        about = {"webhook": made.id, "url": made.url}
        note_action(conn, "create_webhook", caller, experiment_id=new.experiment_id, data=about)
        told = NewWebhookAnswer.made(made)
        answer = as_json(told, 201, {"Location": told.links["self"]})
        once.keep(conn, answer)
    return answer


@router.get("", operation_id="list_webhooks", summary="List webhooks", response_model=WebhookPage)
def get_webhooks(
    services: ServicesDep, request: Request, cursor: WebhookCursor = None, limit: Limit = 100
) -> Response:
    """Webhooks, newest first, without their secrets."""
    before = id_cursor(cursor, is_webhook_id)
    with services.db.read() as conn:
        found = list_webhooks(conn, limit=limit + 1, before=before)
    items, last = cut(found, limit)
    return page(request, [WebhookAnswer.of(item) for item in items], last.id if last else None)


@router.get(
    "/{webhook_id}",
    operation_id="get_webhook",
    summary="Look at a webhook",
    response_model=WebhookAnswer,
    responses={**problems(404), **not_modified()},
)
def get_one(services: ServicesDep, request: Request, webhook_id: WebhookId) -> Response:
    """A webhook without its secret."""
    with services.db.read() as conn:
        found = _find(conn, webhook_id)
    return resource(request, WebhookAnswer.of(found))


@router.delete(
    "/{webhook_id}",
    operation_id="delete_webhook",
    summary="Delete a webhook",
    response_model=Deleted,
    responses=problems(404),
)
def remove_webhook(services: ServicesDep, webhook_id: WebhookId, caller: CallerDep) -> Response:
    """Ends the telling; what was not sent yet is not sent any more."""
    with services.db.write() as conn:
        require_own(caller, _find(conn, webhook_id).owner)
        freed = delete_webhook(conn, webhook_id)
        note_action(conn, "delete_webhook", caller, data={"webhook": webhook_id})
    return as_json(Deleted(id=webhook_id, bytes_freed=freed))


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="list_deliveries",
    summary="What was delivered",
    response_model=DeliveryPage,
    responses=problems(404),
)
def get_deliveries(
    services: ServicesDep,
    request: Request,
    webhook_id: WebhookId,
    state: Annotated[DeliveryState | None, Query(description="only those in this state")] = None,
    cursor: DeliveryCursor = None,
    limit: Limit = 100,
) -> Response:
    """Deliveries, newest first, with what was wrong with those that did not arrive."""
    before = id_cursor(cursor, is_delivery_id)
    with services.db.read() as conn:
        _find(conn, webhook_id)
        found = list_deliveries(conn, webhook_id, limit=limit + 1, before=before, state=state)
    items, last = cut(found, limit)
    return page(request, [DeliveryAnswer.of(item) for item in items], last.id if last else None)


def _find(conn: Connection, webhook_id: str) -> Webhook:
    found = get_webhook(conn, webhook_id) if is_webhook_id(webhook_id) else None
    if found is None:
        raise NotFound(f"no such webhook: {webhook_id[:100]}")
    return found
