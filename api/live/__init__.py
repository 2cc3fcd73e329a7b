"""What goes on, told as it happens: one task a process looks at the database for all who listen."""

from api.live.follow import Opening, follow
from api.live.hub import Hub
from api.live.response import EVENT_STREAM, EventStream
from api.live.waiting import wait_while

__all__ = ["EVENT_STREAM", "EventStream", "Hub", "Opening", "follow", "wait_while"]
