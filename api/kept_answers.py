"""Answers to polls while nothing is written: the last answer again, without asking the database.

Only of SQLite can it be told for less than asking costs that nothing was written.
"""

from collections import OrderedDict
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, not_modified
from api.negotiate import choose
from core.store import Changes

_KEPT = 256
_LARGEST = 65_536


class _Kept(NamedTuple):
    version: int
    etag: str
    body: bytes | None
    """None where the client had it, so that it was not written."""


class KeptAnswers:
    """The latest answers of single resources, by path. Used by the event loop alone."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def version(self) -> int | None:
        """To be asked for before an answer is made."""
        return self._changes.version()

    def recall(self, request: Request, version: int | None) -> Response | None:
        """The answer to this request if it is that of this version, 304 where the client has it.

        Raises NotAcceptable where the client takes no JSON.
        """
        kept = self._kept.get(request.url.path)
        if kept is None or version is None or kept.version != version or request.url.query:
            return None
        choose(request, (JSON,))
        if (unchanged := not_modified(request, kept.etag)) is not None or kept.body is None:
            return unchanged
        return Response(kept.body, 200, {"ETag": kept.etag}, JSON)

    def keep(self, request: Request, version: int | None, answer: Response) -> Response:
        """Keeps the answer, which was made after the version was asked for, and returns it."""
        path = request.url.path
        if version is not None and len(answer.body) <= _LARGEST:
            body = bytes(answer.body) if answer.status_code == 200 else None
            self._kept[path] = _Kept(version, answer.headers["ETag"], body)
            self._kept.move_to_end(path)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return answer
