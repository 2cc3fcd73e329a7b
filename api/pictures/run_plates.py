"""Plates of single runs: curves of scalars, and of the components of vectors."""

from collections.abc import Mapping, Sequence

from api.errors import Conflict
from api.pictures.question import Question, refused
from api.pictures.recordings import StoredRecordings
from api.pictures.subject import PictureRun, Subject
from api.run_analysis import detected_metrics
from core.figures.draw import CurvesPlate, VectorsPlate, wording
from core.figures.plating import run_plate, vectors_plate
from core.spec import ExperimentSpec, has_test, is_vector_metric
from core.store import MetricSummary

_MOST_RUNS = 6
"""Runs of an experiment whose vectors are drawn, a plate each."""


def curves_plate(recordings: StoredRecordings, asked: Question) -> CurvesPlate:
    """The curves of the subject's one run."""
    subject = recordings.subject
    (run,) = subject.runs
    metrics = chosen_scalars(recordings.recorded(run), asked, subject.cell_spec(run))
    return run_plate(run, metrics, recordings, title_of(subject, run), [])


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


def vector_plates(recordings: StoredRecordings, asked: Question) -> list[VectorsPlate]:
    """A plate a run, of the first few runs where there are many.

    Raises Conflict where there are no vectors, InvalidRequest for a metric that a run did not record.
    """
    runs = recordings.subject.runs
    shown = runs[:_MOST_RUNS]
    cut = [f"{len(shown)} of {len(runs):,} runs are shown"] if len(shown) < len(runs) else []
    plates = [plate for run in shown for plate in _vectors_of(recordings, run, asked, cut)]
    if not plates:
        kind = asked.kind or "components"
        metric = "parameters" if kind == "components" else "singular_values"
        raise Conflict(f"no vectors were recorded for kind {kind}: {metric} in record.metrics asks for them")
    return plates


def _vectors_of(
    recordings: StoredRecordings, run: PictureRun, asked: Question, notes: Sequence[str]
) -> list[VectorsPlate]:
    vectors = [name for name in recordings.recorded(run) if is_vector_metric(name)]
    stem = "singular_values" if asked.kind == "singular_values" else "parameters"
    wanted = asked.metrics or [name for name in vectors if name.startswith(stem)][:1]
    for name in wanted:
        if name not in vectors:
            known = ", ".join(vectors) or "none, for no vectors were recorded"
            raise refused("metric", f"one of {known}", name)
    title = title_of(recordings.subject, run)
    return [vectors_plate(run, name, recordings, title, notes) for name in wanted]


def title_of(subject: Subject, run: PictureRun | None = None) -> str:
    """The name of the experiment, and what sets the run apart in it."""
    apart = []
    if run is not None and subject.spec.sweep is not None:
        apart = [wording.equation(path, run.axes[path]) for path in subject.swept]
        apart += [f"seed {run.seed}"]
    return ", ".join([wording.plain(subject.name or subject.spec.problem.kind.replace("_", " ")), *apart])
