"""JSON that keeps NaN and infinities."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.documents import dump, load

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def same(a: Any, b: Any) -> bool:
    """Equality that knows NaN, the sign of zero, and the type of numbers."""
    if isinstance(a, float) and isinstance(b, float):
        return a == b and math.copysign(1, a) == math.copysign(1, b) if a == a else b != b
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@given(PLAIN)
def test_any_plain_value_comes_back(value: Any) -> None:
    assert same(load(dump(value)), value)
    assert same(load(dump(value).encode()), value)


@given(PLAIN)
def test_what_is_stored_is_strict_json(value: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(dump(value), parse_constant=refuse)


def test_numbers_of_numpy_are_stored_as_plain_ones() -> None:
    value = {"a": np.float64(0.1), "b": np.int64(3), "c": np.float64("nan"), "d": np.bool_(True), "e": None}
    assert same(load(dump(value)), {"a": 0.1, "b": 3, "c": math.nan, "d": True, "e": None})


def test_the_tag_of_floats_is_reserved() -> None:
    with pytest.raises(ValueError, match="reserved"):
        dump({"$float": 1.0})


def test_what_has_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        dump({"a": object()})
