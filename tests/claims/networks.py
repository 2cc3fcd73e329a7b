"""Runs of the two published network specs with changed fields, as C32 to C41 speak of them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.spec import expand, parse_spec
from tests.claims.trained import Axis, Run, sweep_of, trained_cells

MODULAR: dict[str, Any] = {
    "problem": {"kind": "modular_arithmetic", "modulus": 97, "operation": "+", "train_fraction": 0.4},
    "model": {"kind": "encoder_decoder", "embedding": 64, "hidden": [64], "combine": "matrix_product"},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3, "betas": [0.9, 0.99]},
    "record": {
        "per_decade": None,
        "first": 100,
        "every": 10,
        "metrics": ["train_accuracy", "test_loss", "test_accuracy", "l1_norm", "l2_norm"],
    },
}
"""Evaluated as published: every step to 100, then every 10."""
TEACHER: dict[str, Any] = {
    "problem": {"kind": "teacher_student"},
    "model": {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
    "record": {
        "per_decade": 100,
        "first": 100,
        "metrics": ["train_loss", "test_loss", "test_r2", "mean_baseline", "ridge_baseline", "l1_norm"],
    },
}
"""d = 100, hidden 500, C = 2, 100 training and 1,000 test inputs; t1: train loss at most 1e-2."""
_MERGED = ("problem", "model", "optimizer", "record")


def modular(*axes: Axis, seeds: tuple[int, int] = (0, 1), **over: Any) -> list[Run]:
    """Runs of modular addition with merged problem, model, optimizer and record; seeds (start, count)."""
    return _trained(MODULAR, axes, seeds, over)


def teacher(*axes: Axis, seeds: tuple[int, int] = (0, 1), **over: Any) -> list[Run]:
    """Runs of teacher-student with merged problem, model, optimizer and record; seeds (start, count)."""
    return _trained(TEACHER, axes, seeds, over)


def _trained(
    base: dict[str, Any], axes: tuple[Axis, ...], seeds: tuple[int, int], over: dict[str, Any]
) -> list[Run]:
    merged = {name: {**base[name], **value} if name in _MERGED else value for name, value in over.items()}
    spec = {**base, **merged, "sweep": sweep_of(axes, seeds)}
    return trained_cells(expand(parse_spec(spec)))


def peak(run: Run, name: str) -> tuple[float, int]:
    """The largest recorded value of a metric, and its first step."""
    values = run.series(name)
    place = int(values.argmax())
    return float(values[place]), int(run.steps[place])


def first_below(run: Run, name: str, level: float) -> int | None:
    """The first recorded step with a value at or below the level."""
    return _first(run, run.series(name) <= level)


def plateau(run: Run) -> float | None:
    """The test loss at t1, None for a run that did not memorise."""
    return None if run.result.t1 is None else run.at("test_loss", run.result.t1)


def half_plateau(run: Run) -> int | None:
    """The first recorded step whose test loss is at most half of that at t1."""
    level = plateau(run)
    return None if level is None else first_below(run, "test_loss", level / 2)


def increasing(times: Sequence[float | None]) -> bool:
    """Whether every one is known and later than the one before."""
    known = [time for time in times if time is not None]
    return len(known) == len(times) and all(early < late for early, late in pairwise(known))


def _first(run: Run, holds: NDArray[np.bool_]) -> int | None:
    return int(run.steps[holds.argmax()]) if holds.any() else None
