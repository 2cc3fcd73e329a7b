"""Plates of metrics over steps: of one run, and of many."""

from collections.abc import Sequence

from core.figures.draw import CurvesPlate, Group, Line, SweepPlate
from core.figures.draw.colouring import is_number
from core.figures.plating.groups import Coloured, R, unfinished
from core.figures.plating.source import Pictured, Recordings
from core.figures.plating.values import median, predicted_t2

ONE_RUN, MANY_RUNS = 1000, 200
"""Points of each metric, at most, where one run is drawn and where many are."""


def run_plate(
    run: Pictured,
    lines: Sequence[Line],
    title: str,
    notes: Sequence[str],
    *,
    targets: Sequence[float] = (),
    logarithmic: bool | None = None,
) -> CurvesPlate:
    """The curves of one run with its times, and the levels of the metrics in which these are looked for."""
    found = run.at("/detect/metric")
    detected = any(line.metric in (f"train_{found}", f"test_{found}") for line in lines)
    levels = [run.at(f"/detect/{data}_threshold") for data in ("train", "test")] if detected else []
    return CurvesPlate(
        lines,
        run.t1,
        run.t2,
        predicted_t2(run),
        [level for level in levels if is_number(level)],
        title,
        [*notes, *end_notes(run)],
        targets,
        logarithmic,
    )


def sweep_plate(
    runs: Coloured[R],
    shown: Sequence[R],
    lines: Sequence[Sequence[Line]],
    title: str,
    notes: Sequence[str],
    *,
    targets: Sequence[float] = (),
    logarithmic: bool | None = None,
) -> SweepPlate:
    """The curves of many runs, of which those in `shown` have lines."""
    of = {run.id: mine for run, mine in zip(shown, lines, strict=True)}
    every = [run for _, members in runs.groups for run in members]
    groups = []
    for value, members in runs.groups:
        if drawn := [of[run.id] for run in members if run.id in of]:
            t2 = median([run.t2 for run in members if run.over or run.t2 is not None])
            groups.append(Group(value, drawn, t2, median([predicted_t2(run) for run in members if run.over])))
    cut = [f"{len(shown)} of {len(every):,} runs are drawn"] if len(shown) < len(every) else []
    notes = [*notes, *cut, *unfinished(every)]
    return SweepPlate(groups, runs.axis, title, notes, targets, logarithmic)


def targets(runs: Sequence[R], metrics: Sequence[str], recordings: Recordings[R]) -> list[float]:
    """What the truth has of these metrics: of each a number, where it is known and the same for all runs."""
    found = []
    for metric in metrics:
        truths = [recordings.truth(run, metric) for run in runs]
        if len({tuple(truth or ()) for truth in truths}) == 1 and truths[0] is not None:
            found += truths[0]
    return found


def end_notes(run: Pictured) -> list[str]:
    """How a run ended, where that is not what one hopes for."""
    if not run.over:
        return ["not over yet"]
    if run.outcome in ("memorised_only", "never_memorised", "diverged"):
        return [f"{run.outcome.replace('_', ' ')} within {run.steps:,} steps"]
    return []
