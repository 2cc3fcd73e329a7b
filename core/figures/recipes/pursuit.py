"""Figure 20: from how many measurements the least l1 norm gives the signal back."""

from typing import Any

from core.figures.claim import Claim, near
from core.figures.evidence import Runs, Unmeasurable
from core.figures.figure import Figure, Scale
from core.figures.measures import by
from core.figures.panel import Panel
from core.figures.recipes.sparse import DIMENSION, golden, kept
from core.spec import selected_rows

_NUMBERS, _SPARSITY, _SHARE = "/problem/measurements", "/problem/sparsity", "/problem/coherence"
_THRESHOLDS = {1: 11, 11: 41, 21: 61, 31: 71}
_RECOVERED = 1e-6


def _spec(sparsities: list[int], numbers: list[int], shares: list[float], seeds: int) -> dict[str, Any]:
    # There are no more columns to select than n.
    rows = [[n, share] for n in numbers for share in shares if selected_rows(n, share) <= DIMENSION]
    return {
        **golden(
            problem={"basis": "orthonormal"},
            regularization={"l1": 0.0},
            rng="default",
            steps=1,
            record=kept("train_error", "test_error"),
            detect={"train_threshold": 1e-6, "test_threshold": _RECOVERED},
        ),
        "optimizer": {"kind": "convex"},
        "sweep": {
            "axes": [
                {"path": _SPARSITY, "values": sparsities},
                {"paths": [_NUMBERS, _SHARE], "values": rows},
            ],
            "seeds": {"start": 0, "count": seeds},
        },
    }


def _threshold(runs: Runs) -> float:
    """The first N at which more than half of the seeds are recovered."""
    for group in by(runs, _NUMBERS):
        if 2 * sum(run.final.get("test_error", 1.0) <= _RECOVERED for run in group) > len(group):
            return float(group[0].at(_NUMBERS))
    raise Unmeasurable("most seeds are recovered at no N")


_CLAIMS = tuple(
    Claim(
        "C23",
        f"the first N of 1, 11, 21 .. at which most seeds are recovered, s = {sparsity}, tau = 0",
        near(number, off=10),
        _threshold,
        {_SPARSITY: sparsity, _SHARE: 0.0},
    )
    for sparsity, number in _THRESHOLDS.items()
)


def _panel(share: float) -> Panel:
    return Panel(
        f"tau {share:g}",
        f"share recovered, tau = {share:g}",
        "phase",
        (_NUMBERS,),
        (_SPARSITY,),
        value="generalised",
        where={_SHARE: share},
        log=(),
    )


FIGURES = (
    Figure(
        "20",
        "Recovery by the least l1 norm, over sparsity and number of measurements",
        (_panel(0.0), _panel(0.5), _panel(1.0)),
        Scale(_spec([1, 11, 21, 31], list(range(1, 100, 10)), [0.0, 0.5, 1.0], 5), _CLAIMS),
        Scale(_spec(list(range(1, 100, 10)), list(range(1, 102, 10)), [0.0, 0.5, 1.0], 10), _CLAIMS),
    ),
)
