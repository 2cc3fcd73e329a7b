"""What was done by whom, for admins."""

from starlette.requests import Request
from starlette.responses import Response

from api.answers import page
from api.operations import v1_router
from api.parameters import NUMBER_DIGITS, Limit, NumberCursor, cut, number_cursor
from api.schemas import AuditAnswer, AuditPage
from api.services import ServicesDep
from core.store import list_audit

router = v1_router("audit", "/audit")


@router.get("", operation_id="list_audit", summary="Who did what", response_model=AuditPage)
def get_audit(
    services: ServicesDep, request: Request, cursor: NumberCursor = None, limit: Limit = 100
) -> Response:
    """What was created, cancelled and deleted, and which tokens were made and revoked, newest first."""
    with services.db.read() as conn:
        found = list_audit(conn, limit=limit + 1, before=number_cursor(cursor, NUMBER_DIGITS))
    items, last = cut(found, limit)
    return page(request, [AuditAnswer.of(entry) for entry in items], str(last.id) if last else None)
