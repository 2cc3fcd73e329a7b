"""The analysis of a run: what its training found, or what its recorded series say to another question."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.answers import nonfinite
from api.schemas import (
    AnalysisAnswer,
    Crossing,
    Detector,
    PlateauByRule,
    PlateauCrossing,
    PlateauDetector,
)
from api.schemas.results import theory_ratio
from core.analysis import POINTS, REPEATS, TOLERANCE, DetectorKind, Plateau, Reanalysis, reanalyse
from core.analysis import Crossing as Found
from core.problems import theory
from core.spec import Detect, ExperimentSpec, recorded_steps
from core.store import Run, SeriesPart


@dataclass(frozen=True, slots=True)
class Question:
    """How t1 and t2 are to be found."""

    detector: DetectorKind
    train_threshold: float
    test_threshold: float
    sustained: int

    def answered_by_training(self, detect: Detect) -> bool:
        """Whether training looked for just this, at every step."""
        return self == Question("threshold", *detect.levels, 1)


def trained_answer(run: Run, spec: ExperimentSpec, known: int) -> AnalysisAnswer:
    """What training found, exact to the step or as the first evaluation that shows it.

    `known` is the last recorded step, 0 before the first.
    """
    asked = Question("threshold", *spec.detect.levels, 1)
    exact = not spec.is_network or spec.record.refine_crossings
    evaluated = None if exact else recorded_steps(spec.record, spec.steps)
    return AnalysisAnswer(
        run=run.id,
        outcome=run.outcome,
        t1=_trained_crossing(run.t1, run, known, evaluated),
        t2=_trained_crossing(run.t2, run, known, evaluated),
        delay=run.delay,
        theory=_theory(run, spec, run.delay),
        detector=_detector(asked, spec, exact=exact),
    )


def recorded_answer(
    run: Run, spec: ExperimentSpec, asked: Question, train: SeriesPart, test: SeriesPart
) -> AnalysisAnswer:
    """What the recorded series say; both have the same steps."""
    complete = run.state == "succeeded"
    found = reanalyse(
        train.steps,
        train.values,
        test.values,
        asked.train_threshold,
        asked.test_threshold,
        detector=asked.detector,
        sustained=asked.sustained,
        direction=spec.detect.direction,
        complete=complete,
        diverged_at=run.diverged_at,
    )
    return AnalysisAnswer(
        run=run.id,
        outcome=found.outcome.value if complete else None,
        t1=_crossing(found.t1),
        t2=_generalisation(found),
        delay=found.delay,
        theory=_theory(run, spec, found.delay),
        detector=_detector(asked, spec, exact=False),
    )


def detected_metrics(spec: ExperimentSpec) -> tuple[str, str]:
    """The series in which t1 and t2 of a one-cell spec are looked for."""
    return f"train_{spec.detect.metric}", f"test_{spec.detect.metric}"


def _trained_crossing(
    step: int | None, run: Run, known: int, evaluated: NDArray[np.int64] | None
) -> Crossing:
    """What is known of a step; a run has been searched as far as it is recorded."""
    if step is not None:
        before = step
        if evaluated is not None and step > 0:
            before = int(evaluated[np.searchsorted(evaluated, step) - 1])
        return Crossing(value=step, status="observed", bracket=(before, step))
    # A run that is still going has not failed to memorise, it only has not yet.
    over = run.state == "succeeded" and run.t1 is None and run.diverged_at is None
    return Crossing(value=None, status="never_memorised" if over else "censored", bracket=(known, None))


def _crossing(found: Found) -> Crossing:
    return Crossing(value=found.value, status=found.status, bracket=found.bracket)


def _generalisation(found: Reanalysis) -> Crossing | PlateauCrossing:
    t2, rule = found.t2, found.plateau
    if rule is None:
        return _crossing(t2)
    return PlateauCrossing(value=t2.value, status=t2.status, bracket=t2.bracket, by_rule=_by_rule(rule))


def _by_rule(rule: Plateau) -> PlateauByRule:
    return PlateauByRule(step=rule.step, error=rule.error, final=rule.final)


def _theory(run: Run, spec: ExperimentSpec, delay: int | None) -> dict[str, Any]:
    predicted = run.theory if run.theory is not None else theory(spec)
    compared = theory_ratio(predicted, delay)
    answer = {**predicted, "ratio": compared.ratio if compared is not None else None}
    odd = nonfinite(answer.items())
    return {**answer, "nonfinite": odd} if odd else answer


def _detector(asked: Question, spec: ExperimentSpec, *, exact: bool) -> Detector | PlateauDetector:
    train_metric, test_metric = detected_metrics(spec)
    shared: dict[str, Any] = {
        "train_metric": train_metric,
        "train_threshold": asked.train_threshold,
        "test_metric": test_metric,
        "test_threshold": asked.test_threshold,
        "sustained": asked.sustained,
        "exact": exact,
    }
    if asked.detector == "threshold":
        return Detector(kind="threshold", **shared)
    rule = {"points": POINTS, "tolerance": TOLERANCE, "repeats": REPEATS}
    return PlateauDetector(kind="plateau", **shared, **rule)
