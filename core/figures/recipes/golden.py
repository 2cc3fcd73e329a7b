"""Figures 3 and 25: the published instance under l1."""

from typing import Any

from core.figures.claim import Claim, between, exactly, near
from core.figures.evidence import Run
from core.figures.figure import Figure, Scale
from core.figures.measures import at_step, each, mean_within, predicted, strength, t1, t2, tick
from core.figures.panel import Panel
from core.figures.recipes.sparse import golden, kept

_SNR, _NOISY = "/problem/snr", 1e8
_DRAWN, _CLEAN = {_SNR: _NOISY}, {_SNR: None}
_METRICS = (
    "train_error",
    "test_error",
    "gradient_ratio",
    "gradient_ratio_masked",
    "l1_norm",
    "l2_norm",
    "l0_norm",
)


def _spec(steps: int) -> dict[str, Any]:
    return golden(
        steps=steps,
        record=kept(*_METRICS, per_decade=100, first=999, every=50, parameters_per_decade=30),
        sweep={"axes": [{"path": _SNR, "values": [_NOISY, None]}]},
    )


def _share_of_plateau(run: Run) -> float:
    return at_step(run, "test_error", t1(run)) / predicted(run, "plateau_test_error")


def _before(run: Run) -> float:
    return mean_within(run, "train_error", 2 * t1(run), t2(run) / 10) / strength(run)


def _after(run: Run) -> float:
    return mean_within(run, "train_error", 1.1 * t2(run), float(run.at("/steps"))) / strength(run)


_CLAIMS = (
    Claim("C2", "t1, the first step with train error 1e-3", exactly(60), each(t1)),
    Claim(
        "C2",
        "t2, the first step with test error 1e-3, on the published schedule",
        near(101_000, off=1000),
        each(lambda run: tick(t2(run))),
    ),
    Claim("C2", "t2 to the step, SNR 1e8", near(100_347, off=1), each(t2), _DRAWN),
    Claim(
        "C4",
        "the test error at t1 over that of the least-squares solution",
        near(1, rel=0.01),
        each(_share_of_plateau),
    ),
    Claim("C5", "the train error from 2 t1 to t2 / 10, over beta", near(42.1, rel=0.01), each(_before)),
    Claim(
        "C5", "the train error from 1.1 t2 on, over beta, no noise", between(16.9, 18.3), each(_after), _CLEAN
    ),
)
_SCALE = Scale(_spec(1_000_000), _CLAIMS)

FIGURES = (
    Figure(
        "3",
        "l1 groks sparse recovery: memorised at t1, understood at t2",
        (
            Panel(
                "errors", "relative errors", "curves", ("step",), ("train_error", "test_error"), where=_DRAWN
            ),
            Panel(
                "ratio",
                "gradient of the penalty over that of the loss",
                "curves",
                ("step",),
                ("gradient_ratio",),
                where=_DRAWN,
            ),
            Panel(
                "components",
                "the 100 entries",
                "components",
                ("step",),
                ("parameters",),
                where=_DRAWN,
                log=("x",),
            ),
        ),
        _SCALE,
        _SCALE,
    ),
    Figure(
        "25",
        "l1 groks sparse recovery: errors, norms, entries",
        (
            Panel(
                "errors", "relative errors", "curves", ("step",), ("train_error", "test_error"), where=_DRAWN
            ),
            Panel(
                "norm",
                "the l1 norm falls to that of a*",
                "curves",
                ("step",),
                ("l1_norm",),
                where=_DRAWN,
                log=("x",),
            ),
            Panel(
                "components",
                "the 100 entries",
                "components",
                ("step",),
                ("parameters",),
                where=_DRAWN,
                log=("x",),
            ),
        ),
        _SCALE,
        _SCALE,
    ),
)
