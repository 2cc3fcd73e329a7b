"""Figures 10 and 31 to 33: students of a random teacher under l1, l2 and the nuclear norm."""

from collections.abc import Sequence
from typing import Any

from core.figures.claim import Claim, at_least, between, near
from core.figures.evidence import Run, Runs
from core.figures.figure import Figure, Scale
from core.figures.measures import (
    at_step,
    each,
    exponent,
    first,
    first_below,
    last,
    least_rise,
    middle,
    strength,
    t1,
)
from core.figures.panel import Panel

_PENALTY, _RATE = "/regularization", "/optimizer/learning_rate"
_METRICS = ("train_loss", "test_loss", "test_r2", "zero_baseline", "ridge_baseline", "l1_norm", "l2_norm")
_KINDS = ("l1", "nuclear", "l2")
_RATES = (1e-4, 5.5e-4, 1e-3, 5.5e-3, 1e-2, 5.5e-2)
_STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
Row = tuple[str, float, float, int]
"""Penalty, strength, learning rate, steps."""

BASE: dict[str, Any] = {
    "problem": {"kind": "teacher_student"},
    "model": {"kind": "mlp", "hidden": [500], "init": {"kind": "normal_fan_out"}},
    "optimizer": {"kind": "adam", "learning_rate": 1e-3},
}
"""d = 100, hidden 500, C = 2, 100 training and 1,000 test inputs; the student starts too large."""


def _spec(rows: Sequence[Row], seeds: int) -> dict[str, Any]:
    values = [[{kind: beta}, alpha, steps] for kind, beta, alpha, steps in rows]
    return {
        **BASE,
        "steps": 1,
        "record": {"per_decade": 100, "first": 100, "metrics": list(_METRICS)},
        "sweep": {
            "axes": [{"paths": [_PENALTY, _RATE, "/steps"], "values": values}],
            "seeds": {"start": 0, "count": seeds},
        },
    }


def plateau(run: Run) -> float:
    """The test loss at t1."""
    return at_step(run, "test_loss", t1(run))


def half_plateau(run: Run) -> float:
    """The first recorded step whose test loss is at most half of that at t1."""
    return first_below(run, "test_loss", plateau(run) / 2)


def _at_slow_rate(*penalties: tuple[str, float]) -> dict[str, Any]:
    return {_PENALTY: tuple({kind: beta} for kind, beta in penalties), _RATE: 1e-3}


def _order(runs: Runs) -> float:
    """The least ratio of the half-plateau time to that of the penalty before: l1, nuclear, l2."""
    times = [
        middle([half_plateau(run) for run in runs if kind in run.at(_PENALTY) and run.at(_PENALTY)[kind]])
        for kind in _KINDS
    ]
    return least_rise(times)


def _share(run: Run) -> float:
    return plateau(run) / first("test_loss")(run)


def _claims(strengths: tuple[float, ...], final: tuple[float, ...], order: float) -> tuple[Claim, ...]:
    memorising = tuple(beta for beta in strengths if beta <= 1e-2)
    waiting = tuple(beta for beta in strengths if beta <= 1e-3)
    return (
        Claim(
            "C38",
            "median t1 (train loss 1e-2), l1 of at most 1e-2",
            between(57, 63),
            lambda runs: middle([t1(run) for run in runs]),
            _at_slow_rate(*(("l1", beta) for beta in memorising)),
        ),
        Claim(
            "C38",
            "median test loss at t1 over that at the start, l1 of at most 1e-3",
            between(0.5, 0.7),
            lambda runs: middle([_share(run) for run in runs]),
            _at_slow_rate(*(("l1", beta) for beta in waiting)),
        ),
        Claim(
            "C39",
            f"exponent of the half-plateau time in beta, l1 {min(memorising):g} to {max(memorising):g}",
            near(-0.61, off=0.06),
            exponent(half_plateau, strength),
            _at_slow_rate(*(("l1", beta) for beta in memorising)),
        ),
        Claim(
            "C39",
            f"median of the final R^2, l1 {', '.join(f'{beta:g}' for beta in final)}",
            between(0.1, 0.55),
            lambda runs: middle([last("test_r2")(run) for run in runs]),
            _at_slow_rate(*(("l1", beta) for beta in final)),
        ),
        Claim(
            "C39",
            "final test loss over that of tuned ridge regression",
            at_least(1),
            each(lambda run: last("test_loss")(run) / first("ridge_baseline")(run)),
            _at_slow_rate(*(("l1", beta) for beta in final)),
        ),
        Claim(
            "C40",
            f"half-plateau time over that of the penalty before: l1, nuclear, l2, beta = {order:g}",
            at_least(1),
            _order,
            _at_slow_rate(*((kind, order) for kind in _KINDS)),
        ),
    )


_SMOKE = Scale(
    _spec(
        [
            ("l1", 1e-2, 1e-3, 1200),
            ("l1", 1e-3, 1e-3, 1200),
            ("l1", 1e-4, 1e-3, 4000),
            ("nuclear", 1e-2, 1e-3, 1500),
            ("l2", 1e-2, 1e-3, 4000),
        ],
        3,
    ),
    _claims((1e-2, 1e-3, 1e-4), (1e-2,), 1e-2),
)


def _paper(kind: str) -> Scale:
    steps = 100_000
    grid = [(kind, beta, alpha, steps) for alpha in _RATES for beta in _STRENGTHS]
    # What the claims compare, where it is not in the grid.
    beside = [("l1", beta, 1e-3, steps) for beta in _STRENGTHS[1:6]]
    beside += [(other, 1e-3, 1e-3, steps) for other in _KINDS]
    rows = list(dict.fromkeys([*grid, *beside]))
    return Scale(_spec(rows, 1), _claims(_STRENGTHS[1:6], (1e-3,), 1e-3))


def _figure(id: str, kind: str, title: str) -> Figure:
    mine = {_PENALTY: tuple({kind: beta} for beta in _STRENGTHS), _RATE: 1e-3}
    return Figure(
        id,
        title,
        (
            Panel(
                "losses",
                f"losses, {kind}, alpha = 1e-3",
                "curves",
                ("step",),
                ("train_loss", "test_loss"),
                color=_PENALTY,
                where=mine,
            ),
            Panel(
                "r2",
                f"test R^2, {kind}, alpha = 1e-3",
                "curves",
                ("step",),
                ("test_r2",),
                color=_PENALTY,
                where=mine,
                log=("x",),
            ),
        ),
        _SMOKE,
        _paper(kind),
    )


FIGURES = (
    _figure("10", "l1", "A student that starts too large: memorised at once, half forgotten later"),
    _figure("31", "l1", "Teacher and student under l1"),
    _figure("32", "l2", "Teacher and student under l2"),
    _figure("33", "nuclear", "Teacher and student under the nuclear norm"),
)
