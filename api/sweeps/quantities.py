"""Quantities of many runs by name: results, fields of the spec, symbols of the paper, and their products."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.errors import Fault, InvalidRequest
from api.sweeps.cells import Cells
from core.spec import is_vector_metric, metric_names
from core.store import CellRun

SYMBOLS: Mapping[str, str] = {
    "alpha": "/optimizer/learning_rate",
    "n": "/problem/dimension",
    "N": "/problem/measurements",
    "s": "/problem/sparsity",
    "r": "/problem/rank",
    "tau": "/problem/coherence",
    "L": "/model/depth",
}
"""Symbols of the paper and the fields that they stand for; `beta` is the one penalty that the runs have."""
MOST_TERMS = 16
STEPS = ("t1", "t2", "delay", "ratio")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A product of terms.

    Attributes:
        text: the product, its symbols written as fields.
        fields: pointers of the terms that are fields of the spec.
        values: of each run of some cells, as `quantity` tells. Shape (runs,).
        final, theory: whether it reads final metrics, or theory.
    """

    text: str
    fields: tuple[str, ...]
    terms: tuple[Callable[[CellRun], float], ...]
    final: bool
    theory: bool

    def values(self, cells: Cells) -> Floats:
        """Of each run. NaN: there is none; infinite: the run did not get there. Shape (runs,)."""
        columns = [np.array([term(run) for run in cells.runs], np.float64) for term in self.terms]
        with np.errstate(invalid="ignore", over="ignore"):
            return np.asarray(np.prod(columns, axis=0), np.float64)


def quantity(text: str, parameter: str, cells: Cells) -> Quantity:
    """The quantity that a text names: terms joined by `*`.

    A term is a step (`t1`, `t2`, `delay`, or `ratio`, the delay over that of theory), `theory.delay` or
    another prediction, a final metric such as `l1_norm`, a pointer to a number of the spec, swept or not,
    or a symbol. Steps are infinite of runs that ended without them.

    Raises InvalidRequest for a term that is none of these, and for more than `MOST_TERMS`.
    """
    terms = text.split("*")
    if len(terms) > MOST_TERMS:
        raise _refusal(parameter, f"a product of at most {MOST_TERMS} terms", text)
    names = [_field(term.strip(), parameter, cells) for term in terms]
    fields = tuple(name for name in names if name.startswith("/"))
    return Quantity(
        "*".join(names),
        fields,
        tuple(_term(name, cells) for name in names),
        final=any(_is_metric(name) for name in names),
        theory=any(name == "ratio" or name.startswith("theory.") for name in names),
    )


def _field(name: str, parameter: str, cells: Cells) -> str:
    """The term, a symbol as the field that it stands for. Raises InvalidRequest for no term."""
    name = field_of(name, parameter, cells.axes, cells.spec)
    if name in STEPS or name.startswith("theory.") or _is_metric(name):
        return name
    if not name.startswith("/"):
        known = ", ".join([*STEPS, "theory.NAME", "a final metric", "beta", *SYMBOLS])
        raise _refusal(parameter, f"a product of {known} and pointers such as /regularization/l1", name)
    if not any(not math.isnan(_number(name, run, cells.spec)) for run in cells.runs):
        axes = ", ".join(cells.axes) or "none"
        raise _refusal(parameter, f"a number of the spec or an axis (the axes: {axes})", name)
    return name


def field_of(name: str, parameter: str, axes: Iterable[str], spec: Mapping[str, Any]) -> str:
    """The field that a symbol stands for, and anything else as it is.

    Raises InvalidRequest for `beta` where there is not one penalty.
    """
    return _penalty(parameter, axes, spec) if name == "beta" else SYMBOLS.get(name, name)


def _penalty(parameter: str, axes: Iterable[str], spec: Mapping[str, Any]) -> str:
    swept = {path for path in axes if path.startswith("/regularization/")}
    strengths = spec.get("regularization") or {}
    given = {f"/regularization/{name}" for name, value in strengths.items() if _real(value) > 0}
    if len(swept | given) != 1:
        names = ", ".join(sorted(swept | given)) or "none"
        raise _refusal(
            parameter, f"a pointer in place of beta, which needs one penalty (here: {names})", "beta"
        )
    return next(iter(swept | given))


def _is_metric(name: str) -> bool:
    return name.partition("[")[0] in metric_names() and not is_vector_metric(name)


def _term(name: str, cells: Cells) -> Callable[[CellRun], float]:
    if name.startswith("/"):
        return lambda run: _number(name, run, cells.spec)
    if name in STEPS:
        step = _STEPS[name]
        return lambda run: step(run) if run.state == "succeeded" else math.nan
    if name.startswith("theory."):
        key = name.removeprefix("theory.")
        return lambda run: _real((run.theory or {}).get(key))
    return lambda run: _real((run.final or {}).get(name)) if run.state == "succeeded" else math.nan


def _number(pointer: str, run: CellRun, spec: Mapping[str, Any]) -> float:
    """The number at the pointer in the spec of the run's cell, NaN where there is none."""
    if pointer in run.axes:
        return _real(run.axes[pointer])
    for path, value in run.axes.items():
        if pointer.startswith(path + "/"):
            return _real(_below(value, pointer.removeprefix(path)))
    return _real(_below(spec, pointer))


def _below(value: Any, pointer: str) -> Any:
    for part in pointer[1:].split("/"):
        value = value.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(value, Mapping) else None
    return value


def _real(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _reached(step: int | None) -> float:
    return math.inf if step is None else float(step)


def _delay(run: CellRun) -> float:
    if run.t1 is None:
        # What generalised without memorising has no delay; what did neither did not get there.
        return math.inf if run.t2 is None else math.nan
    return math.inf if run.t2 is None else float(run.t2 - run.t1)


def _ratio(run: CellRun) -> float:
    predicted = _real((run.theory or {}).get("delay"))
    return _delay(run) / predicted if predicted > 0 else math.nan


_STEPS: Mapping[str, Callable[[CellRun], float]] = {
    "t1": lambda run: _reached(run.t1),
    "t2": lambda run: _reached(run.t2),
    "delay": _delay,
    "ratio": _ratio,
}


def _refusal(parameter: str, allowed: str, value: str) -> InvalidRequest:
    fault = Fault(f"/query/{parameter}", allowed, value)
    return InvalidRequest(f"{fault.pointer}: must be {fault.message}. Got {value[:200]!r} instead.", [fault])
