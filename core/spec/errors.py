"""What is wrong with a spec, as data: pointer, message, value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from core.spec.names import did_you_mean, meant, one_of


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


def from_pydantic(error: ValidationError, data: object, model: type[BaseModel]) -> list[SpecError]:
    """Turns pydantic's errors for `data`, validated as `model`, into ours; pointers carry no union tags."""
    details = error.errors(include_url=False)
    found = [_convert(detail, data, model) for detail in details]
    misspelt = {
        pointer([*parents, name])
        for *parents, last in (_locate(d["loc"], data) for d in details if d["type"] == "extra_forbidden")
        if (name := meant(last, _fields(model, parents, data))) is not None
    }
    missing = {e.pointer for e, d in zip(found, details, strict=True) if d["type"] == "missing"}
    # Whoever wrote it with another letter has not left it out.
    found = [e for e in found if e.pointer not in missing & misspelt]
    # A list with a bad item also fails as a whole, as too short and as no other member of its union.
    outer = {e.pointer[: slash.start()] for e in found for slash in re.finditer("/", e.pointer)}
    return [e for e in found if e.pointer not in outer]


def _convert(detail: ErrorDetails, data: object, model: type[BaseModel]) -> SpecError:
    path = _locate(detail["loc"], data)
    message = detail["msg"]
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        tag = detail["input"].get("kind") if isinstance(detail["input"], dict) else None
        return SpecError(pointer([*path, "kind"]), one_of(_kinds(model, path), tag), tag)
    if detail["type"] == "missing":
        words = _description(model, path)
        message = f"required: {words}" if words else "required"
    elif detail["type"] == "extra_forbidden":
        fields = _fields(model, path[:-1], data)
        message = f"no such field; there are {', '.join(fields)}{did_you_mean(path[-1], fields)}"
    elif detail["type"] == "model_type":
        words = _description(model, path) if path else None
        message = f"must be an object with fields of {', '.join(_fields(model, path, data))}"
        message += f" ({words})" if words else ""
    elif detail["type"] in _BOUNDS:
        message = _bound(detail)
    elif detail["type"] == "string_pattern_mismatch" and (words := _description(model, path)):
        message = words
    return SpecError(pointer(path), message, None if detail["type"] == "missing" else detail["input"])


_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "greater than or equal to"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "less than or equal to"),
}


def _bound(detail: ErrorDetails) -> str:
    """Pydantic's own message with 1e100 written as such, not with a hundred digits."""
    key, words = _BOUNDS[detail["type"]]
    return f"Input should be {words} {repr(detail['ctx'][key]).removesuffix('.0')}"


def _fields(model: type[BaseModel], path: list[int | str], data: object) -> list[str]:
    """Names of the fields that the object at `path` may have, given the kind that it says to be."""
    at: Any = data
    for part in path:
        at = at[part]
    models = _at(model, path)
    kind = at.get("kind") if isinstance(at, dict) else None
    chosen = [m for m in models if kind in _kind(m)] or models
    return list(dict.fromkeys(name for m in chosen for name in m.model_fields))


def _kinds(model: type[BaseModel], path: list[int | str]) -> list[str]:
    """The tags that tell the objects apart that may be at `path`."""
    return [kind for m in _at(model, path) for kind in _kind(m)]


def _kind(model: type[BaseModel]) -> tuple[str, ...]:
    field = model.model_fields.get("kind")
    return get_args(field.annotation) if field is not None else ()


def _description(model: type[BaseModel], path: list[int | str]) -> str | None:
    found = (m.model_fields.get(str(path[-1])) for m in _at(model, path[:-1]))
    return next((field.description for field in found if field is not None), None)


def _at(model: type[BaseModel], path: list[int | str]) -> list[type[BaseModel]]:
    """The models that the object at `path` may be."""
    at: list[type[BaseModel]] = [model]
    for part in path:
        # An index stays within the models of its list.
        if isinstance(part, str):
            fields = [m.model_fields[part].annotation for m in at if part in m.model_fields]
            at = [found for annotation in fields for found in _models(annotation)]
    return at


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _models(inner)]


def _locate(loc: tuple[int | str, ...], data: object) -> list[int | str]:
    path: list[int | str] = []
    at, entered = data, True
    for place, part in enumerate(loc):
        last = place == len(loc) - 1
        if isinstance(at, dict) and entered and part == at.get("kind"):
            # The tag, which comes first, may also be the name of a field.
            entered = False
        elif isinstance(at, dict) and isinstance(part, str):
            # What is neither a key nor the name of a missing field is the tag of a union member.
            if part in at or (last and not _looks_like_tag(part)):
                path.append(part)
                at, entered = at.get(part), True
        elif isinstance(at, list | tuple) and isinstance(part, int):
            path.append(part)
            at, entered = at[part] if part < len(at) else None, True
    return path


def _looks_like_tag(part: str) -> bool:
    return "[" in part or part in ("int", "float", "str", "constrained-str", "default")
