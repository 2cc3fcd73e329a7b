"""Reads a multipart form with one file, which goes to a nameless file on the disk piece by piece."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.body import require_no_coding
from api.errors import BodyTooLarge, Fault, InvalidRequest, MalformedBody, UnsupportedMediaType
from api.uploads.refusal import disk, scratch
from core.spec.errors import pointer

FIELDS = ("file", "name")
MAX_NAME = 200
_MAX_TEXT = 4096
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent: the file, at its beginning, and the name, if any."""

    file: BinaryIO
    name: str | None


@asynccontextmanager
async def read_form(request: Request, folder: Path, max_bytes: int) -> AsyncIterator[Form]:
    """The form in the body; its file has no name, and nothing of it stays.

    Raises UnsupportedMediaType, MalformedBody, BodyTooLarge, InvalidRequest, Unavailable.
    """
    require_no_coding(request)
    boundary = _boundary(request.headers.get("content-type", ""))
    with scratch(folder) as file:
        reader = _Reader(boundary, file, max_bytes)
        async for piece in request.stream():
            await run_in_threadpool(reader.write, piece)
        yield reader.form()


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        given = content_type[:200]
        raise UnsupportedMediaType(f"Content-Type must be multipart/form-data. Got {given!r} instead.")
    if not options.get(b"boundary"):
        raise MalformedBody("Content-Type names no boundary of the form's parts")
    return options[b"boundary"]


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header: tuple[bytes, bytes] = (b"", b"")
    name: str = ""


class _Reader:
    """Takes the body in pieces."""

    def __init__(self, boundary: bytes, file: BinaryIO, max_bytes: int) -> None:
        self._file, self._left = file, max_bytes
        self._max_bytes = max_bytes
        self._texts: dict[str, bytes] = {}
        self._part, self._ended = _Part(), False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_name,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._data,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise MalformedBody(f"not a multipart form: {error}") from None

    def write(self, piece: bytes) -> None:
        """The next bytes of the body."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise MalformedBody(f"not a multipart form: {error}") from None

    def form(self) -> Form:
        """What was read, once the body has ended."""
        if not self._ended:
            raise MalformedBody("the form ends before its last boundary")
        if "file" not in self._texts:
            raise _refused("file", "given: an .npz file")
        with disk():
            self._file.seek(0)
        return Form(self._file, self._name())

    def _name(self) -> str | None:
        if "name" not in self._texts:
            return None
        try:
            name = self._texts["name"].decode()
        except UnicodeDecodeError:
            raise _refused("name", "UTF-8 text") from None
        if not 0 < len(name) <= MAX_NAME or _PRINTABLE.fullmatch(name) is None:
            raise _refused("name", f"1 to {MAX_NAME} characters, none of them control characters", name)
        return name

    def _begin(self) -> None:
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        name, value = self._part.header
        self._part.header = name + data[start:end], value

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        name, value = self._part.header
        self._part.header = name, value + data[start:end]

    def _header_end(self) -> None:
        name, value = self._part.header
        self._part.headers[name.lower()] = value
        self._part.header = b"", b""

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._part.headers.get(b"content-disposition"))
        name = options.get(b"name", b"").decode(errors="replace")
        if kind != b"form-data" or not name:
            raise MalformedBody("a part of the form has no name")
        if name not in FIELDS:
            raise _refused(name, f"a known field ({', '.join(FIELDS)})")
        if name in self._texts:
            raise _refused(name, "given once")
        self._part.name, self._texts[name] = name, b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == "file":
            self._left -= end - start
            if self._left < 0:
                detail = f"a file must have at most {self._max_bytes} bytes. Got more instead."
                raise BodyTooLarge(detail)
            with disk():
                self._file.write(memoryview(data)[start:end])
            return
        text = self._texts[self._part.name] + data[start:end]
        if len(text) > _MAX_TEXT:
            raise _refused(self._part.name, f"at most {MAX_NAME} characters")
        self._texts[self._part.name] = text

    def _end(self) -> None:
        self._ended = True


def _refused(name: str, message: str, value: object = None) -> InvalidRequest:
    place = pointer([name[:100]])
    return InvalidRequest(f"{place}: must be {message}", [Fault(place, message, value)])
