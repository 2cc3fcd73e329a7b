"""JSON as the database keeps it: orjson, with NaN and infinities as tagged strings."""

import math
from typing import Any

import numpy as np
import orjson

_TAG = "$float"


def dump(value: Any) -> str:
    """JSON text of plain data; NaN and infinities survive, for which JSON itself has no word."""
    raw = orjson.dumps(value, default=_plain)
    # orjson writes them as null, and most documents hold none.
    if b"null" in raw or _TAG.encode() in raw:
        raw = orjson.dumps(_tag(value), default=_plain)
    return raw.decode()


def load(document: str | bytes) -> Any:
    """What `dump` was given; tuples come back as lists."""
    raw = document.encode() if isinstance(document, str) else document
    value = orjson.loads(raw)
    return _untag(value) if _TAG.encode() in raw else value


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"no JSON for {type(value).__name__}: {value!r}")


def _tag(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_TAG: str(float(value))}
    if isinstance(value, dict):
        if _TAG in value:
            raise ValueError(f"the key {_TAG!r} is reserved; got {value}")
        return {key: _tag(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tag(item) for item in value]
    return value


def _untag(value: Any) -> Any:
    if isinstance(value, dict):
        return float(value[_TAG]) if _TAG in value else {key: _untag(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_untag(item) for item in value]
    return value
