"""Figures 4 and 26: delay and floor of the published instance against alpha and beta."""

from collections.abc import Callable, Sequence
from typing import Any

from core.figures.claim import Claim, near
from core.figures.evidence import Run
from core.figures.figure import Figure, Scale
from core.figures.measures import each, exponent, mean_within, predicted, rate, strength, t2
from core.figures.panel import Panel
from core.figures.recipes.sparse import METHODS, RATE, STRENGTH, golden, kept

_LONGER = 0.2
"""Twice t2 alpha beta of this instance, which is 0.1."""
_FLOORS: dict[str, tuple[Callable[[float], float], float, str]] = {
    "subgradient": (lambda alpha: 0.070 + 0.65 * alpha, 0.03, "0.070 + 0.65 alpha"),
    "projected_subgradient": (lambda alpha: 0.58 * alpha, 0.05, "0.58 alpha"),
    "proximal": (lambda alpha: 0.0703, 0.01, "0.0703"),
}
"""||a - a*||_1 / (n beta) by method: the law, its tolerance, the law in words."""
_PATHS = (
    "/optimizer/kind",
    RATE,
    STRENGTH,
    "/steps",
    "/record/every",
    "/detect/train_threshold",
    "/detect/test_threshold",
)


def _spec(rates: Sequence[float], strengths: Sequence[float]) -> dict[str, Any]:
    rows = [
        [kind, alpha, beta, *_lengths(alpha, beta), *[_threshold(beta)] * 2]
        for kind in METHODS
        for beta in strengths
        for alpha in rates
    ]
    return golden(
        steps=1,
        record=kept("train_error", "test_error", "l1_error_per_dimension", per_decade=20),
        sweep={"axes": [{"paths": list(_PATHS), "values": rows}]},
    )


def _lengths(alpha: float, beta: float) -> tuple[int, int]:
    steps = max(2000, round(_LONGER / (alpha * beta)))
    return steps, max(50, round(steps / 2000 / 50) * 50)


def _threshold(beta: float) -> float:
    # The train error waits at 42 beta; thresholds lie above that.
    return 1e-3 if beta <= 1e-5 else 100 * beta


def _constant(run: Run) -> float:
    return t2(run) / predicted(run, "delay")


def _product(run: Run) -> float:
    return rate(run) * strength(run)


def _floor_over_law(run: Run) -> float:
    steps = float(run.at("/steps"))
    law = _FLOORS[run.at("/optimizer/kind")][0](rate(run))
    return mean_within(run, "l1_error_per_dimension", 0.75 * steps, steps) / strength(run) / law


def _delays(strengths: tuple[float, ...], rates: tuple[float, ...]) -> tuple[Claim, ...]:
    where = {"/optimizer/kind": "subgradient", STRENGTH: strengths, RATE: rates}
    named = f"alpha {min(rates):g} to {max(rates):g}, beta {', '.join(f'{beta:g}' for beta in strengths)}"
    return (
        Claim(
            "C6",
            f"t2 alpha beta / ||a_LS - a*||_inf, threshold 1e-3, {named}",
            near(1.443, off=0.005),
            each(_constant),
            where,
        ),
        Claim(
            "C6", f"exponent of t2 in alpha beta, {named}", near(-1, off=0.005), exponent(t2, _product), where
        ),
    )


def _floors(strengths: tuple[float, ...], rates: tuple[float, ...]) -> tuple[Claim, ...]:
    return tuple(
        Claim(
            "C7",
            f"the last mean of ||a - a*||_1 / (n beta) with {method}, over {words}",
            near(1, rel=tolerance),
            each(_floor_over_law),
            {"/optimizer/kind": method, STRENGTH: strengths, RATE: rates},
        )
        for method, (_, tolerance, words) in _FLOORS.items()
    )


_SMOKE_RATES = (0.0275, 0.055, 0.0825, 0.1)
_RATES = (0.005, 0.01, 0.0275, 0.055, 0.0825, 0.1)
_STRENGTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


def _scales(*, floors: bool) -> tuple[Scale, Scale]:
    smoke = (*_delays((1e-5,), _SMOKE_RATES), *(_floors((1e-5, 1e-4), _SMOKE_RATES) if floors else ()))
    paper = (*_delays((1e-6, 1e-5), _RATES), *(_floors((1e-5, 1e-4), _RATES[1:]) if floors else ()))
    return Scale(_spec(_SMOKE_RATES, (1e-5, 1e-4)), smoke), Scale(_spec(_RATES, _STRENGTHS), paper)


_PLAIN = {"/optimizer/kind": "subgradient"}

FIGURES = (
    Figure(
        "4",
        "The delay goes as 1 / (alpha beta); the error at the end grows with beta",
        (
            Panel("t2", "t2", "scaling", (RATE, STRENGTH), ("t2",), color=STRENGTH, where=_PLAIN),
            Panel(
                "predicted", "predicted delay", "scaling", (RATE, STRENGTH), ("theory.delay",), where=_PLAIN
            ),
            Panel(
                "floor",
                "error at the end, per dimension",
                "scaling",
                (RATE, STRENGTH),
                ("l1_error_per_dimension",),
                color="/optimizer/kind",
            ),
        ),
        *_scales(floors=True),
    ),
    Figure(
        "26",
        "Errors for every step size and strength",
        (
            Panel(
                "train", "train error", "curves", ("step",), ("train_error",), color=STRENGTH, where=_PLAIN
            ),
            Panel("test", "test error", "curves", ("step",), ("test_error",), color=STRENGTH, where=_PLAIN),
        ),
        *_scales(floors=False),
    ),
)
