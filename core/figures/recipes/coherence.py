"""Figure 19: one selected measurement makes the coherence 1, whatever their number."""

from typing import Any

from core.figures.claim import Claim, at_most, near
from core.figures.evidence import Runs
from core.figures.figure import Figure, Scale
from core.figures.measures import predicted
from core.figures.panel import Panel
from core.figures.recipes.sparse import golden, kept
from core.spec import selected_rows

_NUMBERS, _SHARE = "/problem/measurements", "/problem/coherence"


def _spec(numbers: list[int], shares: list[float], seeds: int) -> dict[str, Any]:
    return {
        **golden(
            problem={"basis": "orthonormal"},
            model={"init": {"kind": "zeros"}},
            regularization={"l1": 0.0},
            rng="default",
            steps=1,
            # The step of a design with one row would be the first to be too large.
            optimizer={"learning_rate": 1e-4},
            record=kept("train_error", "test_error"),
        ),
        "sweep": {
            "axes": [{"path": _NUMBERS, "values": numbers}, {"path": _SHARE, "values": shares}],
            "seeds": {"start": 1, "count": seeds},
        },
    }


def _coherences(runs: Runs, *, selected: bool) -> list[float]:
    return [
        predicted(run, "mutual_coherence")
        for run in runs
        if (selected_rows(run.at(_NUMBERS), run.at(_SHARE)) >= 1) == selected
    ]


_CLAIMS = (
    Claim(
        "C22",
        "mutual coherence with a selected row",
        near(1, off=1e-9),
        lambda runs: _coherences(runs, selected=True),
    ),
    Claim(
        "C22",
        "mutual coherence without one",
        at_most(0.99),
        lambda runs: _coherences(runs, selected=False),
    ),
)
_SHARES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]

FIGURES = (
    Figure(
        "19",
        "Coherence against the share of selected measurements",
        (
            Panel(
                "coherence",
                "mutual coherence",
                "matrix",
                (_NUMBERS,),
                (_SHARE,),
                value="theory.mutual_coherence",
                log=(),
            ),
        ),
        Scale(_spec([1, 2, 5, 10, 20, 40, 60, 80, 99], [0.0, 0.01, 0.1, 0.5, 1.0], 2), _CLAIMS),
        Scale(_spec(list(range(1, 100)), _SHARES, 10), _CLAIMS),
    ),
)
