"""Figures 7 and 16: weight decay alone from a large start; the error falls and nothing is recovered."""

import math
from typing import Any

from core.figures.claim import Claim, at_least, exactly, near
from core.figures.evidence import Run, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import at_step, each, known, last, predicted, t1
from core.figures.panel import Panel
from core.figures.recipes.sparse import golden, kept

_NUMBERS = [10, 30, 50, 70, 90]
_LARGE, _SMALL = {"kind": "constant", "scale": 10}, {"kind": "constant", "scale": 1e-6}
_PUBLISHED = {"/problem/measurements": 30, "/model/init": _LARGE}


def _spec() -> dict[str, Any]:
    axes = [
        {"path": "/problem/measurements", "values": _NUMBERS},
        {"path": "/model/init", "values": [_LARGE, _SMALL, {"kind": "zeros"}]},
    ]
    return golden(
        problem={"snr": 1e8},
        regularization={"l1": 0.0, "l2_squared": 1e-5},
        steps=100_000_000,
        record=kept("train_error", "test_error", "l2_norm", "gradient_ratio", per_decade=100, first=999),
        sweep={"axes": axes},
    )


def _folding(run: Run) -> float:
    """The time in which the test error falls by one e-folding, between steps 1e5 and 1e6."""
    track = known(run, "test_error")
    kept_ones = (track.steps >= 100_000) & (track.steps <= 1_000_000)
    steps, errors = track.steps[kept_ones], track.values[kept_ones]
    if len(steps) < 2 or errors[-1] >= errors[0]:
        raise Unmeasurable(f"the test error of {run.id} does not fall")
    return float(steps[-1] - steps[0]) / math.log(float(errors[0] / errors[-1]))


def _over_bound(run: Run) -> float:
    return last("test_error")(run) - predicted(run, "projection_bound")


_CLAIMS = (
    Claim("C12", "t1, N = 30, start 10", exactly(118), each(t1), _PUBLISHED),
    Claim(
        "C12",
        "test error at step 1000",
        near(548.6, off=0.05),
        each(lambda run: at_step(run, "test_error", 1000)),
        _PUBLISHED,
    ),
    Claim("C12", "e-folding time of the test error", near(1e6, rel=0.01), each(_folding), _PUBLISHED),
    Claim("C12", "final test error", near(0.84495, off=1e-5), each(last("test_error")), _PUBLISHED),
    Claim("C12", "final ||a||_2", near(0.08402, off=1e-5), each(last("l2_norm")), _PUBLISHED),
    Claim(
        "C13",
        "final test error less the projection bound, every N and start",
        at_least(-1e-6),
        each(_over_bound),
    ),
)
_SCALE = Scale(_spec(), _CLAIMS)

FIGURES = (
    Figure(
        "7",
        "l2 alone from a large start: the test error drops, and stays high",
        (
            Panel(
                "errors",
                "relative errors",
                "curves",
                ("step",),
                ("train_error", "test_error"),
                where=_PUBLISHED,
            ),
            Panel("norm", "the norm of the parameters", "curves", ("step",), ("l2_norm",), where=_PUBLISHED),
        ),
        _SCALE,
        _SCALE,
    ),
    Figure(
        "16",
        "l2 alone: no number of measurements below n recovers",
        (
            Panel(
                "errors",
                "test error, by number of measurements",
                "curves",
                ("step",),
                ("test_error",),
                color="/problem/measurements",
                where={"/model/init": _LARGE},
            ),
            Panel(
                "final",
                "test error at the end",
                "scaling",
                ("/problem/measurements",),
                ("test_error",),
                color="/model/init",
                log=(),
            ),
        ),
        _SCALE,
        _SCALE,
    ),
)
