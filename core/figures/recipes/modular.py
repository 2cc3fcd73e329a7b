"""Figures 1, 2 and 30: modular addition under l1, l2 and the nuclear norm."""

from collections.abc import Sequence
from typing import Any

from core.figures.claim import Claim, at_least, between, near
from core.figures.evidence import Run, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import Measure, each, known, least_rise, most, step_of_most, t1, t2
from core.figures.panel import Panel

_PENALTY, _RATE, _STOP = "/regularization", "/optimizer/learning_rate", "/stop/when_generalised"
_METRICS = (
    "train_accuracy",
    "test_accuracy",
    "train_loss",
    "test_loss",
    "l1_norm",
    "l2_norm",
    "nuclear_norm",
)
_STRENGTHS: dict[str, tuple[float, ...]] = {
    "l1": (1e-5, 5e-6, 1e-6, 1e-7, 1e-8, 5e-9),
    "l2": (5e-5, 1e-5, 5e-6, 1e-6, 5e-7, 1e-7),
    "nuclear": (1e-4, 5e-5, 1e-5, 1e-6, 1e-7, 5e-8),
}
_TIMES = {
    ("l1", 1e-5): 1270,
    ("l1", 1e-6): 1900,
    ("l1", 1e-7): 2670,
    ("l2", 5e-5): 1590,
    ("l2", 1e-6): 2950,
    ("nuclear", 1e-4): 990,
    ("nuclear", 1e-6): 2410,
}
"""t2 at alpha = 1e-2."""
_OVERFIT: dict[str, Any] = {"l2": 1e-6}
_SEED = 0
"""The default. t1 and t2 differ from seed to seed by more than the tolerances of single claims."""
Row = tuple[str, float, float, int, bool]
"""Penalty, strength, learning rate, steps, whether it ends once it has generalised."""


def _spec(rows: Sequence[Row]) -> dict[str, Any]:
    values = [
        [{kind: beta}, alpha, 2048 if kind == "nuclear" else None, steps, stop]
        for kind, beta, alpha, steps, stop in rows
    ]
    paths = [_PENALTY, _RATE, "/optimizer/batch_size", "/steps", _STOP]
    return {
        "problem": {"kind": "modular_arithmetic", "modulus": 97, "operation": "+", "train_fraction": 0.4},
        "model": {"kind": "encoder_decoder", "embedding": 64, "hidden": [64], "combine": "matrix_product"},
        "optimizer": {"kind": "adam", "learning_rate": 1e-2, "betas": [0.9, 0.99]},
        "steps": 1,
        "seed": _SEED,
        "stop": {"patience_factor": 1},
        "record": {"per_decade": None, "first": 100, "every": 10, "metrics": list(_METRICS)},
        "sweep": {"axes": [{"paths": paths, "values": values}]},
    }


def _time(kind: str, beta: float) -> Claim:
    return Claim(
        "C35",
        f"t2, {kind} {beta:g}, alpha = 1e-2",
        near(_TIMES[kind, beta], rel=0.2),
        each(t2),
        {_PENALTY: {kind: beta}, _RATE: 1e-2},
    )


def _later(kind: str, strengths: Sequence[float]) -> Claim:
    named = ", ".join(f"{beta:g}" for beta in strengths)
    return Claim(
        "C35",
        f"t2 over that of the next larger strength, least of {kind} {named}, alpha = 1e-2",
        at_least(1),
        lambda runs: least_rise([t2(run) for run in runs]),
        {_PENALTY: tuple({kind: beta} for beta in strengths), _RATE: 1e-2},
    )


def _understood(run: Run, metric: str) -> list[float]:
    """The metric where the test accuracy is .999 or more."""
    accuracy, track = known(run, "test_accuracy"), known(run, metric)
    kept = track.values[accuracy.values >= 0.999]
    if not len(kept):
        raise Unmeasurable(f"the test accuracy of {run.id} does not come to .999")
    return [float(value) for value in kept]


def _grown(metric: str) -> Measure:
    def number(run: Run) -> float:
        values = _understood(run, metric)
        return values[-1] / min(values)

    return each(number)


_L1 = {_PENALTY: {"l1": 1e-5}, _RATE: 1e-2}
_NORMS = (
    Claim(
        "C37",
        "l1 1e-5, while test accuracy is .999: last ||theta||_2 over its least",
        at_least(1.25),
        _grown("l2_norm"),
        _L1,
    ),
    Claim(
        "C37",
        "l1 1e-5, while test accuracy is .999: last ||theta||_1 over its least: it keeps falling",
        between(1, 1.01),
        _grown("l1_norm"),
        _L1,
    ),
)
_SLOW = {_PENALTY: _OVERFIT, _RATE: 1e-3}
_OVERFITS = (
    Claim(
        "C33",
        "l2 1e-6, alpha = 1e-3: t1 of one seed, where the median of seeds is 540 ± 30",
        near(540, off=60),
        each(t1),
        _SLOW,
    ),
    Claim(
        "C33", "l2 1e-6, alpha = 1e-3: largest ||theta||_2", near(92.6, off=1.5), each(most("l2_norm")), _SLOW
    ),
    Claim(
        "C33", "l2 1e-6, alpha = 1e-3: where it is", near(2160, off=100), each(step_of_most("l2_norm")), _SLOW
    ),
    Claim("C33", "l2 1e-6, alpha = 1e-3: largest test loss", near(40, off=2), each(most("test_loss")), _SLOW),
)


def _known(kind: str) -> tuple[Claim, ...]:
    return tuple(_time(name, beta) for name, beta in _TIMES if name == kind)


def _grid(kind: str, alpha: float, steps: int, *, stop: bool = False) -> list[Row]:
    return [(kind, beta, alpha, steps, stop) for beta in _STRENGTHS[kind]]


_SMOKE_L1: Row = ("l1", 1e-5, 1e-2, 2400, False)
_SMOKE_L2: Row = ("l2", 5e-5, 1e-2, 2100, True)
_SMOKE_NUCLEAR: list[Row] = [("nuclear", 1e-4, 1e-2, 1300, True), ("nuclear", 1e-5, 1e-2, 2000, True)]
_SMOKE_SLOW: Row = ("l2", 1e-6, 1e-3, 2400, False)
_NUCLEAR_LATER = _later("nuclear", (1e-4, 1e-5))

_ONE = Figure(
    "1",
    "Modular addition groks under l1, l2 and the nuclear norm; the l2 norm does not tell",
    (
        *(
            Panel(
                kind,
                f"test accuracy, {kind}",
                "curves",
                ("step",),
                ("test_accuracy",),
                color=_PENALTY,
                where={_PENALTY: tuple({kind: beta} for beta in strengths)},
                log=("x",),
            )
            for kind, strengths in _STRENGTHS.items()
        ),
        Panel(
            "norms",
            "norms of the run with l1 1e-5",
            "curves",
            ("step",),
            ("l1_norm", "l2_norm", "nuclear_norm"),
            where={_PENALTY: {"l1": 1e-5}},
        ),
    ),
    Scale(
        _spec([_SMOKE_L1, _SMOKE_L2, *_SMOKE_NUCLEAR]),
        (_time("l1", 1e-5), _time("l2", 5e-5), _time("nuclear", 1e-4), _NUCLEAR_LATER, *_NORMS),
    ),
    Scale(
        _spec([*_grid("l1", 1e-2, 6090), *_grid("l2", 1e-2, 4090), *_grid("nuclear", 1e-2, 4090)]),
        (
            *(_time(kind, beta) for kind, beta in _TIMES),
            _later("l1", (1e-5, 1e-6, 1e-7)),
            _later("l2", (5e-5, 1e-6)),
            _later("nuclear", (1e-4, 1e-6)),
            *_NORMS,
        ),
    ),
)


def _accuracy(kinds: Sequence[str], alpha: float, *scales: Any) -> Panel:
    penalties = tuple({kind: beta} for kind in kinds for beta in _STRENGTHS[kind])
    return Panel(
        f"{'-'.join(kinds)}-{alpha:g}",
        f"test accuracy, {' and '.join(kinds)}, alpha = {alpha:g}",
        "curves",
        ("step",),
        ("train_accuracy", "test_accuracy"),
        color=_PENALTY,
        where={_PENALTY: penalties, _RATE: alpha},
        log=("x",),
        scales=scales or ("smoke", "paper"),
    )


_PAPER_SLOW: Row = ("l2", 1e-6, 1e-3, 12_000, False)
_GROKS = Claim(
    "C33",
    "l2 1e-6, alpha = 1e-3: t2 of one seed, where the median of seeds is 6,500 to 10,000",
    between(6500, 12_000),
    each(t2),
    _SLOW,
)

_TWO = Figure(
    "2",
    "Modular addition under the nuclear norm, by step size, beside a run that overfits first",
    (
        _accuracy(("nuclear",), 1e-3, "paper"),
        _accuracy(("nuclear",), 1e-2),
        _accuracy(("nuclear",), 1e-1, "paper"),
        Panel(
            "overfits",
            "losses with l2 1e-6, alpha = 1e-3",
            "curves",
            ("step",),
            ("train_loss", "test_loss"),
            where=_SLOW,
        ),
    ),
    Scale(_spec([*_SMOKE_NUCLEAR, _SMOKE_SLOW]), (_time("nuclear", 1e-4), _NUCLEAR_LATER, *_OVERFITS)),
    Scale(
        _spec(
            [
                *_grid("nuclear", 1e-3, 20_000),
                *_grid("nuclear", 1e-2, 10_000),
                *_grid("nuclear", 1e-1, 10_000),
                _PAPER_SLOW,
            ]
        ),
        (*_known("nuclear"), _later("nuclear", (1e-4, 1e-6)), *_OVERFITS, _GROKS),
    ),
)
_THIRTY = Figure(
    "30",
    "Modular addition under l1 and l2, by step size",
    tuple(
        _accuracy((kind,), alpha, *(() if alpha == 1e-2 else ("paper",)))
        for kind in ("l1", "l2")
        for alpha in (1e-3, 1e-2, 1e-1)
    ),
    Scale(_spec([_SMOKE_L1, _SMOKE_L2]), (_time("l1", 1e-5), _time("l2", 5e-5))),
    Scale(
        _spec(
            [
                row
                for kind in ("l1", "l2")
                for alpha, steps in ((1e-3, 20_000), (1e-2, 10_000), (1e-1, 10_000))
                for row in _grid(kind, alpha, steps)
            ]
        ),
        (*_known("l1"), *_known("l2"), _later("l1", (1e-5, 1e-6, 1e-7)), _later("l2", (5e-5, 1e-6))),
    ),
)

FIGURES = (_ONE, _TWO, _THIRTY)
