"""Figures 21 and 22: measurements that see one coordinate each delay and prevent sparse recovery."""

import math
from itertools import pairwise
from typing import Any

from core.figures.claim import Claim, at_least, at_most
from core.figures.evidence import Runs, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import by, middle, recovered, times
from core.figures.panel import Panel
from core.figures.recipes.sparse import golden, kept

_NUMBERS, _SHARE = "/problem/measurements", "/problem/coherence"


def _spec(beta: float, steps: int, numbers: list[int], shares: list[float], seeds: int) -> dict[str, Any]:
    levels = max(1e-3, 100 * beta)
    return {
        **golden(
            regularization={"l1": beta},
            rng="default",
            steps=steps,
            record=kept("train_error", "test_error", per_decade=20),
            detect={"train_threshold": levels, "test_threshold": levels},
        ),
        "sweep": {
            "axes": [{"path": _NUMBERS, "values": numbers}, {"path": _SHARE, "values": shares}],
            "seeds": {"start": 0, "count": seeds},
        },
    }


def _growth(runs: Runs) -> float:
    """The least ratio of the median t2 at a share to that at the share before; infinite medians only grow."""
    medians = [middle(times(group)) for group in by(runs, _SHARE)]
    if not math.isfinite(medians[0]):
        raise Unmeasurable("most seeds have no t2 without selected rows")
    steps = list(pairwise(medians))
    if any(math.isfinite(later) and not math.isfinite(earlier) for earlier, later in steps):
        return 0.0
    finite = [later / earlier for earlier, later in steps if math.isfinite(later)]
    if not finite:
        raise Unmeasurable("most seeds have no t2 at the second share already")
    return min(finite)


def _claims(seeds: int) -> tuple[Claim, ...]:
    return (
        Claim(
            "C21",
            f"median t2 of {seeds} seeds over that at the tau before, N = 30, tau 0, .1, .2, .3",
            at_least(1),
            _growth,
            {_NUMBERS: 30, _SHARE: (0.0, 0.1, 0.2, 0.3)},
        ),
        Claim(
            "C21",
            "share of seeds with a t2, N = 30, tau = 0",
            at_least(0.501),
            lambda runs: recovered(runs) / len(runs),
            {_NUMBERS: 30, _SHARE: 0.0},
        ),
        Claim(
            "C21",
            "share of seeds with a t2, N = 30, tau = .5",
            at_most(0.499),
            lambda runs: recovered(runs) / len(runs),
            {_NUMBERS: 30, _SHARE: 0.5},
        ),
    )


_SMOKE = Scale(_spec(1e-4, 50_000, [30, 60, 90], [0.0, 0.1, 0.2, 0.3, 0.5], 11), _claims(11))
_PAPER = Scale(
    _spec(
        1e-5, 500_000, list(range(10, 101, 10)), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 11
    ),
    _claims(11),
)

FIGURES = (
    Figure(
        "21",
        "Selected measurements delay sparse recovery",
        (
            Panel("t2", "median t2", "matrix", (_NUMBERS,), (_SHARE,), value="t2", log=()),
            Panel(
                "grokked",
                "share of seeds that recover",
                "phase",
                (_NUMBERS,),
                (_SHARE,),
                value="generalised",
                log=(),
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "22",
        "Selected measurements: errors over steps, N = 30",
        (
            Panel(
                "test", "test error", "curves", ("step",), ("test_error",), color=_SHARE, where={_NUMBERS: 30}
            ),
            Panel(
                "final", "test error at the end", "matrix", (_NUMBERS,), (_SHARE,), value="test_error", log=()
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
)
