"""Plates of many runs: their curves, a law, a matrix, a phase map."""

import json

from api.pictures.axes import colour_axis, plane, scaling_factor
from api.pictures.question import Question, check_value, refused
from api.pictures.recordings import StoredRecordings
from api.pictures.run_plates import title_of
from api.pictures.subject import PictureRun, Subject
from api.run_analysis import detected_metrics
from api.sweeps.cells import axes_beside
from core.figures import plating
from core.figures.draw import MatrixPlate, PhasePlate, ScalingPlate, SweepPlate, wording
from core.figures.plating import Coloured, coloured, even_choice, product
from core.spec import has_test


def drawn_runs(subject: Subject, asked: Question) -> list[PictureRun]:
    """The runs whose curves a picture of the experiment shows."""
    return even_choice(_by_colour(subject, asked))


def sweep_plate(recordings: StoredRecordings, asked: Question) -> SweepPlate:
    """The curves of many runs."""
    subject = recordings.subject
    spec = subject.cell_spec(subject.runs[0])
    metrics = asked.metrics or detected_metrics(spec)[: 2 if has_test(spec) else 1]
    return plating.sweep_plate(_by_colour(subject, asked), metrics, recordings, title_of(subject), [])


def scaling_plate(subject: Subject, asked: Question) -> ScalingPlate:
    """A value of each run against a number of its spec, and the power law through them."""
    x, y = scaling_factor(subject, asked.x), check_value("y", asked.y or "delay")
    pointers = x.split("*")
    if not any((product(run, pointers) or 0) > 0 for run in subject.runs):
        raise refused("x", "a JSON pointer of positive numbers, or such joined by `*`", x)
    others = axes_beside(subject.runs[0].spec, pointers)

    def stratum(run: PictureRun) -> str:
        return json.dumps([run.seed, *(run.at(path) for path in others)], sort_keys=True)

    colour = None if asked.colour is None else colour_axis(subject, asked)
    runs = coloured(subject.runs, colour)
    return plating.scaling_plate(runs, pointers, y, title_of(subject), [], strata=stratum)


def matrix_plate(subject: Subject, asked: Question) -> MatrixPlate:
    """The median of a value over two axes."""
    value = check_value("value", asked.value or "t2")
    x, y = plane(subject, asked)
    return plating.matrix_plate(subject.runs, x, y, value, title_of(subject), _together(subject, x, y))


def phase_plate(subject: Subject, asked: Question) -> PhasePlate:
    """How the runs of each cell end."""
    x, y = plane(subject, asked)
    notes = _together(subject, x, y)
    return plating.phase_plate(subject.runs, x, y, title_of(subject), notes, finer=subject.finer)


def _together(subject: Subject, *axes: str) -> list[str]:
    """A note on what runs of one cell differ in, but for their seeds."""
    others = [wording.axis_name(path) for path in subject.axes if path not in axes]
    return [f"each cell: all {', '.join(others)}"] if others else []


def _by_colour(subject: Subject, asked: Question) -> Coloured[PictureRun]:
    return coloured(subject.runs, colour_axis(subject, asked))
