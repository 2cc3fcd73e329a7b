"""The embedded broker: a kombu transport that keeps each message as a file of one folder.

Unlike kombu's own it shows a message only once it is whole, leaves nothing in the system's folder for
temporary files, makes its folder again when someone has deleted it, and works with Celery's event loop, so
that pool processes share no lock that one of them could die with.
"""

import json
import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import virtual

log = logging.getLogger(__name__)


class Channel(virtual.Channel):
    """Queues as files named <time>-<unique>.<queue>; removing the file is what takes the message."""

    # A message says no more than 'look'; the sweeper sends another.
    do_restore = False

    @property
    def _folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])

    def _put(self, queue: Any, message: Any, **_: Any) -> None:
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        hidden = self._folder / f".{name}"
        try:
            try:
                hidden.write_text(json.dumps(message))
            except FileNotFoundError:
                self._folder.mkdir(parents=True, exist_ok=True)
                hidden.write_text(json.dumps(message))
            hidden.rename(self._folder / f"{name}.{queue}")
        except OSError:
            # On a full disk an empty file may stand there, which nobody else would remove.
            hidden.unlink(missing_ok=True)
            raise

    def _get(self, queue: Any, timeout: Any = None) -> Any:
        for path in self._waiting(queue):
            try:
                written = path.read_bytes()
                path.unlink()
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                message = json.loads(written)
            except ValueError:
                message = None
            if isinstance(message, dict) and "properties" in message:
                return message
            log.warning("dropped %s, which is no message", path.name)
        raise Empty

    def _size(self, queue: Any) -> int:
        return sum(1 for _ in self._waiting(queue))

    def _purge(self, queue: Any) -> int:
        waiting = list(self._waiting(queue))
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _waiting(self, queue: str) -> Iterator[Path]:
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            self._folder.mkdir(parents=True, exist_ok=True)
            return
        folder, ending = self._folder, f".{queue}"
        paths = (folder / name for name in sorted(names) if name[0] != "." and name.endswith(ending))
        yield from (path for path in paths if not path.is_dir())


class Transport(virtual.Transport):
    """Found by its name in the setting `broker_transport`; polls on a timer of the event loop."""

    Channel = Channel
    driver_type = driver_name = "spool"
    implements = virtual.Transport.implements.extend(asynchronous=True)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Called by Celery after each connect; it drops the timer again when it disconnects."""
        loop.call_repeatedly(self.polling_interval, self._receive)

    def _receive(self) -> None:
        with suppress(Empty):
            while self.cycle is not None:
                self.cycle.get(self._deliver)  # type: ignore[no-untyped-call]

    def driver_version(self) -> str:
        """Celery shows it in its report."""
        return "1"
