"""Plates of one metric over another: where runs go."""

from bisect import bisect_left
from collections.abc import Sequence

from core.figures.draw import Path, PathGroup, TrajectoryPlate
from core.figures.draw.plates import Axis
from core.figures.plating.groups import Coloured, R, even_choice, unfinished
from core.figures.plating.source import Recordings


def trajectory_plate(
    runs: Coloured[R],
    x: str,
    y: str,
    recordings: Recordings[R],
    title: str,
    notes: Sequence[str],
    log: Sequence[Axis],
) -> TrajectoryPlate:
    """The paths of the runs in the plane of two metrics."""
    shown = {run.id for run in even_choice(runs)}
    groups = [
        PathGroup(value, [_path(run, x, y, recordings) for run in members if run.id in shown])
        for value, members in runs.groups
    ]
    every = [run for _, members in runs.groups for run in members]
    cut = [f"{len(shown)} of {len(every):,} runs are drawn"] if len(shown) < len(every) else []
    drawn = [group for group in groups if group.paths]
    return TrajectoryPlate(x, y, drawn, runs.axis, title, [*notes, *cut, *unfinished(every)], log)


def _path(run: R, x: str, y: str, recordings: Recordings[R]) -> Path:
    steps, values = recordings.together(run, (x, y))
    xs, ys = values if steps else ([], [])
    one, other = recordings.truth(run, x), recordings.truth(run, y)
    target = None if one is None or other is None else (one[0], other[0])
    return Path(steps, xs, ys, _place(steps, run.t1), _place(steps, run.t2), target)


def _place(steps: Sequence[int], step: int | None) -> int | None:
    """The place of the first recorded step that is not before it."""
    place = len(steps) if step is None else bisect_left(steps, step)
    return place if place < len(steps) else None
