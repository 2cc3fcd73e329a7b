"""The published runs: the golden instance and its completions, and what is read off them."""

from typing import Any

import numpy as np

from core.problems import draw, least_squares
from tests.core.training.memory import Memory, cells_of, run

TICK = 1000
"""Steps between two evaluations of the published schedule, from step 1000 on."""
GOLDEN_NORM = 0.1570837
"""||a*||_2 of the golden instance."""
SPARSE_RECORD: dict[str, Any] = {"first": 0, "per_decade": None}
"""Only the first and the last step: what a claim about t1 and t2 needs."""
COMPLETION: dict[str, Any] = {"kind": "matrix_completion", "measurements": 80}


def axis(path: str, *values: object) -> dict[str, Any]:
    return {"path": path, "values": list(values)}


def trained(**over: Any) -> Memory:
    """The golden run with changed fields, or a sweep of such runs as one batch."""
    return run(cells_of(**over))[0]


def ticked(memory: Memory, metric: str, member: int = 0, threshold: float = 1e-3) -> int | None:
    """First recorded step with the metric at or below the threshold."""
    hits = np.flatnonzero(memory.series(metric, member) <= threshold)
    return int(memory.steps(member)[hits[0]]) if len(hits) else None


def golden_gap() -> float:
    """||a_LS - a*||_inf of the golden instance without noise."""
    it = draw(cells_of()[0].spec)
    return float(np.abs(least_squares(it.operator, it.targets) - it.truth).max())


def delays(steps: int, **over: Any) -> list[int | None]:
    """t2 of each run of a sweep over completions of default draws, threshold 1e-2."""
    spec = {
        "problem": COMPLETION,
        "rng": "default",
        "seed": 0,
        "record": SPARSE_RECORD,
        "detect": {"train_threshold": 1e-2, "test_threshold": 1e-2},
        **over,
    }
    memory = trained(steps=steps, **spec)
    return [memory.results[member].t2 for member in sorted(memory.results)]


def median(steps: list[int | None]) -> float:
    """Median, with runs that never got there as infinitely late."""
    return float(np.median([np.inf if step is None else step for step in steps]))
