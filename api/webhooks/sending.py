"""One attempt to deliver: to a checked address, without redirects or proxies, within seconds."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.webhooks.addresses import Forbidden, resolve
from api.webhooks.signing import sign
from core.store import Arrival, Due

# Loaded with the first delivery: it brings many mebibytes with it, which most services never need.
if TYPE_CHECKING:
    import httpx

ATTEMPT_SECONDS = 15.0
"""What an attempt may take, from the name of the host to the end of the answer."""
MAX_ANSWER_BYTES = 65_536
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_ERROR = 300


class Sender:
    """Sends deliveries side by side.

    Args:
        version: of this program, for the receiver's log.
        allow_private: whether addresses that are not public may be reached.
        seconds: that an attempt may take.
    """

    def __init__(self, version: str, *, allow_private: bool, seconds: float = ATTEMPT_SECONDS) -> None:
        self._agent = f"groklab/{version}"
        self._allow_private, self._seconds = allow_private, seconds

    def send(self, due: Sequence[Due]) -> list[Arrival]:
        """How an attempt to deliver each of them ended."""
        return asyncio.run(self._send(due))

    async def _send(self, due: Sequence[Due]) -> list[Arrival]:
        import httpx

        # Verified by the system's certificates; the environment's proxies would reach what they like.
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client:
            return await asyncio.gather(*(self._attempt(client, one) for one in due))

    async def _attempt(self, client: "httpx.AsyncClient", due: Due) -> Arrival:
        import httpx

        try:
            async with asyncio.timeout(self._seconds):
                status = await self._post(client, due)
        except TimeoutError:
            return Arrival(None, f"no whole answer within {self._seconds:g} s")
        except (Forbidden, OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Arrival(None, _clipped(str(error) or type(error).__name__))
        if not 200 <= status < 300:
            return Arrival(status, f"the answer was {status}, not one of 200 to 299")
        return Arrival(status, None)

    async def _post(self, client: "httpx.AsyncClient", due: Due) -> int:
        import httpx

        parts = urlsplit(due.url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]
        address = await resolve(host, port, allow_private=self._allow_private)
        # To the very address that was looked at: asked again, the name could lead elsewhere.
        url = httpx.URL(due.url).copy_with(host=address, port=port)
        at = int(time.time())
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json",
            "User-Agent": self._agent,
            "Groklab-Delivery": due.id,
            "Groklab-Event": due.event,
            "Groklab-Attempt": str(due.attempts),
            "Groklab-Signature": sign(due.secret, at, due.body),
        }
        told = {"sni_hostname": host}
        async with client.stream("POST", url, content=due.body, headers=headers, extensions=told) as answer:
            taken = 0
            async for part in answer.aiter_raw():
                taken += len(part)
                if taken > MAX_ANSWER_BYTES:
                    break
            return answer.status_code


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_ERROR else line[: _LONGEST_ERROR - 1] + "…"
