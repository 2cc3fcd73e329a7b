"""One thing made wrong in a spec that was right, and the JSON pointer of the field that it was done to."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    0.5,
    1e300,
    -1e-300,
    2**63,
    10**40,
    "",
    "nonsense",
    "\u0000",
    "\ud7ff\U0001f600" * 20,
    [],
    [[]],
    {},
    {"kind": "nonsense"},
    ["/steps"] * 100,
)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A spec with one change.

    Attributes:
        spec: the whole body.
        pointer: of the field that was changed, taken away or added.
        missing: whether there is nothing now where something was, so that its neighbours may lack it.
    """

    spec: Json
    pointer: str
    missing: bool


@st.composite
def mutations(draw: st.DrawFn, specs: st.SearchStrategy[Json]) -> Mutation:
    """A field with an odd value, without a field, or with one too many, at any depth."""
    spec = copy.deepcopy(draw(specs))
    holder, key, pointer = draw(st.sampled_from(list(_places(spec))))
    how = draw(st.sampled_from(["odd", "odd", "odd", "gone", "more"]))
    if how == "more":
        name = draw(st.sampled_from(["nonsense", "", "Steps", "__class__", "a/b~c"]))
        holder, key = (holder[key], name) if isinstance(holder[key], dict) else (spec, name)
        pointer = f"{pointer if holder is not spec else ''}/{escaped(name)}"
    if how == "gone" and isinstance(holder, dict):
        del holder[key]
        return Mutation(spec, pointer, missing=True)
    holder[key] = draw(st.sampled_from(_ODD))
    return Mutation(spec, pointer, missing=holder[key] is None)


def names(pointer: str, mutation: Mutation) -> bool:
    """Whether the pointer is of the changed field, of something in it, or of what it lies in.

    Where the field is missing, that of a neighbour will do; where the data are others, so may be the learning
    rate that they admit.
    """
    if pointer == "":
        return False
    if pointer == "/optimizer/learning_rate" and _within(mutation.pointer, "/problem"):
        return True
    parent = mutation.pointer.rpartition("/")[0]
    if mutation.missing and parent and _within(pointer, parent):
        return True
    return _within(pointer, mutation.pointer) or _within(mutation.pointer, pointer)


def escaped(name: str) -> str:
    """A name as a part of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _within(pointer: str, outer: str) -> bool:
    return pointer == outer or pointer.startswith(f"{outer}/")


def _places(value: Any, pointer: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Every field: what holds it, its key there, and its pointer."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        inside = f"{pointer}/{escaped(str(key))}"
        yield value, key, inside
        if isinstance(inner, dict | list):
            yield from _places(inner, inside)
