"""What is wrong with a spec, as data: pointer, message, value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class SpecError:
    """One fault: the JSON pointer of the field, what is allowed, and the value that was given."""

    pointer: str
    message: str
    value: Any = None


class SpecInvalid(ValueError):
    """A spec that cannot be run, with every fault that was found."""

    def __init__(self, errors: Iterable[SpecError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.pointer or '/'}: {e.message}" for e in self.errors))


def pointer(parts: Iterable[object]) -> str:
    """JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def from_pydantic(error: ValidationError, data: object) -> list[SpecError]:
    """Turns pydantic's errors for `data` into ours; pointers carry no union tags."""
    return [_convert(detail, data) for detail in error.errors(include_url=False, include_context=False)]


def _convert(detail: ErrorDetails, data: object) -> SpecError:
    path = _locate(detail["loc"], data)
    missing = detail["type"] == "missing"
    return SpecError(pointer(path), detail["msg"], None if missing else detail["input"])


def _locate(loc: tuple[int | str, ...], data: object) -> list[int | str]:
    path: list[int | str] = []
    at = data
    for place, part in enumerate(loc):
        last = place == len(loc) - 1
        if isinstance(at, dict) and isinstance(part, str):
            # What is neither a key nor the name of a missing field is the tag of a union member.
            if part in at or (last and not _looks_like_tag(part)):
                path.append(part)
                at = at.get(part)
        elif isinstance(at, list | tuple) and isinstance(part, int):
            path.append(part)
            at = at[part] if part < len(at) else None
    return path


def _looks_like_tag(part: str) -> bool:
    return "[" in part or part in ("int", "float", "str", "constrained-str", "default")
