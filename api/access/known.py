"""The tokens that let in, as the database has them now or had them a few seconds ago."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest

from sqlalchemy.exc import SQLAlchemyError

from api.errors import Unavailable
from core.access import digest_of
from core.store import Database, Quotas, Token, any_token, note_uses, valid_tokens
from worker.probe import Probe
from worker.token_list import EnvironmentToken

FRESH_SECONDS = 5.0
"""So long a revoked token may still let in, and an open service still be open."""
RENEWED_SECONDS = 2.5
UNKNOWN_SECONDS = 1.0
"""So long a new token may be unknown. Whoever guesses makes the database be asked so often and no more."""
_FIRST_PATIENCE, _PATIENCE, _SHORT_PATIENCE = 5.0, 1.0, 0.3
_BEGINNING = 16


class _Table:
    """Tokens by their digests.

    They are looked up by the beginning of a hash, which whoever asks cannot choose: how long that takes tells
    nothing of use. The rest is compared in a time that tells nothing at all.
    """

    def __init__(self, tokens: Mapping[str, Token]) -> None:
        self._found = {digest[:_BEGINNING]: (digest, token) for digest, token in tokens.items()}
        self.ids = frozenset(token.id for token in tokens.values())

    def get(self, digest: str) -> Token | None:
        known, token = self._found.get(digest[:_BEGINNING], ("", None))
        return token if compare_digest(known, digest) else None


def _token(given: EnvironmentToken, quotas: Quotas, born: datetime) -> Token:
    return Token(given.id, "environment", given.scope, born, quotas=quotas, of_environment=True)


@dataclass(frozen=True, slots=True)
class _Known:
    at: float
    tokens: _Table
    any: bool


class KnownTokens:
    """Asked by every request, so that all of them are kept here and renewed beside the requests.

    Used by the event loop alone, but for `note_uses`.

    Args:
        given: the tokens of the environment.
        quotas: those of each of them.
        may_be_open: whether everybody may call while there is no token.
    """

    def __init__(
        self, db: Database, given: Iterable[EnvironmentToken], quotas: Quotas, *, may_be_open: bool
    ) -> None:
        self._db = db
        born = datetime.now(UTC)
        self._given = _Table({one.digest: _token(one, quotas, born) for one in given})
        self._may_be_open = may_be_open
        self._probe = Probe("tokens", self._look)
        self._latest: _Known | None = None
        self._used: set[str] = set()

    async def open(self, even_unknown: bool = False) -> bool:
        """Whether a call needs no token.

        Raises Unavailable, SQLAlchemyError while the database has never told, unless the call may pass
        `even_unknown`.
        """
        if self._given.ids or not self._may_be_open:
            return False
        try:
            return not (
                await self._known(FRESH_SECONDS, _SHORT_PATIENCE if even_unknown else _FIRST_PATIENCE)
            ).any
        except (Unavailable, SQLAlchemyError):
            if even_unknown:
                return True
            raise

    async def find(self, secret: str) -> Token | None:
        """The valid token with that secret. Raises Unavailable, SQLAlchemyError."""
        digest = digest_of(secret)
        if (given := self._given.get(digest)) is not None:
            return given
        found = (await self._known(FRESH_SECONDS)).tokens.get(digest)
        if found is None:
            found = (await self._known(UNKNOWN_SECONDS)).tokens.get(digest)
        if found is not None:
            self._used.add(found.id)
        return found

    def revoked(self, token: Token) -> bool:
        """Whether a token that was found is known to be valid no more; for answers that go on and on."""
        latest = self._latest
        if latest is None or token.of_environment:
            return False
        self._renew(latest)
        return token.id not in latest.tokens.ids

    def note_uses(self) -> None:
        """Write which tokens were used since the last time; for a chore."""
        used, self._used = self._used, set()
        if not used:
            return
        try:
            with self._db.write() as conn:
                note_uses(conn, used)
        except BaseException:
            self._used |= used
            raise

    async def _known(self, max_age: float, first_patience: float = _FIRST_PATIENCE) -> _Known:
        """The tokens as they are in the database, or were at most so many seconds ago.

        While the database is away the last look counts, so that what needs no database goes on: whoever takes
        a token back needs it as well.
        """
        latest, since = self._latest, time.monotonic() - max_age
        if latest is not None and latest.at >= since:
            self._renew(latest)
            return latest
        try:
            async with asyncio.timeout(first_patience if latest is None else min(first_patience, _PATIENCE)):
                return await self._look_since(since)
        except TimeoutError:
            if latest is None:
                detail = "the database does not answer; send the request again"
                raise Unavailable(detail, headers={"Retry-After": "2"}) from None
        except SQLAlchemyError:
            if latest is None:
                raise
        return latest

    async def _look_since(self, since: float) -> _Known:
        while True:
            # A look that had begun before may be too old; the next one is not.
            found = await asyncio.shield(asyncio.wrap_future(self._probe.begin()))
            if found.at >= since:
                return found

    def _renew(self, latest: _Known) -> None:
        """Looks again in good time, so that nobody has to wait for it."""
        if latest.at < time.monotonic() - RENEWED_SECONDS:
            self._probe.begin()

    def _look(self) -> _Known:
        at = time.monotonic()
        with self._db.read() as conn:
            valid = valid_tokens(conn)
            found = _Known(at, _Table(valid), bool(valid) or any_token(conn))
        self._latest = found
        return found
