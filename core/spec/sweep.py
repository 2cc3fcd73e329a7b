"""Sweep axes and seeds: how one spec becomes many cells."""

from typing import Annotated, Any

import numpy as np
from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.spec.base import MAX_SAFE_INTEGER, Integer, Real, SpecModel, whole_numbers

MAX_CELLS = 100_000
"""Runs that one experiment may have."""

_LARGEST_EXPONENT = 100
"""Of what is an exponent by mistake."""

Pointer = Annotated[
    str,
    Field(max_length=200, pattern=r"^(/[^/\x00-\x1f]+)+$"),
]


class Grid(SpecModel):
    """`num` values from start to stop, both included."""

    start: Real = Field(description="first value", examples=[1e-6])
    stop: Real = Field(description="last value", examples=[1e-4])
    num: Annotated[Integer, Field(ge=1, le=MAX_CELLS)] = Field(description="number of values", examples=[5])


def _tell_forms(schema: dict[str, Any]) -> None:
    """Adds to the schema of an axis which of its fields go together.

    Told as what it must not be, for generators of clients make several models of a `oneOf`.
    """
    path, paths, *grids = (_given(name) for name in ("path", "paths", "values", "linspace", "logspace"))
    values = grids[0]
    schema["not"] = {
        "anyOf": [
            {"allOf": [path, paths]},
            {"not": {"anyOf": [path, paths]}},
            {"allOf": [paths, {"not": values}]},
            {"not": {"oneOf": grids}},
        ]
    }


def _given(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


class Axis(SpecModel):
    """One axis: `path` with values, linspace or logspace; or zipped, `paths` with `values` as rows."""

    model_config = ConfigDict(json_schema_extra=_tell_forms)

    path: Pointer | None = Field(
        default=None,
        description="JSON pointer of the swept field, such as /regularization/l1",
        examples=["/regularization/l1"],
    )
    paths: Annotated[tuple[Pointer, ...], Field(min_length=1, max_length=16)] | None = Field(
        default=None,
        description="JSON pointers of fields that move together, such as /regularization/l1",
        examples=[["/regularization/l1", "/optimizer/learning_rate"]],
    )
    values: Annotated[tuple[Any, ...], Field(min_length=1, max_length=MAX_CELLS)] | None = Field(
        default=None,
        description="values of the field, whole objects too; with `paths` rows of one value each",
        examples=[[1e-6, 1e-5], [[1e-5, 0.1], [1e-4, 0.01]]],
    )
    linspace: Grid | None = Field(default=None, description="equal distances; points are not rounded")
    logspace: Grid | None = Field(
        default=None, description="equal ratios; ends are values, not exponents, and both positive"
    )

    @field_validator("logspace")
    @classmethod
    def _positive(cls, logspace: Grid | None) -> Grid | None:
        if logspace is None or min(logspace.start, logspace.stop) > 0:
            return logspace
        message = "the ends of `logspace` are values, not exponents, and greater than 0"
        ends = logspace.start, logspace.stop
        if all(end and end.is_integer() and abs(end) <= _LARGEST_EXPONENT for end in ends):
            message += (
                f": for 10^{ends[0]:g} to 10^{ends[1]:g} write start = 1e{ends[0]:g}, stop = 1e{ends[1]:g}"
            )
        raise PydanticCustomError("axis_form", message)

    @model_validator(mode="after")
    def _one_form(self) -> "Axis":
        if (self.path is None) == (self.paths is None):
            raise PydanticCustomError("axis_form", "an axis has either `path` or `paths`")
        given = [name for name in ("values", "linspace", "logspace") if getattr(self, name) is not None]
        if len(given) != 1 or (self.paths is not None and given != ["values"]):
            raise PydanticCustomError(
                "axis_form",
                "an axis has exactly one of `values`, `linspace`, `logspace`; `paths` has `values`",
            )
        if self.paths is not None and not all(
            isinstance(row, list | tuple) and len(row) == len(self.paths) for row in self.values or ()
        ):
            raise PydanticCustomError(
                "axis_form", "each row of a zipped axis has one value for each of `paths`"
            )
        return self

    @property
    def swept(self) -> tuple[str, ...]:
        """Pointers that this axis sets."""
        return self.paths if self.paths is not None else (self.path or "",)

    def __len__(self) -> int:
        grid = self.linspace or self.logspace
        return grid.num if grid is not None else len(self.values or ())

    def rows(self) -> list[tuple[Any, ...]]:
        """The settings along the axis, one tuple of values (as many as `swept`) each."""
        if self.values is not None:
            return [tuple(v) for v in self.values] if self.paths is not None else [(v,) for v in self.values]
        grid = self.linspace or self.logspace
        assert grid is not None
        if self.linspace is not None:
            points = np.linspace(grid.start, grid.stop, grid.num)
        else:
            points = 10.0 ** np.linspace(np.log10(grid.start), np.log10(grid.stop), grid.num)
        points[0], points[-1] = grid.start, grid.stop if grid.num > 1 else grid.start
        return [(whole_numbers(float(v)),) for v in points]


class Seeds(SpecModel):
    """`count` consecutive seeds from `start`."""

    start: Annotated[Integer, Field(ge=0, le=MAX_SAFE_INTEGER - MAX_CELLS)] = Field(
        default=0, description="first seed", examples=[0]
    )
    count: Annotated[Integer, Field(ge=1, le=MAX_CELLS)] = Field(
        default=1, description="number of seeds", examples=[5]
    )


class Sweep(SpecModel):
    """Cells are the grid of the axes (last axis fastest) times the seeds (fastest of all)."""

    axes: Annotated[tuple[Axis, ...], Field(max_length=16)] = Field(
        default=(),
        description="axes of the grid",
        examples=[[{"path": "/regularization/l1", "values": [1e-6, 1e-5]}]],
    )
    seeds: Seeds | None = Field(default=None, description="overrides `seed`")

    def size(self) -> int:
        """Number of cells, known without expanding them."""
        cells = self.seeds.count if self.seeds is not None else 1
        for axis in self.axes:
            cells *= len(axis)
        return cells
