"""Talks about workers."""

from api.client.talk import Talk, get


def any_ready() -> Talk[bool]:
    """Whether any worker has said lately that it is there."""
    return bool((yield from get("/v1/workers"))["items"])
