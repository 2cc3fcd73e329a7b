"""Figures 9, 17 and 18: depth alone, without a penalty, leans to sparse solutions."""

from typing import Any

from core.figures.claim import Claim, at_most, near
from core.figures.figure import Figure, Scale
from core.figures.measures import each, last, least
from core.figures.panel import Panel
from core.figures.recipes.sparse import SIGNAL_NORM, golden, kept

_NUMBERS = "/problem/measurements"
_PUBLISHED = {
    1: {10: 0.1516, 20: 0.1423, 30: 0.1327, 40: 0.1202},
    2: {10: 0.1258, 20: 0.0360, 30: 0.0200, 40: 0.0174},
    3: {10: 0.1220, 20: 0.0173, 30: 0.0140, 40: 0.0131},
}
"""Least ||a - a*||_2 over 1e6 steps, by depth and N."""
_SYMMETRIC = {1e-2: 0.0207, 1e-3: 0.0039, 1e-4: 0.00079}
"""||a - a*||_2 after 3e5 steps of depth 2 at N = 30, by sign-symmetric start."""
_FLOOR = 0.0127
"""The negative part of a*, out of reach of factors that stay equal and positive."""
_LONG, _SHORT = 1_000_000, 300_000


def _model(depth: int) -> dict[str, Any]:
    scale = 1e-6 if depth == 1 else 1e-2
    return {"kind": "linear", "depth": depth, "init": {"kind": "constant", "scale": scale}}


def _symmetric(scale: float) -> dict[str, Any]:
    return {"kind": "linear", "depth": 2, "init": {"kind": "sign_symmetric", "scale": scale}}


def _spec(depths: list[int], numbers: list[int]) -> dict[str, Any]:
    models = [[_model(depth), _LONG] for depth in depths] + [[_symmetric(g), _SHORT] for g in _SYMMETRIC]
    return golden(
        regularization={"l1": 0.0},
        steps=_LONG,
        record=kept("train_error", "test_error", "l1_norm", per_decade=200),
        sweep={
            "axes": [
                {"paths": ["/model", "/steps"], "values": models},
                {"path": _NUMBERS, "values": numbers},
            ]
        },
    )


def _approach(depth: int, number: int, error: float) -> Claim:
    return Claim(
        "C15",
        f"least ||a - a*||_2 in 1e6 steps, published start, L = {depth}, N = {number}",
        near(error, rel=0.02),
        each(lambda run: SIGNAL_NORM * least("test_error")(run)),
        {"/model": _model(depth), _NUMBERS: number},
    )


def _beyond(scale: float, error: float) -> Claim:
    return Claim(
        "C18",
        f"||a - a*||_2 after 3e5 steps, sign-symmetric start {scale:g}, L = 2, N = 30",
        near(error, rel=0.05),
        each(lambda run: SIGNAL_NORM * last("test_error")(run)),
        {"/model": _symmetric(scale), _NUMBERS: 30},
    )


_CLAIMS = (
    *(_approach(depth, number, error) for depth, row in _PUBLISHED.items() for number, error in row.items()),
    *(_beyond(scale, error) for scale, error in _SYMMETRIC.items()),
    Claim(
        "C18",
        "sign-symmetric start 1e-4: ||a - a*||_2 below the floor of the published start",
        at_most(_FLOOR),
        each(lambda run: SIGNAL_NORM * last("test_error")(run)),
        {"/model": _symmetric(1e-4), _NUMBERS: 30},
    ),
)
_SMOKE = Scale(_spec([1, 2, 3], [10, 20, 30, 40]), _CLAIMS)
_PAPER = Scale(_spec([1, 2, 3, 4], list(range(10, 101, 10))), _CLAIMS)

FIGURES = (
    Figure(
        "9",
        "Depth without a penalty: error against the number of measurements",
        (
            Panel(
                "error",
                "test error at the end",
                "scaling",
                (_NUMBERS,),
                ("test_error",),
                color="/model",
                log=("y",),
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "17",
        "Depth without a penalty: errors over steps, N = 30",
        (
            Panel(
                "train",
                "train error",
                "curves",
                ("step",),
                ("train_error",),
                color="/model",
                where={_NUMBERS: 30},
            ),
            Panel(
                "test",
                "test error",
                "curves",
                ("step",),
                ("test_error",),
                color="/model",
                where={_NUMBERS: 30},
            ),
        ),
        _SMOKE,
        _PAPER,
    ),
    Figure(
        "18",
        "Depth without a penalty: when it memorises and when it generalises",
        (
            Panel("t1", "t1", "scaling", (_NUMBERS,), ("t1",), color="/model", log=("y",)),
            Panel("t2", "t2", "scaling", (_NUMBERS,), ("t2",), color="/model", log=("y",)),
        ),
        _SMOKE,
        _PAPER,
    ),
)
