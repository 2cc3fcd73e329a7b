"""From a phase map to the spec of the cells that place its boundaries better."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from api.errors import Conflict, Fault, InvalidRequest
from api.strict_json import parse
from api.sweeps.cells import Cells, Line, key_of
from core.analysis import LABELS, UNKNOWN, halves, phase_map
from core.spec import (
    Axis,
    ExperimentSpec,
    Refinement,
    SpecInvalid,
    Sweep,
    canonical,
    expand,
    parse_refinement,
)

Row = tuple[Any, ...]
_STEPS = "/steps"


def read_refinement(body: bytes) -> Refinement:
    """What the body asks for. Raises InvalidRequest, MalformedBody."""
    try:
        return parse_refinement(parse(body))
    except SpecInvalid as error:
        raise InvalidRequest.of(error) from None


def refined_spec(spec: ExperimentSpec, cells: Cells, asked: Refinement) -> dict[str, Any]:
    """The spec of the cells halfway between neighbours with different labels, as JSON data.

    They get the most steps that any run was given: next to runs that were extended, fewer would find an end
    of training, and no boundary.

    Args:
        spec: that of the experiment.
        cells: its runs and those of all its refinements, which have ended.

    Raises InvalidRequest for an axis that there is not or that has no numbers, and Conflict where nothing is
    left to halve.
    """
    if asked.axis not in cells.axes:
        known = ", ".join(cells.axes) or "none: this experiment has no axes"
        raise _refusal(f"an axis of the experiment ({known})", asked.axis)
    line = cells.line(asked.axis)
    if line.spacing is None:
        raise _refusal("an axis of numbers", asked.axis)
    rows = _halfway(spec, cells, line, asked.tolerance)
    if not rows:
        raise Conflict(
            f"nothing to refine: along {asked.axis} no neighbouring cells with different outcomes are "
            f"further apart than the tolerance, {asked.tolerance:g}"
        )
    sweep = {"axes": [{"paths": list(cells.axes), "values": [list(row) for row in rows]}]}
    data: dict[str, Any] = canonical(spec)
    if _STEPS not in cells.axes:
        data["steps"] = max(run.steps for run in cells.runs)
    return data | {"sweep": (data["sweep"] or {}) | sweep}


def _halfway(spec: ExperimentSpec, cells: Cells, line: Line, tolerance: float) -> list[Row]:
    """The values of the new cells on all axes, in their order."""
    assert line.path is not None
    assert line.spacing is not None
    at = cells.axes.index(line.path)
    # What a run has on the other axes is its row; rows are numbered as they come.
    keys: dict[Hashable, int] = {}
    firsts: list[Row] = []
    numbers = []
    for run in cells.runs:
        values = tuple(run.axes.get(path) for path in cells.axes)
        key = tuple(key_of(value) for place, value in enumerate(values) if place != at)
        if key not in keys:
            keys[key] = len(firsts)
            firsts.append(values)
        numbers.append(keys[key])
    outcomes = [run.outcome if run.state == "succeeded" else None for run in cells.runs]
    shape = len(firsts), len(line.values)
    labels = phase_map(np.array(numbers, np.int64), cells.places(line), outcomes, shape).labels
    whole = _is_whole(spec, cells.axes, firsts[0], at, line.values)
    return [
        (*first[:at], value, *first[at + 1 :])
        for first, row in zip(firsts, labels.tolist(), strict=True)
        for value in halves(_labelled(line, row), line.spacing, tolerance, whole=whole)
    ]


def _labelled(line: Line, codes: Sequence[int]) -> list[tuple[float, object]]:
    pairs = zip(line.values, codes, strict=True)
    return [(value, None if code == UNKNOWN else LABELS[code]) for value, code in pairs]


def _is_whole(spec: ExperimentSpec, paths: Sequence[str], row: Row, at: int, values: Sequence[float]) -> bool:
    """Whether the field takes whole numbers only: those it has are, and one in between is refused."""
    if not all(isinstance(value, int) for value in values):
        return False
    between = (*row[:at], row[at] + 0.5, *row[at + 1 :])
    try:
        expand(spec.model_copy(update={"sweep": Sweep(axes=(Axis(paths=tuple(paths), values=(between,)),))}))
    except SpecInvalid:
        return True
    return False


def _refusal(allowed: str, value: str) -> InvalidRequest:
    return InvalidRequest(
        f"/axis: must be {allowed}. Got {value!r} instead.", [Fault("/axis", allowed, value)]
    )
