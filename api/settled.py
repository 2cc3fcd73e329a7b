"""Answers about whole experiments whose runs have all ended: the same until a run is trained anew.

Their ETag comes from the ends of the runs, so that whoever has the answer already costs one look at an index,
and others the work of making it once.
"""

from collections.abc import Callable

from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, as_json, make_etag, not_modified, resource
from api.lookup import is_experiment_id
from api.negotiate import choose
from api.services import Services
from api.version import program_digest
from core.store import family_of, settled_mark


def settled_etag(conn: Connection, request: Request, experiment_id: str, *about: str) -> str | None:
    """The ETag of what is asked of an experiment and those that refine it; None while runs may change.

    Args:
        about: what else the answer depends on.
    """
    if not is_experiment_id(experiment_id):
        return None
    mark = settled_mark(conn, family_of(conn, experiment_id))
    if mark is None:
        return None
    # The same bytes may mean another question in the path of another resource.
    return make_etag(request.url.path, request.url.query, program_digest(), *about, *map(str, mark))


def has(request: Request, etag: str) -> bool:
    """Whether the client names this very ETag; `*` asks for what there is, which has to be looked for."""
    return any(etag in line for line in request.headers.getlist("if-none-match"))


def settled_resource(
    services: Services,
    request: Request,
    experiment_id: str,
    read: Callable[[Connection], Callable[[], BaseModel]],
) -> Response:
    """The answer to a question; kept, and asked for by ETag without making it, once all runs have ended.

    Args:
        read: reads what the answer needs, and returns what makes it: that may take long, and others wait for
            the connection.

    Raises what these raise, and NotAcceptable where the client takes no JSON.
    """
    choose(request, (JSON,))
    with services.db.read() as conn:
        etag = settled_etag(conn, request, experiment_id)
        if etag is not None and has(request, etag) and (unchanged := not_modified(request, etag)):
            return unchanged
        body = None if etag is None else services.bodies.get(etag)
        if etag is not None and body is not None:
            return _answer(request, etag, body)
        make = read(conn)
    if etag is None:
        return resource(request, make())
    body = bytes(as_json(make()).body)
    services.bodies.keep(etag, body)
    return _answer(request, etag, body)


def _answer(request: Request, etag: str, body: bytes) -> Response:
    return not_modified(request, etag) or Response(body, 200, {"ETag": etag}, JSON)
