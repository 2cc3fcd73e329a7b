"""The gate: lets a request pass to the routes, or answers it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.bearer import bad_token, secret_in, too_little
from api.access.known import KnownTokens
from api.access.rules import needed_scope
from api.problems import answer_to
from core.access import allows
from core.store import Token
from worker.logs import log_fields


class Gate:
    """ASGI middleware inside of CORS, whose questions need no token, and around everything else.

    It leaves the token that let the request in, or None, at `token` in the scope.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["token"] = None
        try:
            token = await _admitted(scope)
        except Exception as error:
            answer = await answer_to(Request(scope, receive), error)
            await answer(scope, receive, send)
            return
        if token is None:
            await self.app(scope, receive, send)
        else:
            await self._pass(token, scope, receive, send)

    async def _pass(self, token: Token, scope: Scope, receive: Receive, send: Send) -> None:
        scope["token"] = token
        known = _known(scope)

        async def send_while_valid(message: Message) -> None:
            if message.get("more_body", False) and known.revoked(token):
                raise _Revoked
            await send(message)

        try:
            with log_fields(token=token.id):
                await self.app(scope, receive, send_while_valid)
        except _Revoked:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Revoked(Exception):
    """Ends an answer that goes on while its token does not."""


def _known(scope: Scope) -> KnownTokens:
    known: KnownTokens = scope["state"]["services"].known_tokens
    return known


async def _admitted(scope: Scope) -> Token | None:
    """Who asks; None where nobody needs to say.

    Raises Unauthorized, Forbidden, Unavailable, SQLAlchemyError.
    """
    needed = needed_scope(scope["method"], scope["path"])
    known = _known(scope)
    if needed is None or await known.open():
        return None
    token = await known.find(secret_in(scope["headers"]))
    if token is None:
        raise bad_token("there is no such token, or it was revoked")
    if not allows(token.scope, needed):
        raise too_little(token.scope, needed)
    return token
