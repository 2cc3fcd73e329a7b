"""Figures 6 and 29: delay of matrix completion against alpha and beta."""

from collections.abc import Sequence
from typing import Any

from core.figures.claim import Claim, at_most, near
from core.figures.evidence import Run, Runs
from core.figures.figure import Figure, Scale
from core.figures.measures import exponent, rate, strength, t2
from core.figures.panel import Panel
from core.figures.recipes.matrices import RATE, STRENGTH, completion
from core.figures.recipes.sparse import kept

_LONG = 4.7
"""A fifth over t2 alpha beta of this instance."""


def _spec(rates: Sequence[float], strengths: Sequence[float]) -> dict[str, Any]:
    # Each cell by itself, the longest first: two of them have most of the steps, and a core each.
    rows = [[beta, alpha, round(_LONG / (alpha * beta))] for beta in strengths for alpha in rates]
    return completion(
        steps=1,
        stop={"when_generalised": True, "patience_factor": 1.2},
        record=kept("train_error", "test_error", "nuclear_norm"),
        sweep={"axes": [{"paths": [STRENGTH, RATE, "/steps"], "values": rows}]},
    )


def _product(run: Run) -> float:
    return rate(run) * strength(run)


def _apart(runs: Runs) -> float:
    """The farthest that t2 of two runs lie apart, times alpha beta."""
    times = [t2(run) * _product(run) for run in runs]
    return max(times) - min(times)


def _same_product(cells: Sequence[tuple[float, float]]) -> Claim:
    named = " and ".join(f"({alpha:g}, {beta:g})" for alpha, beta in cells)
    return Claim(
        "C26",
        f"alpha beta |difference of t2|, (alpha, beta) = {named}; .01 is a published tick",
        at_most(0.01),
        lambda runs: _apart([run for run in runs if (rate(run), strength(run)) in cells]),
        {RATE: tuple(alpha for alpha, _ in cells), STRENGTH: tuple(beta for _, beta in cells)},
    )


def _claims(rates: tuple[float, ...], strengths: tuple[float, ...]) -> tuple[Claim, ...]:
    return (
        _same_product([(1, 1e-4), (0.1, 1e-3)]),
        Claim(
            "C26",
            f"exponent of t2 in alpha beta, alpha {rates[0]:g} to {rates[-1]:g}, "
            f"beta {strengths[0]:g} to {strengths[-1]:g}",
            near(-1, off=0.1),
            exponent(t2, _product),
            {RATE: rates, STRENGTH: strengths},
        ),
    )


_SMOKE_RATES, _SMOKE_STRENGTHS = (0.1, 0.3, 1), (1e-4, 1e-3)
_RATES, _STRENGTHS = (0.0825, 0.1, 0.75, 0.825, 1, 1.5), (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
_SMOKE = Scale(_spec(_SMOKE_RATES, _SMOKE_STRENGTHS), _claims(_SMOKE_RATES, _SMOKE_STRENGTHS))
_PAPER = Scale(_spec(_RATES, _STRENGTHS), _claims(_RATES, _STRENGTHS[:4]))

FIGURES = (
    Figure(
        "6",
        "Matrix completion: the delay goes as 1 / (alpha beta)",
        (
            Panel("t2", "t2", "scaling", (RATE, STRENGTH), ("t2",), color=STRENGTH),
            Panel("predicted", "predicted delay", "scaling", (RATE, STRENGTH), ("theory.delay",)),
            Panel(
                "error", "test error at the end", "scaling", (RATE, STRENGTH), ("test_error",), color=STRENGTH
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "29",
        "Matrix completion: errors for every step size and strength",
        (
            Panel("train", "train error", "curves", ("step",), ("train_error",), color=STRENGTH),
            Panel("test", "test error", "curves", ("step",), ("test_error",), color=STRENGTH),
        ),
        _SMOKE,
        _PAPER,
    ),
)
