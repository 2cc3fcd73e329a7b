"""Theory ahead of training: what it predicts for the first cells, and what of it deserves a warning."""

from collections.abc import Sequence
from typing import Any

from api.schemas import PredictedRun
from core.problems import affordable, theory
from core.spec import Cell, ExperimentSpec

MAX_PREDICTED = 16


def predict(cells: Sequence[Cell]) -> list[PredictedRun]:
    """Predictions for the first cells, less networks and those whose design is too large for exact theory."""
    return [_predicted(cell) for cell in cells[:MAX_PREDICTED] if _predictable(cell.spec)]


def prediction_warnings(cells: Sequence[Cell], predicted: Sequence[PredictedRun]) -> list[str]:
    """What the predictions for these cells warn of; each names the first cell that it is true of."""
    steps = {cell.index: cell.spec.steps for cell in cells[:MAX_PREDICTED]}
    linear = [cell.index for cell in cells[:MAX_PREDICTED] if not cell.spec.is_network]
    return [
        *_late(predicted, steps),
        *_out_of_regime(predicted),
        *_too_large(linear, predicted),
    ]


def _predictable(spec: ExperimentSpec) -> bool:
    """Whether there is a theory; of networks there is none that has constants."""
    return not spec.is_network and affordable(spec.linear_problem)


def _predicted(cell: Cell) -> PredictedRun:
    found: dict[str, Any] = theory(cell.spec)
    t1, delay = found.get("t1"), found.get("delay")
    return PredictedRun(
        cell=cell.index,
        seed=cell.seed,
        axes=cell.axes,
        t1=t1,
        delay=delay,
        t2=t1 + delay if t1 is not None and delay is not None else None,
        theory=found,
    )


def _late(predicted: Sequence[PredictedRun], steps: dict[int, int]) -> list[str]:
    late = [(one.cell, one.t2) for one in predicted if one.t2 is not None and one.t2 > steps[one.cell]]
    if not late:
        return []
    cell, t2 = late[0]
    where = _where([cell for cell, _ in late], len(steps))
    return [f"predicted t2 = {_short(t2)} > steps = {_short(steps[cell])} ({where})"]


def _out_of_regime(predicted: Sequence[PredictedRun]) -> list[str]:
    unmet: dict[str, list[int]] = {}
    for one in predicted:
        for assumption in one.theory.get("regime", ()):
            unmet.setdefault(assumption, []).append(one.cell)
    return [
        f"out of the regime of the delay law, which needs {assumption} ({_where(cells, len(predicted))})"
        for assumption, cells in unmet.items()
    ]


def _too_large(looked_at: Sequence[int], predicted: Sequence[PredictedRun]) -> list[str]:
    known = {one.cell for one in predicted}
    left_out = [cell for cell in looked_at if cell not in known]
    if not left_out:
        return []
    where = _where(left_out, len(looked_at))
    return [f"no prediction: the design is too large for exact theory ({where})"]


def _where(cells: Sequence[int], looked_at: int) -> str:
    if len(cells) == 1:
        return f"cell {cells[0]}"
    return f"{len(cells)} of {looked_at} cells looked at, the first is cell {cells[0]}"


def _short(number: float) -> str:
    """At most four digits, as people write them: 7e5."""
    digits, _, exponent = f"{number:.4g}".partition("e")
    return f"{digits}e{int(exponent)}" if exponent else digits
