"""Figures 12, 13, 27 and 28: three methods, over sparsity and number of measurements."""

from typing import Any

from core.figures.claim import Claim, at_least, at_most, exactly, near
from core.figures.evidence import Runs, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import delay, each, known, least, least_rise, paired, t1, t2, tick
from core.figures.panel import Panel
from core.figures.recipes.sparse import METHODS, golden, kept

_METHOD, _SPARSITY, _NUMBERS = "/optimizer/kind", "/problem/sparsity", "/problem/measurements"
_UNDERSTOOD = {
    30: 101_000, 40: 51_000, 50: 39_000, 60: 29_000, 70: 20_000, 80: 14_000, 90: 6_000, 100: 4_000
}  # fmt: skip
_MEMORISED = {30: 60, 40: 101, 50: 163, 60: 556, 70: 926, 80: 3_000, 90: 5_000, 100: 4_000}
"""First ticks of the published schedule, s = 5, subgradient."""
_ALL = tuple(range(10, 101, 10))
_PLAIN = {_METHOD: METHODS[0], _SPARSITY: 5}


def _spec(sparsities: list[int], steps: int) -> dict[str, Any]:
    return golden(
        steps=steps,
        record=kept("train_error", "test_error", "l0_norm", parameters_per_decade=5),
        sweep={
            "axes": [
                {"path": _METHOD, "values": list(METHODS)},
                {"path": _SPARSITY, "values": sparsities},
                {"path": _NUMBERS, "values": list(_ALL)},
            ]
        },
    )


def _apart(runs: Runs) -> list[float]:
    """How far t2 of the other methods is from that of subgradient steps."""
    pairs = paired(runs, _METHOD, METHODS[0])
    return [abs(t2(other) - t2(run)) for run, others in pairs for other in others]


def _zeros(runs: Runs) -> list[float]:
    return [float((known(run, "parameters").values[-1] == 0).sum()) for run in runs]


def _memorised(number: int) -> Claim:
    return Claim(
        "C10",
        f"t1 on the published schedule, s = 5, N = {number}",
        near(_MEMORISED[number], off=1),
        each(lambda run: tick(t1(run))),
        {**_PLAIN, _NUMBERS: number},
    )


def _understood(number: int) -> Claim:
    return Claim(
        "C10",
        f"t2 on the published schedule, s = 5, N = {number}",
        near(_UNDERSTOOD[number], off=1000),
        each(lambda run: tick(t2(run))),
        {**_PLAIN, _NUMBERS: number},
    )


def _falls(runs: Runs) -> float:
    delays = [delay(run) for run in runs]
    if min(delays) <= 0:
        raise Unmeasurable("a run generalised no later than it memorised")
    return least_rise(delays[::-1])


def _same_time(sparsity: int, numbers: tuple[int, ...]) -> Claim:
    return Claim(
        "C9",
        f"distance of t2 from that of subgradient steps, s = {sparsity}, N = {numbers[0]} to {numbers[-1]}",
        at_most(1000),
        _apart,
        {_SPARSITY: sparsity, _NUMBERS: numbers},
    )


_CLAIMS = (
    _same_time(5, _ALL[2:9]),
    Claim(
        "C9",
        "entries of the last proximal iterate that are zero, s = 5, N = 40",
        exactly(95),
        _zeros,
        {_METHOD: "proximal", _SPARSITY: 5, _NUMBERS: 40},
    ),
    Claim(
        "C9",
        "entries of the last subgradient iterate that are zero, s = 5, N = 40",
        exactly(0),
        _zeros,
        {**_PLAIN, _NUMBERS: 40},
    ),
    Claim(
        "C10",
        "least test error, s = 5, N = 10 and 20",
        at_least(0.1),
        each(least("test_error")),
        {**_PLAIN, _NUMBERS: (10, 20)},
    ),
    *(_memorised(number) for number in _MEMORISED),
    *(_understood(number) for number in _UNDERSTOOD),
    Claim(
        "C11",
        "delay over that with ten more measurements, s = 5, least of N = 30 to 90",
        at_least(1),
        _falls,
        {**_PLAIN, _NUMBERS: _ALL[2:]},
    ),
    Claim(
        "C11",
        "delay at N = n over that at N = 30, s = 5",
        at_most(0.01),
        lambda runs: delay(runs[-1]) / delay(runs[0]),
        {**_PLAIN, _NUMBERS: (30, 100)},
    ),
)
_SMOKE = Scale(_spec([5], 300_000), _CLAIMS)
_PAPER = Scale(
    _spec([1, 5, 10, 15], 1_000_000),
    (*_CLAIMS, _same_time(10, _ALL[4:9]), _same_time(15, _ALL[4:9])),
)


def _error(method: str) -> Panel:
    return Panel(
        method,
        f"test error at the end, {method.replace('_', ' ')}",
        "matrix",
        (_NUMBERS,),
        (_SPARSITY,),
        value="test_error",
        where={_METHOD: method},
        log=(),
    )


def _times(id: str, title: str, method: str) -> Figure:
    panels = tuple(
        Panel(
            name,
            name,
            "scaling",
            (_NUMBERS,),
            (name,),
            color=_SPARSITY,
            where={_METHOD: method},
            log=("y",),
        )
        for name in ("t1", "t2")
    )
    return Figure(id, title, panels, _SMOKE, _PAPER)


FIGURES = (
    Figure(
        "12",
        "Three methods recover the same cells",
        tuple(_error(method) for method in METHODS),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "13",
        "More measurements: memorised later, understood sooner",
        (
            Panel(
                "t1", "t1", "scaling", (_NUMBERS,), ("t1",), color=_METHOD, where={_SPARSITY: 5}, log=("y",)
            ),
            Panel(
                "t2", "t2", "scaling", (_NUMBERS,), ("t2",), color=_METHOD, where={_SPARSITY: 5}, log=("y",)
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    _times("27", "Times with projected subgradient steps", "projected_subgradient"),
    _times("28", "Times with proximal steps", "proximal"),
)
