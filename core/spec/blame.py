"""Which axis of a sweep a faulty cell is put down to, and in which words."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.spec.errors import SpecError
from core.spec.sweep import Axis

_LONGEST = 60


def blamed(
    errors: Iterable[SpecError],
    index: int | None,
    axes: Sequence[Axis],
    places: Sequence[int],
    values: Mapping[str, Any],
) -> Iterator[SpecError]:
    """The faults of one cell, each at the axis (value) that brings it about; at the field itself without one.

    Args:
        index: of the cell, where it is the first with this fault; None where that is not known.
        places: of the cell along each axis.
        values: that the axes give it, by path.
    """
    first = "" if index is None else f" (first in cell {index})"
    for error in errors:
        pointer, path = _place(error.pointer, axes, places)
        told = [] if path is None or _within(error.pointer, path) else [_setting(path, values[path])]
        if path is not None:
            told.append(_setting(error.pointer, error.value))
        yield SpecError(
            pointer,
            f"with {', '.join(told)}: {error.message}{first}" if told else error.message + first,
            error.value,
        )


def _place(pointer: str, axes: Sequence[Axis], places: Sequence[int]) -> tuple[str, str | None]:
    """The axis value that set the field, or the axis of a field beside it, with the path of that."""
    beside = None
    for number, axis in enumerate(axes):
        for path in axis.swept:
            if _within(pointer, path) or _within(path, pointer):
                exact = f"/values/{places[number]}" if axis.values is not None else ""
                return f"/sweep/axes/{number}{exact}", path
            if beside is None and pointer.split("/")[1:2] == path.split("/")[1:2]:
                beside = f"/sweep/axes/{number}", path
    return beside or (pointer, None)


def _within(pointer: str, path: str) -> bool:
    return (pointer + "/").startswith(path + "/")


def _setting(path: str, value: Any) -> str:
    """Such as `/problem/sparsity = 30`; the path alone of what has no value, or a long one."""
    text = "" if value is None else json.dumps(value, default=str)
    return f"{path} = {text}" if 0 < len(text) <= _LONGEST else path
