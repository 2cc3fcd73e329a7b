"""How uploads are refused: at the array that is wrong, or for want of room."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from api.errors import Fault, InvalidRequest, Unavailable
from core.spec.errors import pointer

FILE = "/file"


def bad_file(message: str, value: Any = None) -> InvalidRequest:
    """The refusal of a file that is no archive of arrays; `message` says what it must be."""
    return InvalidRequest(f"{FILE}: must be {message}", [Fault(FILE, message, value)])


def bad_array(name: str, message: str, value: Any = None) -> InvalidRequest:
    """The refusal of one array of the file."""
    place = FILE + pointer([name[:100]])
    return InvalidRequest(f"{place}: must be {message}", [Fault(place, message, value)])


@contextmanager
def disk() -> Iterator[None]:
    """What fails here is the disk of the service. Raises Unavailable."""
    try:
        yield
    except OSError as error:
        detail = f"the service cannot keep the file while it is read: {error.strerror or 'no room'}"
        raise Unavailable(detail, headers={"Retry-After": "60"}) from error


@contextmanager
def scratch(folder: Path) -> Iterator[BinaryIO]:
    """A file without a name, which is gone with the process at the latest. Raises Unavailable."""
    with ExitStack() as stack:
        with disk():
            folder.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        yield file
