"""Figures 11 and 34: a student that is told the slopes of its teacher learns it."""

from collections.abc import Sequence
from typing import Any

from core.figures.claim import Claim, at_least, at_most, near
from core.figures.figure import Figure, Scale
from core.figures.measures import each, first, first_below, last
from core.figures.panel import Panel
from core.figures.recipes.teacher import BASE

_STRENGTH, _RATE = "/regularization/sobolev_1", "/optimizer/learning_rate"
_METRICS = ("train_loss", "test_loss", "test_r2", "ridge_baseline", "jacobian_distance", "l1_norm")
_RATES = (1e-4, 5.5e-4, 1e-3, 5.5e-3, 1e-2, 5.5e-2)
_STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
_TOLD = {_STRENGTH: 0.1, _RATE: 1e-3}


def _spec(rates: Sequence[float], strengths: Sequence[float], steps: int) -> dict[str, Any]:
    axes = [{"path": _STRENGTH, "values": list(strengths)}, {"path": _RATE, "values": list(rates)}]
    return {
        **BASE,
        "regularization": {"sobolev_1": 0.1},
        "steps": steps,
        "record": {"per_decade": 100, "first": 100, "metrics": list(_METRICS)},
        "sweep": {"axes": axes, "seeds": {"start": 0, "count": 1}},
    }


_SOON = Claim(
    "C41",
    "first step with test loss .1, beta = .1",
    near(1060, rel=0.15),
    each(lambda run: first_below(run, "test_loss", 0.1)),
    _TOLD,
)


def _large(low: float) -> Claim:
    return Claim("C41", "||theta||_1 at the end, beta = .1", at_least(low), each(last("l1_norm")), _TOLD)


_PAPER_CLAIMS = (
    _SOON,
    Claim("C41", "test loss at the end, beta = .1", near(0.011, rel=0.2), each(last("test_loss")), _TOLD),
    Claim(
        "C41",
        "test loss at the end over that of tuned ridge regression, beta = .1",
        at_most(0.5),
        each(lambda run: last("test_loss")(run) / first("ridge_baseline")(run)),
        _TOLD,
    ),
    _large(2000),
)
_SMOKE = Scale(_spec([1e-3], [1e-1, 1e-3], 1500), (_SOON, _large(500)))
_PAPER = Scale(_spec(_RATES, _STRENGTHS, 11_000), _PAPER_CLAIMS)

FIGURES = (
    Figure(
        "11",
        "Sobolev training: told the slopes, the student learns its teacher",
        (
            Panel(
                "losses",
                "losses, alpha = 1e-3",
                "curves",
                ("step",),
                ("train_loss", "test_loss"),
                color=_STRENGTH,
                where={_RATE: 1e-3},
            ),
            Panel(
                "r2",
                "test R^2, alpha = 1e-3",
                "curves",
                ("step",),
                ("test_r2",),
                color=_STRENGTH,
                where={_RATE: 1e-3},
                log=("x",),
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "34",
        "Sobolev training: slopes, and norms that stay large",
        (
            Panel(
                "slopes",
                "distance of the slopes",
                "curves",
                ("step",),
                ("jacobian_distance",),
                color=_STRENGTH,
                where={_RATE: 1e-3},
            ),
            Panel(
                "norm", "||theta||_1", "curves", ("step",), ("l1_norm",), color=_STRENGTH, where={_RATE: 1e-3}
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
)
