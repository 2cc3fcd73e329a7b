"""What happens to a run or an experiment, as server-sent events."""

from typing import Annotated

from fastapi import Header, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.errors import Fault, InvalidRequest, Unavailable
from api.live import EVENT_STREAM, EventStream, Opening, follow
from api.lookup import ExperimentId, RunId, find_experiment, find_run
from api.negotiate import choose
from api.operations import Responses, problems, v1_router
from api.services import Services, ServicesDep
from core.store import Topic, first_seq, last_seq, last_seq_of, look_at

router = v1_router("streams")

_DIGITS = 18
_EXAMPLE = """retry: 2000

id: 4711
event: state
data: {"seq":4711,"run":"run_01k3v5m8h2x9q4c7r6t0y1z3ab","state":"running","kind":"claimed",\
"at":"2026-01-01T00:00:00Z","data":{"worker":"lab-1","attempt":1}}

event: progress
data: {"run":"run_01k3v5m8h2x9q4c7r6t0y1z3ab","state":"running","step":60000,"steps":120000,\
"progress":0.5,"steps_per_second":58628.0}

"""

_EVENTS = ("state", "t1", "t2", "diverged", "progress", "points", "end")
# Browsers send an empty id where the last event had none.
_ID = {"pattern": f"^[0-9]{{0,{_DIGITS}}}$"}
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID", description="id of the last event that the client has", json_schema_extra=_ID
    ),
]
LastEventIdQuery = Annotated[
    str | None,
    Query(description="as the header Last-Event-ID, which goes before it", json_schema_extra=_ID),
]
History = Annotated[
    bool, Query(description="begin with all that has happened; false: with the first event to come")
]


def _described(what: str) -> Responses:
    event = {
        "type": "object",
        "description": what,
        "required": ["event", "data"],
        "properties": {
            "id": {"type": "string", "description": "for Last-Event-ID; not all events have one", **_ID},
            "event": {"type": "string", "description": "what has happened", "enum": list(_EVENTS)},
            "data": {"type": "string", "description": "JSON", "contentMediaType": "application/json"},
        },
    }
    content = {"schema": event, "example": _EXAMPLE}
    return {
        200: {"description": "events as they happen", "content": {EVENT_STREAM: content}},
        204: {"description": "it has ended, and the client has its last event: do not connect again"},
        **problems(404, 406),
    }


@router.get(
    "/runs/{run_id}/stream",
    operation_id="stream_run",
    summary="Follow a run",
    status_code=200,
    response_class=EventStream,
    responses=_described("one event of the run"),
)
async def stream_run(
    services: ServicesDep,
    request: Request,
    run_id: RunId,
    last_event_id_header: LastEventId = None,
    last_event_id: LastEventIdQuery = None,
    history: History = True,
) -> Response:
    """The run's history from the last event that the client has, then what happens, until it has ended.

    `state`, `t1`, `t2` and `diverged` are its history: their ids are the `seq` of `/events`, and a client
    that comes back with the last one misses nothing. `progress` and `points` have no id.
    """
    after = _last_event(last_event_id_header, last_event_id, history)
    return await _stream(services, request, Topic("run", run_id), after)


@router.get(
    "/experiments/{experiment_id}/stream",
    operation_id="stream_experiment",
    summary="Follow an experiment",
    status_code=200,
    response_class=EventStream,
    responses=_described("one event of a run; `progress` and `end` are those of the experiment"),
)
async def stream_experiment(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    last_event_id_header: LastEventId = None,
    last_event_id: LastEventIdQuery = None,
    history: History = True,
) -> Response:
    """As the stream of a run, for all runs of the experiment: they come in the order of their ids."""
    after = _last_event(last_event_id_header, last_event_id, history)
    return await _stream(services, request, Topic("experiment", experiment_id), after)


def _last_event(header: str | None, query: str | None, history: bool) -> int | None:
    """The number that the client goes on from; None to begin with what comes. Raises InvalidRequest."""
    told = [_number("header/Last-Event-ID", header), _number("query/last_event_id", query)]
    given = [number for number in told if number is not None]
    if given:
        return given[0]
    return 0 if history else None


def _number(place: str, given: str | None) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= _DIGITS):
        fault = Fault(f"/{place}", "the id of an event, a whole number", given)
        raise InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])
    return int(given)


async def _stream(services: Services, request: Request, topic: Topic, after: int | None) -> Response:
    choose(request, (EVENT_STREAM,))
    opening = await run_in_threadpool(_open, services, topic, after)
    if not opening.more and after is not None and after >= opening.last:
        return Response(status_code=204)
    if services.live.full:
        limit = services.settings.max_streams
        raise Unavailable(
            f"{limit} streams are open, the most that this process keeps; poll, or come back",
            headers={"Retry-After": "5"},
        )
    return EventStream(services.live, follow(services.live, opening))


def _open(services: Services, topic: Topic, after: int | None) -> Opening:
    with services.db.read() as conn:
        _require(conn, topic)
        look = look_at(conn, [topic])[topic]
        if after is not None:
            after = max(after, first_seq(conn, topic) - 1)
        last = last_seq_of(conn, topic)
        return Opening(topic, after, last, not look.terminal, look, last_seq(conn))


def _require(conn: Connection, topic: Topic) -> None:
    """Raises NotFound."""
    if topic.kind == "run":
        find_run(conn, topic.id)
    else:
        find_experiment(conn, topic.id)
