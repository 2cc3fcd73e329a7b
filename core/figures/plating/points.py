"""Plates of one number a run over another: laws, and what depends on the setting."""

from collections.abc import Callable, Sequence
from typing import TypeGuard

from core.analysis import NoPowerLaw, fit_power_law
from core.figures.draw import Law, ScalingPlate
from core.figures.draw.plates import Axis
from core.figures.plating.groups import Coloured, R
from core.figures.plating.values import known_up_to, measured, predicted, product

BOTH: tuple[Axis, ...] = ("x", "y")


def scaling_plate(
    runs: Coloured[R],
    x: Sequence[str],
    y: str,
    title: str,
    notes: Sequence[str],
    *,
    log: Sequence[Axis] = BOTH,
    strata: Callable[[R], str] | None = None,
) -> ScalingPlate:
    """A number of each run over a product of fields of its spec.

    Runs that ended before they got to it stand where they ended, and are marked as censored.

    Args:
        y: as `measured` takes it.
        strata: of a run, what a prefactor of the power law belongs to; no law without it, nor on axes of
            which one is linear.
    """
    every = [run for _, members in runs.groups for run in members]
    colours = runs.value_of
    points: list[tuple[R, float, float, bool]] = []
    for run in every:
        at, value, least = product(run, x), measured(run, y), known_up_to(run, y)
        height = least if value is None else value
        if _has_place(at, "x" in log) and _has_place(height, "y" in log):
            points.append((run, at, height, value is None))
    left_out = len(every) - len(points)
    known = [(run, at, height) for run, at, height, censored in points if not censored]
    law = _law(known, strata) if strata is not None and set(log) == set(BOTH) else None
    expected = [predicted(run, y) for run, *_ in points]
    return ScalingPlate(
        x="*".join(x),
        y=y,
        xs=[at for _, at, _, _ in points],
        ys=[height for _, _, height, _ in points],
        predicted=expected if any(one is not None for one in expected) else [],
        law=law,
        left_out=left_out,
        title=title,
        notes=[*notes, *([f"{left_out:,} of {len(every):,} runs have no such value"] if left_out else [])],
        censored=[censored for *_, censored in points],
        colour=runs.axis if len(runs.groups) > 1 else None,
        colours=[colours[run.id] for run, *_ in points] if len(runs.groups) > 1 else [],
        log=list(log),
    )


def _has_place(value: float | None, logarithmic: bool) -> TypeGuard[float]:
    return value is not None and (value > 0 or not logarithmic)


def _law(points: Sequence[tuple[R, float, float]], strata: Callable[[R], str]) -> Law | None:
    try:
        found = fit_power_law(
            [at for _, at, _ in points],
            [value for _, _, value in points],
            [run.seed for run, _, _ in points],
            strata=[strata(run) for run, _, _ in points],
        )
    except NoPowerLaw:
        return None
    return Law(found.exponent, found.prefactor, found.interval)
