"""A listener to a stream of server-sent events, as a browser reads it."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from httpx import Client, Response, Timeout

_PATIENCE = 3
"""Signs of life after which nothing that is wanted will come."""


@dataclass(frozen=True)
class Message:
    """One event."""

    name: str
    id: int | None
    data: dict[str, Any]


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """The events among the lines of a stream; comments come as events without a name."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            yield Message("", None, {})
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            if "event" in fields:
                number = int(fields["id"]) if "id" in fields else None
                yield Message(fields["event"], number, json.loads(fields["data"]))
            fields = {}


@dataclass
class Stream:
    """An open stream and what came of it."""

    response: Response
    heard: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._messages = messages(self.response.iter_lines())

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next event that is wanted; those before it are heard too."""
        for message in self._hear():
            if wanted(message):
                return message
        raise AssertionError(f"not in the stream: {self.heard}")

    def state(self, state: str) -> Message:
        """The next event after which a run is in that state."""
        return self.until(lambda message: message.name == "state" and message.data["state"] == state)

    def named(self, name: str) -> Message:
        """The next event of that name."""
        return self.until(lambda message: message.name == name)

    def rest(self) -> list[Message]:
        """Everything up to the end of the stream."""
        for _ in self._hear():
            continue
        return self.heard

    def _hear(self) -> Iterator[Message]:
        for message in self._messages:
            self.heard.append(message)
            assert sum(not other.name for other in self.heard) <= _PATIENCE, self.heard
            yield message

    @property
    def history(self) -> list[Message]:
        """What was heard that has an id."""
        return [message for message in self.heard if message.id is not None]

    @property
    def ids(self) -> list[int]:
        """The ids that were heard."""
        return [message.id for message in self.heard if message.id is not None]


@contextmanager
def listening(
    client: Client, links: dict[str, Any], last: int | None = None, seconds: float = 20, **query: Any
) -> Iterator[Stream]:
    """A stream of the resource with these links, from the event after `last` on."""
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": str(last)})
    path = links["links"]["stream"]
    with client.stream("GET", path, headers=headers, params=query, timeout=Timeout(seconds)) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)


async def ids_of(client: Client, path: str) -> list[int]:
    """The ids of a stream from its beginning to its end, over a connection of its own that costs little."""
    url = client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {url.host}\r\nConnection: close\r\n\r\n".encode())
    text = (await reader.read()).decode()
    writer.close()
    assert text.startswith("HTTP/1.1 200"), text
    return [int(line.removeprefix("id: ")) for line in text.split("\n") if line.startswith("id: ")]


def open_streams(client: Client) -> int:
    """How many streams the process of this client keeps open."""
    lines = client.get("/metrics").text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("groklab_http_streams "))
