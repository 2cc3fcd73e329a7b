"""Plates of single runs: curves of scalars, and of the components of vectors."""

from collections.abc import Mapping, Sequence

import numpy as np

from api.errors import Conflict
from api.pictures.question import Question, refused
from api.pictures.reading import ONE_RUN, read_lines, read_rows
from api.pictures.subject import PictureRun, Subject
from api.run_analysis import detected_metrics
from api.series_query import recorded_metrics
from core.figures.draw import CurvesPlate, VectorsPlate, wording
from core.problems import draw
from core.spec import ExperimentSpec, affordable, has_test, is_vector_metric, split_name
from core.store import Database, MetricSummary, Reach

_MOST_COMPONENTS = 400
_MOST_RUNS = 6
"""Runs of an experiment whose vectors are drawn, a plate each."""


def curves_plate(db: Database, subject: Subject, reach: Reach, asked: Question) -> CurvesPlate:
    """The curves of the subject's one run."""
    (run,) = subject.runs
    spec = subject.cell_spec(run)
    with db.read() as conn:
        recorded = recorded_metrics(conn, run.recording_id)
    metrics = chosen_scalars(recorded, asked, spec)
    (lines,) = read_lines(db, [run], {run.recording_id: reach}, metrics, ONE_RUN)
    detected = any(metric in detected_metrics(spec) for metric in metrics)
    return CurvesPlate(
        lines,
        run.t1,
        run.t2,
        run.predicted_t2,
        spec.detect.levels if detected else (),
        title_of(subject, run),
        _state_notes(run),
    )


def chosen_scalars(recorded: Mapping[str, MetricSummary], asked: Question, spec: ExperimentSpec) -> list[str]:
    """The asked metrics, or those in which t1 and t2 are looked for, or else all scalars of train and test.

    Raises InvalidRequest for a metric that the run did not record.
    """
    scalars = [name for name in recorded if not is_vector_metric(name)]
    if asked.metrics is not None:
        for name in asked.metrics:
            if recorded and name not in recorded:
                raise refused("metric", f"one of {', '.join(scalars)}", name)
        return list(asked.metrics)
    usual = list(detected_metrics(spec))[: 2 if has_test(spec) else 1]
    if not recorded:
        return usual
    return [name for name in usual if name in recorded] or scalars[:2]


def vector_plates(
    db: Database, subject: Subject, found: Mapping[int, Reach], asked: Question
) -> list[VectorsPlate]:
    """A plate a run, of the first few runs where there are many."""
    shown = subject.runs[:_MOST_RUNS]
    cut = f"{len(shown)} of {len(subject.runs):,} runs are shown" if len(shown) < len(subject.runs) else ""
    plates = [
        plate for run in shown for plate in _vectors_of(db, subject, run, found[run.recording_id], asked, cut)
    ]
    if not plates:
        kind = asked.kind or "components"
        metric = "parameters" if kind == "components" else "singular_values"
        raise Conflict(f"no vectors were recorded for kind {kind}: {metric} in record.metrics asks for them")
    return plates


def _vectors_of(
    db: Database, subject: Subject, run: PictureRun, reach: Reach, asked: Question, cut: str
) -> list[VectorsPlate]:
    with db.read() as conn:
        recorded = recorded_metrics(conn, run.recording_id)
    vectors = [name for name in recorded if is_vector_metric(name)]
    stem = "singular_values" if asked.kind == "singular_values" else "parameters"
    wanted = asked.metrics or [name for name in vectors if name.startswith(stem)][:1]
    for name in wanted:
        if name not in recorded:
            known = ", ".join(vectors) or "none, for no vectors were recorded"
            raise refused("metric", f"one of {known}", name)
    return [_vectors(db, subject, run, reach, recorded[name], cut) for name in wanted]


def _vectors(
    db: Database, subject: Subject, run: PictureRun, reach: Reach, summary: MetricSummary, cut: str
) -> VectorsPlate:
    steps, rows = read_rows(db, run, reach, summary.name, summary.shape)
    truth = _truth(subject.cell_spec(run), summary.name)
    notes = [cut] if cut else []
    width = len(rows[0]) if rows else 0
    if width > _MOST_COMPONENTS:
        kept = _kept_components(truth, width)
        rows = [[row[place] for place in kept] for row in rows]
        truth = None if truth is None else [truth[place] for place in kept]
        notes.append(f"{len(kept)} of {width:,} components are drawn")
    title = title_of(subject, run)
    return VectorsPlate(summary.name, steps, rows, truth, run.t1, run.t2, title, notes)


def _kept_components(truth: Sequence[float] | None, width: int) -> list[int]:
    """Places of those that are not zero in the truth, and of others as far as there is room."""
    nonzero = [] if truth is None else [place for place, value in enumerate(truth) if value]
    others = sorted(set(range(width)) - set(nonzero))
    return sorted([*nonzero, *others][:_MOST_COMPONENTS])


def _truth(spec: ExperimentSpec, metric: str) -> list[float] | None:
    """What the components should become; None where nobody knows, or where drawing it again costs much."""
    if spec.is_network or spec.linear_problem.test != "truth" or not affordable(spec.linear_problem):
        return None
    truth = draw(spec).true_parameters
    if truth is None or np.iscomplexobj(truth):
        return None
    if split_name(metric)[0] == "singular_values":
        values: list[float] = np.linalg.svd(truth, compute_uv=False).tolist()
        # What is zero but for rounding belongs to nothing.
        return [value if value > 1e-9 * values[0] else 0.0 for value in values]
    flat: list[float] = truth.reshape(-1).tolist()
    return flat


def title_of(subject: Subject, run: PictureRun | None = None) -> str:
    """The name of the experiment, and what sets the run apart in it."""
    apart = []
    if run is not None and subject.spec.sweep is not None:
        apart = [f"{wording.axis_name(path)} = {wording.setting(run.axes[path])}" for path in subject.swept]
        apart += [f"seed {run.seed}"]
    return ", ".join([wording.plain(subject.name or subject.spec.problem.kind.replace("_", " ")), *apart])


def _state_notes(run: PictureRun) -> list[str]:
    if not run.over:
        return ["not over yet"]
    if run.outcome in ("memorised_only", "never_memorised", "diverged"):
        return [f"{run.outcome.replace('_', ' ')} within {run.steps:,} steps"]
    return []
