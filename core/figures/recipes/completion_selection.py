"""Figures 8 and 23: entries of large leverage help completion."""

import math
from typing import Any

from core.figures.claim import Claim, at_least, at_most
from core.figures.evidence import Runs, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import by, middle, recovered, times
from core.figures.panel import Panel
from core.figures.recipes.matrices import completion
from core.figures.recipes.sparse import kept

_SHARE = "/problem/coherence"
_SEEDS = 9


def _spec(alpha: float, beta: float, shares: list[float]) -> dict[str, Any]:
    return completion(
        problem={"measurements": 70},
        regularization={"nuclear": beta},
        optimizer={"learning_rate": alpha},
        # About three times as long as the shares from .5 on take.
        steps=round(12 / (alpha * beta)),
        record=kept("train_error", "test_error", "nuclear_norm"),
        sweep={"axes": [{"path": _SHARE, "values": shares}], "seeds": {"start": 0, "count": _SEEDS}},
    )


def _speed(runs: Runs) -> float:
    """The median over seeds of t2 at tau = 0 over t2; a run without one took its number of steps or more."""
    base, *others = by(runs, _SHARE)
    if len(others) != 1 or len(base) != len(others[0]):
        raise Unmeasurable("there are no pairs of runs to compare")
    steps = float(base[0].at("/steps"))
    ratios = [min(a, steps) / min(b, steps) for a, b in zip(times(base), times(others[0]), strict=True)]
    found = middle(ratios)
    if not math.isfinite(found):
        raise Unmeasurable("the runs end at step 0")
    return found


def _most(share: float) -> Claim:
    return Claim(
        "C31",
        f"seeds of {_SEEDS} that are recovered, tau = {share:g}",
        at_least(_SEEDS // 2 + 1),
        recovered,
        {_SHARE: share},
    )


def _faster(share: float) -> Claim:
    return Claim(
        "C31",
        f"median speed-up of tau = {share:g} over tau = 0",
        at_least(3),
        _speed,
        {_SHARE: (0.0, share)},
    )


_CLAIMS = (
    Claim(
        "C31",
        f"seeds of {_SEEDS} that are recovered, tau = 0",
        at_most(_SEEDS // 3),
        recovered,
        {_SHARE: 0.0},
    ),
    *(claim(share) for share in (0.8, 0.9, 1.0) for claim in (_most, _faster)),
)
_SHARES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
_SMOKE = Scale(_spec(1.0, 1e-3, _SHARES), _CLAIMS)
_PAPER = Scale(_spec(0.1, 1e-5, _SHARES), _CLAIMS)

FIGURES = (
    Figure(
        "8",
        "Data selection helps matrix completion",
        (
            Panel(
                "test", "test error", "curves", ("step",), ("test_error",), color=_SHARE, where={"seed": 1}
            ),
            Panel(
                "recovered",
                "share of seeds that recover",
                "phase",
                (_SHARE,),
                (),
                value="generalised",
                log=(),
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "23",
        "Data selection in matrix completion: times and errors",
        (
            Panel("t2", "t2", "scaling", (_SHARE,), ("t2",), log=("y",)),
            Panel("error", "test error at the end", "scaling", (_SHARE,), ("test_error",), log=("y",)),
        ),
        _SMOKE,
        _PAPER,
    ),
)
