"""Query parameters that several operations share, and the refusal of those that nobody knows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from api.errors import Fault, InvalidRequest
from api.lookup import DELIVERY_ID, EXPERIMENT_ID, RUN_ID, WEBHOOK_ID
from core.spec.uploaded import DATASET_ID

MAX_INTEGER = 2**53 - 1
MAX_PAGE = 1000

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="most items of one page")]
CELL_DIGITS, NUMBER_DIGITS = 9, 18


def _cursor(pattern: str) -> Any:
    """A cursor, whose form the document tells and the operation checks itself, with a clear refusal."""
    text = "`next_cursor` of the page before"
    return Query(max_length=200, description=text, json_schema_extra={"pattern": f"^{pattern}$"})


ExperimentCursor = Annotated[str | None, _cursor(EXPERIMENT_ID)]
RunCursor = Annotated[str | None, _cursor(RUN_ID)]
DatasetCursor = Annotated[str | None, _cursor(DATASET_ID)]
WebhookCursor = Annotated[str | None, _cursor(WEBHOOK_ID)]
DeliveryCursor = Annotated[str | None, _cursor(DELIVERY_ID)]
CellCursor = Annotated[str | None, _cursor(f"[0-9]{{1,{CELL_DIGITS}}}")]
NumberCursor = Annotated[str | None, _cursor(f"[0-9]{{1,{NUMBER_DIGITS}}}")]
Wait = Annotated[
    float,
    Query(
        ge=0,
        le=60,
        allow_inf_nan=False,
        description="seconds to wait for a change of state or counts; a finished one answers at once",
    ),
]


async def known_parameters(request: Request) -> None:
    """Refuses query parameters that the operation does not have, and single ones that are repeated."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    fields = {field.alias: field for field in _query_fields(route.dependant)}
    given = [name for name, _ in request.query_params.multi_items()]
    faults = []
    for name in dict.fromkeys(given):
        values = request.query_params.getlist(name)
        if name not in fields:
            known = ", ".join(fields) or "none"
            faults.append(Fault(f"/query/{name[:100]}", f"a known parameter ({known})", values[0]))
        elif len(values) > 1 and fields[name].field_info.annotation in _SINGLE:
            faults.append(Fault(f"/query/{name}", "given once", values))
    if faults:
        raise InvalidRequest(
            "; ".join(f"{fault.pointer}: must be {fault.message}" for fault in faults[:3]), faults[:20]
        )


def _query_fields(dependant: Dependant) -> Iterator[ModelField]:
    """The parameters of an operation and of what it depends on."""
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from _query_fields(dependency)


_SINGLE = (int, float, bool, str, int | None, float | None, str | None)


def number_cursor(cursor: str | None, digits: int) -> int | None:
    """The number that a cursor stands for, a cell or a `seq`. Raises InvalidRequest."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= digits):
        raise bad_cursor(cursor)
    return int(cursor)


def id_cursor(cursor: str | None, has_form: Callable[[str], bool]) -> str | None:
    """The id that a cursor is. Raises InvalidRequest."""
    if cursor is not None and not has_form(cursor):
        raise bad_cursor(cursor)
    return cursor


def cell_cursor(cursor: str | None) -> int | None:
    """The cell that a cursor of a list in cell order stands for. Raises InvalidRequest."""
    return number_cursor(cursor, CELL_DIGITS)


def bad_cursor(cursor: str) -> InvalidRequest:
    """The refusal of a cursor that no page gave."""
    fault = Fault("/query/cursor", "next_cursor of the page before", cursor)
    return InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])


def cut(found: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """The page in what was found with a limit of one more, and its last item if there are more pages."""
    return (found[:limit], found[limit - 1]) if len(found) > limit else (found, None)
