"""Expands a spec into its cells, in a fixed order, each a valid one-run spec."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.spec.base import whole_numbers
from core.spec.blame import blamed
from core.spec.defaults import resolve
from core.spec.digest import digest, digests
from core.spec.errors import SpecError, SpecInvalid, from_pydantic
from core.spec.experiment import ExperimentSpec
from core.spec.names import did_you_mean
from core.spec.rules import broken_rules
from core.spec.sweep import MAX_CELLS, Axis, Sweep
from core.spec.uploaded import Uploads

_NOT_SWEPT = ("/sweep", "/name", "/tags", "/reuse", "/seed")


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of an experiment: its place in cell order, seed, axis values, own spec and its digest."""

    index: int
    seed: int
    axes: dict[str, Any]
    spec: ExperimentSpec
    digest: str


def parse_spec(data: object, uploads: Uploads | None = None) -> ExperimentSpec:
    """The spec that JSON data describe; `uploads` are the datasets that they may name (`named_datasets`).

    Raises SpecInvalid with every fault of the fields, or of the rules between them; cells of a sweep are
    checked by `expand`.
    """
    try:
        spec = ExperimentSpec.model_validate(whole_numbers(data), context=uploads)
    except ValidationError as error:
        raise SpecInvalid(from_pydantic(error, data, ExperimentSpec)) from None
    if spec.sweep is not None:
        _check_sweep(spec.sweep)
        return resolve(spec)
    spec = resolve(spec)
    if errors := broken_rules(spec):
        raise SpecInvalid(errors)
    return spec


def expand(spec: ExperimentSpec) -> list[Cell]:
    """All cells: the grid of the axes (last axis fastest) times the seeds (fastest of all).

    Raises SpecInvalid at the axis whose value makes the first bad cell, and where two cells are equal.
    """
    cells = list(_cells(spec))
    seen: dict[str, int] = {}
    if spec.sweep is not None:
        for cell in cells:
            first = seen.setdefault(cell.digest, cell.index)
            if first != cell.index:
                message = f"cells differ from each other; cells {first} and {cell.index} are equal"
                if "/engine" in cell.axes:
                    message += " (engine is no difference: all engines compute the same)"
                raise SpecInvalid([SpecError("/sweep", message, cell.axes)])
    return cells


def cells_at(spec: ExperimentSpec, indices: Iterable[int]) -> list[Cell]:
    """The cells with these indices, without expanding the others."""
    sweep = spec.sweep or Sweep()
    rows = [axis.rows() for axis in sweep.axes]
    return [_cell_at(spec, sweep, rows, index) for index in indices]


def _cell_at(spec: ExperimentSpec, sweep: Sweep, rows: list[list[tuple[Any, ...]]], index: int) -> Cell:
    if not 0 <= index < sweep.size():
        raise ValueError(f"index must be in [0, {sweep.size()}). Got {index} instead.")
    seeds = _seeds(spec)
    at, seed_at = divmod(index, len(seeds))
    places = []
    for axis in reversed(sweep.axes):
        at, place = divmod(at, len(axis))
        places.append(place)
    axes, cell_spec = _set_axes(spec, sweep.axes, tuple(reversed(places)), rows)
    seed = seeds[seed_at]
    seeded = cell_spec.model_copy(update={"seed": seed})
    return Cell(index, seed, axes, seeded, digest(seeded))


def _cells(spec: ExperimentSpec) -> Iterator[Cell]:
    axes = spec.sweep.axes if spec.sweep is not None else ()
    seeds = _seeds(spec)
    rows = [axis.rows() for axis in axes]
    index = 0
    for places in itertools.product(*(range(len(r)) for r in rows)):
        values, one = _set_axes(spec, axes, places, rows)
        for place, (seed, told) in enumerate(zip(seeds, digests(one, seeds), strict=True)):
            cell = Cell(index + place, seed, values, one.model_copy(update={"seed": seed}), told)
            # Rules look at the seed only for its size, so the ends of the range stand for the rest.
            if place in (0, len(seeds) - 1) and (errors := broken_rules(cell.spec)):
                raise SpecInvalid(blamed(errors, cell.index, axes, places, values))
            yield cell
        index += len(seeds)


def _seeds(spec: ExperimentSpec) -> range:
    seeds = spec.sweep.seeds if spec.sweep is not None else None
    return (
        range(seeds.start, seeds.start + seeds.count)
        if seeds is not None
        else range(spec.seed, spec.seed + 1)
    )


def _set_axes(
    spec: ExperimentSpec, axes: tuple[Axis, ...], places: tuple[int, ...], rows: list[list[tuple[Any, ...]]]
) -> tuple[dict[str, Any], ExperimentSpec]:
    if not axes:
        return {}, resolve(spec.model_copy(update={"sweep": None}))
    values: dict[str, Any] = {}
    swept = {path.split("/")[1] for axis in axes for path in axis.swept}
    # What no axis touches is taken over as it is, checked already; own data may be large.
    data = {
        name: getattr(spec, name) for name in ExperimentSpec.model_fields if name not in {*swept, "sweep"}
    }
    data |= spec.model_dump(include=swept)
    for number, (axis, place) in enumerate(zip(axes, places, strict=True)):
        for path, value in zip(axis.swept, rows[number][place], strict=True):
            _put(data, path, value, number)
            values[path] = value
    try:
        return values, resolve(ExperimentSpec.model_validate(data, context=spec.uploads))
    except ValidationError as error:
        errors = from_pydantic(error, data, ExperimentSpec)
        raise SpecInvalid(blamed(errors, None, axes, places, values)) from None


def _put(data: dict[str, Any], path: str, value: Any, axis: int) -> None:
    *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))
    at: Any = data
    for part in parents:
        below = at.get(part) if isinstance(at, dict) else None
        if not isinstance(below, dict):
            names = at if isinstance(at, dict) and part not in at else ()
            message = (
                f"the path of a field of the spec, such as /regularization/l1{did_you_mean(part, names)}"
            )
            raise SpecInvalid([SpecError(f"/sweep/axes/{axis}", message, path)])
        at = below
    at[last] = value


def _check_sweep(sweep: Sweep) -> None:
    if (size := sweep.size()) > MAX_CELLS:
        raise SpecInvalid([SpecError("/sweep", f"at most {MAX_CELLS} cells; this sweep has {size}", size)])
    taken: set[str] = set()
    for number, axis in enumerate(sweep.axes):
        for path in axis.swept:
            if any(path == p or path.startswith(p + "/") for p in _NOT_SWEPT):
                message = "a field that can be swept (seeds go to /sweep/seeds)"
                raise SpecInvalid([SpecError(f"/sweep/axes/{number}", message, path)])
            if any((path + "/").startswith(t + "/") or (t + "/").startswith(path + "/") for t in taken):
                message = "a path that no other axis sets"
                raise SpecInvalid([SpecError(f"/sweep/axes/{number}", message, path)])
            taken.add(path)
