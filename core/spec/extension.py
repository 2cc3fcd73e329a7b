"""A run that is asked for more steps: whether its state goes on, and what of its record stays."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from core.spec.base import Flag, SpecModel, whole_numbers
from core.spec.cells import Cell
from core.spec.digest import digest
from core.spec.engine import engine_of
from core.spec.errors import SpecInvalid, from_pydantic
from core.spec.experiment import ExperimentSpec, Steps
from core.spec.network_method import Cosine
from core.spec.record import Record, Stop
from core.spec.schedule import parameter_steps, recorded_steps


class Extension(SpecModel, json_schema_extra={"examples": [{"steps": 240000}]}):
    """How many steps runs that succeeded are to have, and which of them."""

    steps: Steps = Field(
        description="number of steps in all; more than each of these runs has", examples=[240000]
    )
    censored_only: Flag = Field(default=False, description="only runs whose t2 was not seen")
    reuse: Flag | None = Field(
        default=None,
        description="take over the result of a run that has so many steps already instead of training; null: "
        "as the spec says",
    )


def parse_extension(data: object) -> Extension:
    """The extension that JSON data describe. Raises SpecInvalid with every fault."""
    try:
        return Extension.model_validate(whole_numbers(data))
    except ValidationError as error:
        raise SpecInvalid(from_pydantic(error, data, Extension)) from None


@dataclass(frozen=True, slots=True)
class Going:
    """How a run of some steps becomes one of more.

    Attributes:
        cell: the longer run.
        goes_on: whether the state after the steps it has is one of the longer run; else it starts afresh.
        scalars, rows: last steps whose scalars and whose parameters, recorded on a schedule of their own, the
            longer run records too.
        unseen: whether the longer run does not look for crossings at the last step, as this one did.
    """

    cell: Cell
    goes_on: bool
    scalars: int
    rows: int
    unseen: bool


def lengthened(cell: Cell, steps: int) -> Going:
    """The run of a cell with more steps. Steps recorded for being the last ones are not recorded by it."""
    spec = cell.spec.model_copy(update={"steps": steps})
    last, own = cell.spec.steps, spec.record.parameters_per_decade > 0
    scalar = is_recorded(spec, last)
    row = last in _rows(spec.record, steps) if own else scalar
    return Going(
        replace(cell, spec=spec, digest=digest(spec)),
        goes_on=engine_of(cell.spec) == engine_of(spec) and not _paced_by_steps(spec),
        scalars=last if scalar else last - 1,
        rows=last if row else last - 1,
        unseen=is_unseen(spec, last),
    )


def end_of(stop: Stop, schedule: NDArray[np.int64], t2: int | None, diverged_at: int | None) -> int:
    """The last step of a run with this schedule, as far as is known of its t2 and divergence."""
    end = int(schedule[-1])
    if stop.when_generalised and t2 is not None:
        place = np.searchsorted(schedule, math.ceil(stop.patience_factor * t2))
        end = int(schedule[min(int(place), len(schedule) - 1)])
    if stop.on_divergence and diverged_at is not None:
        end = min(end, diverged_at)
    return end


def ends_by(spec: ExperimentSpec, step: int, t2: int | None, diverged_at: int | None) -> bool:
    """Whether a run has ended at `step` by the rules of its one-cell spec."""
    if not (spec.stop.when_generalised and t2 is not None) and diverged_at is None:
        return step >= spec.steps
    return end_of(spec.stop, _schedule(spec.record, spec.steps), t2, diverged_at) <= step


def is_recorded(spec: ExperimentSpec, step: int) -> bool:
    """Whether a run of the one-cell spec records a step up to its last."""
    schedule = _schedule(spec.record, spec.steps)
    return bool(schedule[np.searchsorted(schedule, step)] == step)


def is_unseen(spec: ExperimentSpec, step: int) -> bool:
    """Whether crossings at this step are not looked for: networks are evaluated where they are recorded."""
    return spec.is_network and not spec.record.refine_crossings and not is_recorded(spec, step)


def _paced_by_steps(spec: ExperimentSpec) -> bool:
    return spec.is_network and isinstance(spec.network_method.schedule, Cosine)


@lru_cache(maxsize=8)
def _schedule(record: Record, steps: int) -> NDArray[np.int64]:
    return recorded_steps(record, steps)


@lru_cache(maxsize=8)
def _rows(record: Record, steps: int) -> frozenset[int]:
    return frozenset(parameter_steps(record, steps).tolist())
