"""Numbers of runs by name: times, predictions, last values, and products of fields of the spec."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.analysis import median_matrix
from core.figures.draw.colouring import is_number
from core.figures.plating.source import Pictured

STEPS = ("t1", "t2", "delay")
"""What a run that ended may not have reached."""


def measured(run: Pictured, name: str) -> float | None:
    """A number of a run; None where there is none that is finite.

    Args:
        name: t1, t2, delay, `theory.NAME`, theory_ratio (delay over that of theory), or a metric at the last
            step.
    """
    match name:
        case "t1":
            found: Any = run.t1
        case "t2":
            found = run.t2
        case "delay":
            found = None if run.t1 is None or run.t2 is None else run.t2 - run.t1
        case "theory_delay":
            found = run.theory.get("delay")
        case "theory_ratio":
            delay, predicted = measured(run, "delay"), measured(run, "theory.delay")
            found = delay / predicted if delay is not None and predicted else None
        case _ if name.startswith("theory."):
            found = run.theory.get(name.removeprefix("theory."))
        case _:
            found = run.final.get(name)
    return float(found) if is_number(found) else None


def counted(run: Pictured, name: str) -> float:
    """The number as medians count it: infinite where the run ended before it, NaN where there is none."""
    value = measured(run, name)
    if value is not None:
        return value
    return math.inf if reachable(run, name) else math.nan


def reachable(run: Pictured, name: str) -> bool:
    """Whether the number is one of steps that longer training might have shown."""
    # What generalised without memorising has no delay.
    return name in STEPS and not (name == "delay" and run.t1 is None and run.t2 is not None)


def known_up_to(run: Pictured, name: str) -> float | None:
    """How large the number is at least, of a run that ended without it; None where that is not known."""
    if not run.over or run.outcome == "diverged" or measured(run, name) is not None:
        return None
    match name:
        case "t1" | "t2":
            return float(run.steps)
        case "delay":
            return None if run.t1 is None or run.t2 is not None else float(run.steps - run.t1)
        case _:
            return None


def predicted(run: Pictured, name: str) -> float | None:
    """What theory says of t1, t2 (after the t1 that was measured) or the delay; None of anything else."""
    match name:
        case "t1":
            return measured(run, "theory.t1")
        case "t2":
            return predicted_t2(run)
        case "delay":
            return measured(run, "theory.delay")
        case _:
            return None


def predicted_t2(run: Pictured) -> float | None:
    """Where theory expects t2, after the t1 that was measured."""
    delay = measured(run, "theory.delay")
    return None if run.t1 is None or delay is None else run.t1 + delay


def product(run: Pictured, pointers: Sequence[str]) -> float | None:
    """The product of numbers of the run's spec; None where one is no number."""
    result = 1.0
    for pointer in pointers:
        factor = run.at(pointer)
        if not is_number(factor):
            return None
        result *= factor
    return result if math.isfinite(result) else None


def median(values: Sequence[float | None]) -> float | None:
    """Of numbers where None lies above all that is known; None where that is half of them or more."""
    known = np.array([math.inf if value is None else value for value in values], np.float64)
    one = np.zeros(known.size, np.int64)
    middle = float(median_matrix(one, one, known, (1, 1)).values[0, 0])
    return middle if math.isfinite(middle) else None
