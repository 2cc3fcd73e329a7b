"""The runs of an experiment and of those that refine it, and the axes that they lie on."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from api.answers import dumps
from api.errors import Fault, InvalidRequest
from core.analysis import Spacing, is_numeric, spacing_of
from core.store import CellRun

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One axis with all values that runs have there; numbers ascend, others are in cell order.

    Attributes:
        path: None of a line that has one place for all runs.
        spacing: None unless all values are numbers.
    """

    path: str | None
    values: tuple[Any, ...]
    spacing: Spacing | None


NOWHERE = Line(None, (None,), None)


@dataclass(frozen=True, slots=True)
class Cells:
    """Runs on axes.

    Attributes:
        experiments: ids of those whose runs they are.
        spec: what the first of these experiments asks for, with every default filled in.
        axes: pointers of the axes, in the order of the sweep.
        own: how many of the runs are those of the first experiment.
    """

    experiments: tuple[str, ...]
    spec: Mapping[str, Any]
    axes: tuple[str, ...]
    runs: Sequence[CellRun]
    own: int

    def line(self, path: str | None) -> Line:
        """An axis; that of None is NOWHERE. The values of the sweep itself decide on its spacing."""
        if path is None:
            return NOWHERE
        values = tuple({key_of(v): v for v in (run.axes.get(path) for run in self.runs)}.values())
        if not is_numeric(values):
            return Line(path, values, None)
        own = [run.axes[path] for run in self.runs[: self.own]]
        return Line(path, tuple(sorted(values)), spacing_of(own or values))

    def places(self, line: Line) -> NDArray[np.int64]:
        """Where each run lies on the line. Shape (runs,)."""
        if line.path is None:
            return np.zeros(len(self.runs), np.int64)
        at = {key_of(value): place for place, value in enumerate(line.values)}
        return np.array([at[key_of(run.axes.get(line.path))] for run in self.runs], np.int64)

    def axis(self, path: str, parameter: str) -> str:
        """The path of an axis. Raises InvalidRequest that lists the axes for any other."""
        if path not in self.axes:
            known = ", ".join(self.axes) or "none: this experiment has no axes"
            _refuse(parameter, f"an axis of the experiment ({known})", path)
        return path

    def at(self, asked: Iterable[str]) -> "Cells":
        """The runs where axes have these values, each written `/path=value`. Raises InvalidRequest."""
        runs, own = self.runs, self.own
        for text in asked:
            path, _, value = text.partition("=")
            self.axis(path, "at")
            wanted = key_of(_value(value))
            if not any(key_of(run.axes.get(path)) == wanted for run in self.runs):
                values = [dumps(value).decode() for value in self.line(path).values]
                more = ", ..." if len(values) > _SHOWN else ""
                _refuse("at", f"{path}= one of {', '.join(values[:_SHOWN])}{more}", text)
            chosen = [key_of(run.axes.get(path)) == wanted for run in runs]
            own = sum(chosen[:own])
            runs = [run for run, here in zip(runs, chosen, strict=True) if here]
        return replace(self, runs=runs, own=own)


def choose_lines(cells: Cells, x: str | None, y: str | None) -> tuple[Line, Line]:
    """The lines of columns and rows; the axes in their order where they are not named.

    Raises InvalidRequest for what is no axis and for one axis named twice.
    """
    if x is not None:
        cells.axis(x, "x")
    if y is not None:
        cells.axis(y, "y")
        if x == y:
            _refuse("y", "another axis than x", y)
    x = x or next((path for path in cells.axes if path != y), None)
    y = y or next((path for path in cells.axes if path != x), None)
    return cells.line(x), cells.line(y)


def key_of(value: Any) -> Hashable:
    """Equal of equal JSON values, and of no others."""
    return value if type(value) in (int, float, str) else (dumps(value),)


def axes_of(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Pointers of the fields that the axes of a spec set."""
    return tuple(path for axis in _moved_together(spec) for path in axis)


def axes_beside(spec: Mapping[str, Any], fields: Sequence[str]) -> list[str]:
    """Pointers of the axes that none of the fields lies on; fields that move together are one axis.

    Args:
        spec: with every default filled in.
        fields: pointers, which may lead into a whole object on an axis.
    """
    return [
        path
        for axis in _moved_together(spec)
        if not any(f"{field}/".startswith(f"{path}/") for field in fields for path in axis)
        for path in axis
    ]


def _moved_together(spec: Mapping[str, Any]) -> list[list[str]]:
    axes = (spec.get("sweep") or {}).get("axes") or ()
    return [axis.get("paths") or [axis["path"]] for axis in axes]


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _refuse(parameter: str, allowed: str, value: str) -> None:
    fault = Fault(f"/query/{parameter}", allowed, value)
    raise InvalidRequest(f"{fault.pointer}: must be {fault.message}. Got {value[:200]!r} instead.", [fault])
