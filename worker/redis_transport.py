"""kombu's transport for Redis, but that what is no message is dropped, not the end of the worker."""

import logging
from typing import Any

from kombu.transport import redis

log = logging.getLogger(__name__)


class Channel(redis.Channel):
    """Lists of messages that others may have written to, too."""

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, KeyError) as error:
            # It has been taken off the list already.
            log.warning("dropped what is no message: %s", error, exc_info=True)
            return True


class Transport(redis.Transport):
    """Found by its name in the setting `broker_transport`."""

    Channel = Channel
