"""Plates of many runs: their curves, a law, a matrix, a phase map."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from api.pictures.axes import axis_choices, plane, scaling_factor, settings_on
from api.pictures.cells import Cells
from api.pictures.question import Question, check_value, refused
from api.pictures.reading import MANY_RUNS, read_lines
from api.pictures.run_plates import title_of
from api.pictures.subject import PictureRun, Subject
from api.run_analysis import detected_metrics
from api.sweeps.cells import axes_beside
from core.analysis import LABELS, UNKNOWN, NoPowerLaw, fit_power_law, median_matrix, phase_map
from core.figures.draw import Group, Law, MatrixPlate, PhasePlate, ScalingPlate, SweepPlate
from core.spec import has_test
from core.store import Database, Reach

MOST_CURVES = 60
"""Runs whose curves are drawn; of more an even choice is."""


def drawn_runs(subject: Subject, asked: Question) -> list[PictureRun]:
    """The runs whose curves a picture of the experiment shows, in cell order."""
    runs = subject.runs
    if len(runs) <= MOST_CURVES:
        return list(runs)
    groups = list(_by_colour(subject, asked).values())
    if len(groups) > MOST_CURVES:
        places = np.linspace(0, len(groups) - 1, MOST_CURVES).round().astype(int)
        groups = [groups[place] for place in places]
    each = MOST_CURVES // len(groups)
    return sorted((run for group in groups for run in group[:each]), key=lambda run: run.cell)


def sweep_plate(db: Database, subject: Subject, found: Mapping[int, Reach], asked: Question) -> SweepPlate:
    """The curves of many runs."""
    shown = drawn_runs(subject, asked)
    spec = subject.cell_spec(subject.runs[0])
    usual = detected_metrics(spec)[: 2 if has_test(spec) else 1]
    metrics = asked.metrics or usual
    lines = dict(
        zip((run.id for run in shown), read_lines(db, shown, found, metrics, MANY_RUNS), strict=True)
    )
    groups = []
    for value, runs in _by_colour(subject, asked).items():
        if any(run.id in lines for run in runs):
            mine = [lines[run.id] for run in runs if run.id in lines]
            t2 = _median([run.t2 for run in runs if run.over or run.t2 is not None])
            predicted = _median([run.predicted_t2 for run in runs if run.over])
            groups.append(Group(_thaw(value), mine, t2, predicted))
    cut = [f"{len(shown)} of {len(subject.runs):,} runs are drawn"] if len(shown) < len(subject.runs) else []
    return SweepPlate(groups, _colour(subject, asked), title_of(subject), [*cut, *_unfinished(subject)])


def _median(values: Sequence[float | None]) -> float | None:
    """Of numbers where None lies above all that is known; None where that is half of them or more."""
    known = np.array([math.inf if value is None else value for value in values], np.float64)
    one = np.zeros(known.size, np.int64)
    middle = float(median_matrix(one, one, known, (1, 1)).values[0, 0])
    return middle if math.isfinite(middle) else None


def scaling_plate(subject: Subject, asked: Question) -> ScalingPlate:
    """A value of each run against a number of its spec, and the power law through them."""
    x, y = scaling_factor(subject, asked.x), check_value("y", asked.y or "delay")
    placed = [(run, at) for run in subject.runs if (at := subject.numbers(run, x)) is not None and at > 0]
    if not placed:
        raise refused("x", "a JSON pointer of positive numbers, or such joined by `*`", x)
    points = [(run, at, value) for run, at in placed if (value := run.value(y)) is not None and value > 0]
    predicted = [run.predicted_delay if y == "delay" else run.predicted_t2 for run, _, _ in points]
    left_out = len(subject.runs) - len(points)
    return ScalingPlate(
        x,
        y,
        [at for _, at, _ in points],
        [value for _, _, value in points],
        predicted if y in ("delay", "t2") else [],
        _law(subject, x, points),
        left_out,
        title_of(subject),
        [f"{left_out:,} of {len(subject.runs):,} runs have no such value"] if left_out else [],
    )


def _law(subject: Subject, x: str, points: Sequence[tuple[PictureRun, float, float]]) -> Law | None:
    others = axes_beside(subject.data, x.split("*"))
    strata = [repr([run.seed, *(subject.setting(run, path) for path in others)]) for run, _, _ in points]
    try:
        found = fit_power_law(
            [at for _, at, _ in points],
            [value for _, _, value in points],
            [run.seed for run, _, _ in points],
            strata=strata,
        )
    except NoPowerLaw:
        return None
    return Law(found.exponent, found.prefactor, found.interval)


def matrix_plate(subject: Subject, asked: Question) -> MatrixPlate:
    """The median of a value over two axes."""
    value = check_value("value", asked.value or "t2")
    x, y = plane(subject, asked)
    cells = Cells.of(subject, x, y)
    numbers = np.array([_counted(value, run.value(value)) for run in cells.runs], np.float64)
    found = median_matrix(cells.rows, cells.columns, numbers, cells.shape)
    medians = [[one if math.isfinite(one) else None for one in row] for row in found.values.tolist()]
    known, counts = found.k.tolist(), found.n.tolist()
    notes = _unfinished(subject)
    return MatrixPlate(x, y, value, cells.xs, cells.ys, medians, known, counts, title_of(subject), notes)


def _counted(name: str, value: float | None) -> float:
    """Steps that a run ended without lie above all others; of the rest it does not count."""
    if value is not None:
        return value
    return math.inf if name in ("t1", "t2", "delay") else math.nan


def phase_plate(subject: Subject, asked: Question) -> PhasePlate:
    """How the runs of each cell end."""
    x, y = plane(subject, asked)
    cells = Cells.of(subject, x, y)
    found = phase_map(cells.rows, cells.columns, [run.outcome for run in cells.runs], cells.shape)
    labels = [
        [None if code == UNKNOWN else LABELS[code].value for code in row]
        for row in cells.filled(found.labels).tolist()
    ]
    agreeing, counts = found.k.tolist(), found.n.tolist()
    notes = _unfinished(subject)
    return PhasePlate(x, y, cells.xs, cells.ys, labels, agreeing, counts, (), title_of(subject), notes)


def _colour(subject: Subject, asked: Question) -> str | None:
    """The axis that colours curves: a strength where one is swept, else the first."""
    if asked.colour is not None:
        if asked.colour != "seed" and asked.colour not in subject.swept:
            raise refused("colour", f"one of {axis_choices([*subject.swept, 'seed'])}", asked.colour)
        return asked.colour
    strengths = [path for path in subject.axes if path.startswith("/regularization")]
    return next(iter([*strengths, *subject.axes]), None)


def _by_colour(subject: Subject, asked: Question) -> dict[Any, list[PictureRun]]:
    colour = _colour(subject, asked)
    groups: dict[Any, list[PictureRun]] = defaultdict(list)
    for run, value in settings_on(subject, colour):
        groups[value].append(run)
    return groups


def _thaw(value: Any) -> Any:
    return value.value


def _unfinished(subject: Subject) -> list[str]:
    waiting = sum(not run.over for run in subject.runs)
    return [f"{waiting:,} of {len(subject.runs):,} runs have not succeeded"] if waiting else []
