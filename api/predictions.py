"""Theory ahead of training: what it predicts for some cells, and what of it deserves a warning."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.schemas import PredictedRun
from core.problems import Facts, affordable, draw, memorisation_step, theory
from core.spec import Cell, ExperimentSpec

MAX_PREDICTED = 16
ROOM = 2.0
"""Measured delays of single instances are up to some times the predicted ones."""
NEARNESS = 0.9
"""Subgradient steps come as near as this to what theory leaves of an error: they miss it by some percent."""


def predict(cells: Sequence[Cell]) -> list[PredictedRun]:
    """Predictions for some cells, less networks and those whose design is too large for exact theory."""
    return [_predicted(cell) for cell in _looked_at(cells) if _predictable(cell.spec)]


def prediction_warnings(cells: Sequence[Cell], predicted: Sequence[PredictedRun]) -> list[str]:
    """What the predictions for these cells warn of; each names the first cell that it is true of."""
    looked_at = {cell.index: cell.spec for cell in _looked_at(cells)}
    steps = {index: spec.steps for index, spec in looked_at.items()}
    linear = [index for index, spec in looked_at.items() if not spec.is_network]
    return [
        *_out_of_reach(predicted, looked_at),
        *_late(predicted, steps),
        *_out_of_regime(predicted),
        *_too_large(linear, predicted),
    ]


def _looked_at(cells: Sequence[Cell]) -> Sequence[Cell]:
    """All of a few cells; of many those that lie evenly from the first to the last, and so over all axes."""
    if len(cells) <= MAX_PREDICTED:
        return cells
    return [cells[i * (len(cells) - 1) // (MAX_PREDICTED - 1)] for i in range(MAX_PREDICTED)]


def _predictable(spec: ExperimentSpec) -> bool:
    """Whether there is a theory; of networks there is none that has constants."""
    return not spec.is_network and affordable(spec.linear_problem)


def _predicted(cell: Cell) -> PredictedRun:
    facts = Facts(draw(cell.spec))
    found: dict[str, Any] = theory(cell.spec, facts)
    met = memorisation_step(cell.spec, facts)
    t1, delay = found.get("t1") if met is None else float(met), found.get("delay")
    return PredictedRun(
        cell=cell.index,
        seed=cell.seed,
        axes=cell.axes,
        t1=t1,
        delay=delay,
        t2=t1 + delay if t1 is not None and delay is not None else None,
        theory=found,
    )


def _out_of_reach(predicted: Sequence[PredictedRun], specs: Mapping[int, ExperimentSpec]) -> Iterator[str]:
    """Thresholds below what the penalty leaves of an error, before and after t2 alike."""
    for part, step, levels in (
        ("train", "t1", ("train_plateau", "train_floor")),
        ("test", "t2", ("plateau_test_error", "test_floor")),
    ):
        missed: dict[int, tuple[float, float]] = {}
        for one in predicted:
            left = [value for level in levels if (value := one.theory.get(level)) is not None]
            threshold = getattr(specs[one.cell].detect, f"{part}_threshold")
            if len(left) == len(levels) and threshold < NEARNESS * min(left):
                missed[one.cell] = threshold, min(left)
        if missed:
            threshold, least = next(iter(missed.values()))
            where = _where(list(missed), len(specs))
            yield (
                f"{part}_threshold = {_short(threshold)} is below what the penalty leaves of the {part} "
                f"error, about {_short(least)}: no {step} is to be expected ({where})"
            )


def _late(predicted: Sequence[PredictedRun], steps: Mapping[int, int]) -> Iterator[str]:
    """Runs that are to end before t2, and those that will if it comes somewhat later than predicted."""
    known = {one.cell: one.t2 for one in predicted if one.t2 is not None}
    late = [cell for cell, t2 in known.items() if t2 > steps[cell]]
    tight = [cell for cell, t2 in known.items() if t2 <= steps[cell] < ROOM * t2]
    if late:
        yield f"predicted t2 of {_about(known, steps, late[0], 'exceeds')} ({_where(late, len(steps))})"
    if tight:
        yield (
            f"predicted t2 of {_about(known, steps, tight[0], 'leaves little room in')}: many runs take "
            f"several times as long ({_where(tight, len(steps))})"
        )


def _about(t2: Mapping[int, float], steps: Mapping[int, int], cell: int, verb: str) -> str:
    return f"{_short(t2[cell])} {verb} steps = {_short(steps[cell])}"


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
