"""Plates of metrics over steps: of one run, and of many."""

from collections.abc import Sequence

from core.figures.draw import CurvesPlate, Group, SweepPlate
from core.figures.plating.groups import Coloured, R, even_choice, unfinished
from core.figures.plating.source import Pictured, Recordings
from core.figures.plating.values import median, predicted_t2
from core.spec import ExperimentSpec

_ONE_RUN, _MANY_RUNS = 1000, 200
"""Points of each metric, at most, where one run is drawn and where many are."""


def run_plate(
    run: R,
    metrics: Sequence[str],
    recordings: Recordings[R],
    title: str,
    notes: Sequence[str],
    *,
    logarithmic: bool | None = None,
) -> CurvesPlate:
    """The curves of one run, with its times, the levels that these are the first to meet, and the truth."""
    (lines,) = recordings.lines([run], metrics, _ONE_RUN)
    return CurvesPlate(
        lines,
        run.t1,
        run.t2,
        predicted_t2(run),
        recordings.levels(run, metrics),
        title,
        [*notes, *end_notes(run)],
        _targets([run], metrics, recordings),
        logarithmic,
    )


def sweep_plate(
    runs: Coloured[R],
    metrics: Sequence[str],
    recordings: Recordings[R],
    title: str,
    notes: Sequence[str],
    *,
    logarithmic: bool | None = None,
) -> SweepPlate:
    """The curves of many runs, of an even choice where they are too many."""
    chosen = even_choice(runs)
    lines = dict(zip((run.id for run in chosen), recordings.lines(chosen, metrics, _MANY_RUNS), strict=True))
    groups = []
    for value, members in runs.groups:
        if drawn := [lines[run.id] for run in members if run.id in lines]:
            t2 = median([run.t2 for run in members if run.over or run.t2 is not None])
            predicted = median([predicted_t2(run) for run in members if run.over])
            groups.append(Group(value, drawn, t2, predicted))
    every = [run for _, members in runs.groups for run in members]
    cut = [f"{len(chosen)} of {len(every):,} runs are drawn"] if len(chosen) < len(every) else []
    truth = _targets([members[0] for _, members in runs.groups], metrics, recordings)
    return SweepPlate(groups, runs.axis, title, [*notes, *cut, *unfinished(every)], truth, logarithmic)


def levels_of(spec: ExperimentSpec, metrics: Sequence[str]) -> list[float]:
    """The thresholds of those of the metrics in which t1 and t2 of a one-cell spec are looked for."""
    looked = f"train_{spec.detect.metric}", f"test_{spec.detect.metric}"
    return [level for name, level in zip(looked, spec.detect.levels, strict=True) if name in metrics]


def _targets(runs: Sequence[R], metrics: Sequence[str], recordings: Recordings[R]) -> list[float]:
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
