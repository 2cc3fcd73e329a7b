"""The body of a POST as it came, once its content type has been checked."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from api.errors import UnsupportedMediaType


async def _raw_body(request: Request) -> bytes:
    require_no_coding(request)
    given = request.headers.get("content-type", "")
    body = await request.body()
    if body and not _is_json(given):
        raise UnsupportedMediaType(f"Content-Type must be application/json. Got {given[:200]!r} instead.")
    return body


def require_no_coding(request: Request) -> None:
    """Raises UnsupportedMediaType for a body that is compressed or coded otherwise (RFC 9110, 15.5.16)."""
    given = ",".join(request.headers.getlist("content-encoding"))
    if any(coding.strip().lower() not in ("", "identity") for coding in given.split(",")):
        raise UnsupportedMediaType(
            f"the body must come without a Content-Encoding. Got {given[:200]!r} instead.",
            headers={"Accept-Encoding": "identity"},
        )


def _is_json(content_type: str) -> bool:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = {
        part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")
    }
    return media_type == "application/json" and charsets <= {"utf-8"}


RawBody = Annotated[bytes, Depends(_raw_body)]
