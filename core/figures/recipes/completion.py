"""Figures 5, 14 and 15: the nuclear norm completes a matrix, by three methods."""

from typing import Any

import numpy as np

from core.figures.claim import Claim, at_most, between, exactly, near
from core.figures.evidence import Floats, Run, Runs, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import each, known, largest_rise, paired, rate, strength, t1, t2
from core.figures.panel import Panel
from core.figures.recipes.matrices import NUCLEAR_NORM, RANK, SIDE, completion
from core.figures.recipes.sparse import METHODS, kept

_METHOD = "/optimizer/kind"
_PLAIN = {_METHOD: METHODS[0]}
_METRICS = ("train_error", "test_error", "gradient_ratio", "nuclear_norm", "rank", "singular_values")


def _spec(beta: float, steps: int, every: int) -> dict[str, Any]:
    return completion(
        regularization={"nuclear": beta},
        steps=steps,
        record=kept(*_METRICS, per_decade=100, first=300, every=every),
        sweep={"axes": [{"path": _METHOD, "values": list(METHODS)}]},
    )


def _from_geometric(run: Run) -> float:
    """Distance of the train error from (1 - alpha)^t over the first 300 steps, at most, over beta."""
    track = known(run, "train_error")
    early = track.steps <= 300
    law = (1 - rate(run)) ** track.steps[early]
    return float(np.abs(track.values[early] - law).max()) / strength(run)


def _apart(runs: Runs) -> list[float]:
    """How far t2 of the other methods is from that of subgradient steps, times alpha beta."""
    pairs = paired(runs, _METHOD, METHODS[0])
    return [abs(t2(other) - t2(run)) * rate(run) * strength(run) for run, others in pairs for other in others]


def _after_memorising(run: Run, metric: str) -> Floats:
    """The metric from 2 t1 on, where the train error waits; until then the norm grows."""
    track = known(run, metric)
    later = track.values[track.steps >= 2 * t1(run)]
    if not len(later):
        raise Unmeasurable(f"{run.id} ends before 2 t1")
    return later


def _lost_at_once(run: Run) -> float:
    return float(-np.diff(_after_memorising(run, "rank")).min(initial=0))


def _ranks(run: Run) -> float:
    return float(len(np.unique(_after_memorising(run, "rank"))))


def _singular(run: Run) -> float:
    return float((known(run, "singular_values").values[-1] > 1e-9).sum())


def _rise(run: Run) -> float:
    return largest_rise(_after_memorising(run, "nuclear_norm")) / NUCLEAR_NORM


_PROXIMAL = {_METHOD: "proximal"}
_CLAIMS = (
    Claim(
        "C25",
        "distance of the train error from (1 - alpha)^t over 300 steps, over beta, subgradient",
        at_most(0.4),
        each(_from_geometric),
        _PLAIN,
    ),
    Claim(
        "C27",
        "alpha beta |t2 of another method - t2 of subgradient steps|; .01 is a published tick",
        at_most(0.01),
        _apart,
    ),
    Claim("C27", "singular values over 1e-9 at the end, proximal", exactly(RANK), each(_singular), _PROXIMAL),
    Claim("C27", "singular values over 1e-9 at the end, subgradient", exactly(SIDE), each(_singular), _PLAIN),
    Claim(
        "C30",
        "singular values that vanish from one recorded step to the next, at most, proximal",
        exactly(1),
        each(_lost_at_once),
        _PROXIMAL,
    ),
    Claim(
        "C30",
        "ranks on the way from 10 to 2, proximal",
        exactly(SIDE - RANK + 1),
        each(_ranks),
        _PROXIMAL,
    ),
    Claim("C30", "largest rise of ||A||_* over an earlier value, over ||A*||_*", at_most(1e-3), each(_rise)),
    Claim(
        "C30",
        "||A||_* at 2 t1, over ||A*||_*",
        between(1.2, 1.4),
        each(lambda run: float(_after_memorising(run, "nuclear_norm")[0]) / NUCLEAR_NORM),
    ),
    Claim(
        "C30",
        "||A||_* at the end over ||A*||_*",
        near(1, rel=1e-3),
        each(lambda run: float(known(run, "nuclear_norm").values[-1]) / NUCLEAR_NORM),
    ),
)
_SMOKE = Scale(_spec(1e-3, 100_000, 10), _CLAIMS)
_PAPER = Scale(_spec(1e-5, 10_000_000, 1000), _CLAIMS)


def _curves(metric: str, title: str) -> Panel:
    return Panel(metric, title, "curves", ("step",), (metric,), color=_METHOD, log=("x",))


FIGURES = (
    Figure(
        "5",
        "The nuclear norm groks matrix completion",
        (
            Panel(
                "errors", "relative errors", "curves", ("step",), ("train_error", "test_error"), where=_PLAIN
            ),
            Panel(
                "ratio",
                "gradient of the penalty over that of the loss",
                "curves",
                ("step",),
                ("gradient_ratio",),
                where=_PLAIN,
            ),
            Panel("singular", "singular values", "components", ("step",), ("singular_values",), where=_PLAIN),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "14",
        "Matrix completion: errors and nuclear norm, by method",
        (
            Panel("errors", "test error", "curves", ("step",), ("test_error",), color=_METHOD),
            _curves("nuclear_norm", "the nuclear norm falls to that of A*"),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "15",
        "Matrix completion: singular values vanish one by one",
        tuple(
            Panel(
                method,
                f"singular values, {method.replace('_', ' ')}",
                "components",
                ("step",),
                ("singular_values",),
                where={_METHOD: method},
            )
            for method in METHODS
        ),
        _SMOKE,
        _PAPER,
    ),
)
