"""Reads request bodies as strict JSON: no NaN, no repeated keys, no deep nesting, clean UTF-8."""

import json
from itertools import islice
from typing import Any

import orjson

from api.errors import Fault, InvalidRequest, MalformedBody
from core.spec.errors import pointer

MAX_DEPTH = 32


def parse(body: bytes) -> Any:
    """The JSON value of `body`. Raises MalformedBody saying what is wrong and where."""
    if not body:
        raise MalformedBody("the body is empty; it must be a JSON object")
    try:
        # orjson refuses NaN, overflowing numbers, lone surrogates and broken UTF-8; json sees repeated keys.
        orjson.loads(body)
        value = json.loads(body, object_pairs_hook=_object)
    except RecursionError:
        raise MalformedBody(f"nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise MalformedBody(f"not strict JSON: {error}") from None
    _check_depth(value)
    return value


def expect_nothing(body: bytes) -> None:
    """Accepts an empty body or an empty object. Raises InvalidRequest naming the fields otherwise."""
    value = parse(body) if body else {}
    if not isinstance(value, dict):
        raise InvalidRequest(
            "the body must be empty or an empty object", [Fault("", "an empty object", value)]
        )
    if value:
        message = "unknown field: this operation has none"
        faults = [Fault(pointer([key]), message, value[key]) for key in islice(value, 20)]
        raise InvalidRequest("this operation has no fields", faults)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {repeated[:100]!r} is repeated in an object")
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise MalformedBody(f"nested deeper than {MAX_DEPTH} levels")
