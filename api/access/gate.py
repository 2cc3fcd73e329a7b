"""The gate: lets a request pass to the routes, or answers it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.bearer import bad_token, secret_in, too_little
from api.access.known import KnownTokens
from api.access.rates import WINDOW_SECONDS, Allowance, RateLimiter
from api.access.rules import needed_scope, tells_without_database
from api.errors import RateLimited, Unauthorized
from api.problems import answer_to
from api.routes import route_at
from core.access import Scope as AccessScope
from core.access import allows
from core.store import Token
from worker.logs import log_fields


class Gate:
    """ASGI middleware inside of CORS, whose questions need no token, and around everything else.

    It leaves the token that let the request in, or None, at `token` in the scope.
    """

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self.app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["token"] = None
        needed = needed_scope(scope["method"], scope["path"])
        if needed is None:
            await self.app(scope, receive, send)
            return
        passage = _Passage(scope, send)
        try:
            await self._admit(passage, needed)
        except Exception as error:
            # Under which it is counted, as if it had got there.
            scope["route"] = route_at(scope["path"])
            answer = await answer_to(Request(scope, receive), error)
            await answer(scope, receive, passage.send)
            return
        await self._pass(passage, scope, receive)

    async def _admit(self, passage: "_Passage", needed: AccessScope) -> None:
        """Raises Unauthorized, Forbidden, RateLimited, Unavailable, SQLAlchemyError."""
        known, refusal = passage.known, None
        if not await known.open(tells_without_database(passage.scope["path"])):
            try:
                passage.token = await _token_of(known, passage.scope)
            except Unauthorized as error:
                refusal = error
        if self._limiter.on:
            passage.allowance = allowance = self._limiter.take(passage.caller)
            if allowance.wait_seconds:
                raise _too_often(allowance)
        if refusal is not None:
            raise refusal
        if passage.token is not None and not allows(passage.token.scope, needed):
            raise too_little(passage.token.scope, needed)

    async def _pass(self, passage: "_Passage", scope: Scope, receive: Receive) -> None:
        token = passage.token
        if token is None:
            await self.app(scope, receive, passage.send)
            return
        scope["token"] = token
        try:
            with log_fields(token=token.id):
                await self.app(scope, receive, passage.send_while_valid)
        except _Revoked:
            await passage.send({"type": "http.response.body", "body": b"", "more_body": False})


class _Passage:
    """One request at the gate, and its answer on the way back."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self._send = scope, send
        self.known: KnownTokens = scope["state"]["services"].known_tokens
        self.token: Token | None = None
        self.allowance: Allowance | None = None

    @property
    def caller(self) -> str:
        """Whose calls are counted together: a token's, else those of an address."""
        client = self.scope.get("client")
        return self.token.id if self.token is not None else client[0] if client else ""

    async def send(self, message: Message) -> None:
        if self.allowance is not None and message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *self.allowance.headers()]}
        await self._send(message)

    async def send_while_valid(self, message: Message) -> None:
        if message.get("more_body", False) and self.token is not None and self.known.revoked(self.token):
            raise _Revoked
        await self.send(message)


class _Revoked(Exception):
    """Ends an answer that goes on while its token does not."""


async def _token_of(known: KnownTokens, scope: Scope) -> Token:
    """The token that came with a request. Raises Unauthorized, Unavailable, SQLAlchemyError."""
    token = await known.find(secret_in(scope["headers"]))
    if token is None:
        raise bad_token("there is no such token, or it was revoked")
    return token


def _too_often(allowance: Allowance) -> RateLimited:
    wait = allowance.wait_seconds
    detail = f"more than {allowance.limit} calls within {WINDOW_SECONDS} s: call again in {wait} s"
    return RateLimited(detail, headers={"Retry-After": str(wait)})
