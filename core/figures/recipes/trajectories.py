"""Figure 24: how the support and the rest of a come to a_LS first, and to a* later."""

from typing import Any

from core.figures.claim import Claim, at_least, at_most, near
from core.figures.evidence import Run
from core.figures.figure import Figure, Scale
from core.figures.measures import at_step, each, last, predicted, t1
from core.figures.panel import Panel
from core.figures.recipes.sparse import SIGNAL_NORM, golden, kept

_NUMBERS = "/problem/measurements"


def _spec(steps: int) -> dict[str, Any]:
    return golden(
        problem={"snr": 1e8},
        steps=steps,
        record=kept(
            "train_error", "test_error", "support_norm", "off_support_norm", per_decade=100, first=999
        ),
        sweep={"axes": [{"path": _NUMBERS, "values": list(range(10, 101, 10))}]},
    )


def _share_of_plateau(run: Run) -> float:
    return at_step(run, "test_error", t1(run)) / predicted(run, "plateau_test_error")


def _claims() -> tuple[Claim, ...]:
    recovering = tuple(range(30, 101, 10))
    return (
        Claim(
            "C4",
            "the test error at t1 over that of the least-squares solution, N = 30",
            near(1, rel=0.01),
            each(_share_of_plateau),
            {_NUMBERS: 30},
        ),
        Claim(
            "C10",
            "||a_S|| at the end over ||a*||, N from 30",
            near(1, rel=0.005),
            each(lambda run: last("support_norm")(run) / SIGNAL_NORM),
            {_NUMBERS: recovering},
        ),
        Claim(
            "C10",
            "||a|| off the support at the end over ||a*||, N from 30",
            at_most(0.005),
            each(lambda run: last("off_support_norm")(run) / SIGNAL_NORM),
            {_NUMBERS: recovering},
        ),
        Claim(
            "C10",
            "||a|| off the support at the end over ||a*||, N = 10 and 20",
            at_least(0.05),
            each(lambda run: last("off_support_norm")(run) / SIGNAL_NORM),
            {_NUMBERS: (10, 20)},
        ),
    )


_SMOKE, _PAPER = Scale(_spec(300_000), _claims()), Scale(_spec(1_000_000), _claims())

FIGURES = (
    Figure(
        "24",
        "Trajectories: first to the least-squares solution, then to the signal",
        (
            Panel(
                "paths",
                "norm off the support against norm on it",
                "trajectory",
                ("support_norm",),
                ("off_support_norm",),
                color=_NUMBERS,
                log=(),
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
)
