"""How a client is opened: the address, the token and its patience."""

import os
import re
from abc import ABC, abstractmethod
from typing import Any

import httpx

from api.client.errors import BadToken
from api.client.retries import Retries
from api.client.talk import Ask

DEFAULT_URL = "http://127.0.0.1:8000"
_SECRET = re.compile(r"[A-Za-z0-9._~+/-]{1,512}=*")


class Opening(ABC):
    """What both clients have in common.

    Args:
        url: address of the service; by default GROKLAB_URL, or the loopback address.
        seconds: how long an answer may take.
        token: secret of a token, sent with every call; by default GROKLAB_TOKEN, or none.
        attempts: how often a request is sent at most, at least 1: again after a lost connection, a 429 and
            a 503, which name the pause in `Retry-After`.
        longest_wait: seconds; where the service asks for a longer pause, Refused is raised at once.

    Raises BadToken where the token cannot be one.
    """

    def __init__(
        self,
        url: str | None = None,
        seconds: float = 60,
        token: str | None = None,
        *,
        attempts: int = 5,
        longest_wait: float = 60,
    ) -> None:
        if attempts < 1:
            raise ValueError(f"attempts must be at least 1, got {attempts}")
        self.url = (url or os.environ.get("GROKLAB_URL") or DEFAULT_URL).rstrip("/")
        self._seconds = seconds
        self._retries = Retries(self.url, attempts, longest_wait)
        # The secret is in the headers of the connection alone, never in an attribute that is printed.
        self._open(
            base_url=self.url,
            timeout=seconds,
            trust_env=False,
            headers=_authorization(token or os.environ.get("GROKLAB_TOKEN")),
        )

    @abstractmethod
    def _open(self, **options: Any) -> None:
        """Makes the connections."""

    def _timeout(self, ask: Ask) -> httpx.Timeout:
        return httpx.Timeout(self._seconds, read=self._seconds + ask.seconds)


def _authorization(secret: str | None) -> dict[str, str]:
    if not secret:
        return {}
    if not _SECRET.fullmatch(secret):
        raise BadToken("the token (GROKLAB_TOKEN) must be 1 to 512 of A-Z a-z 0-9 . _ ~ + / = -")
    return {"Authorization": f"Bearer {secret}"}
