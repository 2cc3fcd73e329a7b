"""What the detectors found in a run, beside what theory predicts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.answers import nonfinite, resource
from api.lookup import RunId, find_experiment, find_run
from api.operations import not_modified, problems, v1_router
from api.schemas import AnalysisAnswer, Crossing, Detector
from api.schemas.results import theory_ratio
from api.services import ServicesDep
from core.problems import theory
from core.spec import ExperimentSpec, cells_at, parse_spec
from core.store import Run, watermark

router = v1_router("analysis", "/runs/{run_id}")


@router.get(
    "/analysis",
    operation_id="get_run_analysis",
    summary="Analysis of a run",
    response_model=AnalysisAnswer,
    responses={**problems(404), **not_modified()},
)
def get_analysis(services: ServicesDep, request: Request, run_id: RunId) -> Response:
    """t1 and t2 with their status, the detector, and theory beside measurement."""
    with services.db.read() as conn:
        run = find_run(conn, run_id)
        experiment = find_experiment(conn, run.experiment_id)
        known = watermark(conn, run.recording_id).last_step or 0
    spec = cells_at(parse_spec(experiment.spec), [run.cell])[0].spec
    answer = AnalysisAnswer(
        run=run.id,
        outcome=run.outcome,
        t1=_crossing(run.t1, run, known),
        t2=_crossing(run.t2, run, known),
        delay=run.delay,
        theory=_theory(run, spec),
        detector=Detector(
            kind="threshold",
            train_metric="train_error",
            train_threshold=spec.detect.train_threshold,
            test_metric="test_error",
            test_threshold=spec.detect.test_threshold,
            exact=True,
        ),
    )
    return resource(request, answer)


def _crossing(step: int | None, run: Run, known: int) -> Crossing:
    """What is known of a step; a run has been searched as far as it is recorded."""
    if step is not None:
        return Crossing(value=step, status="observed", bracket=(step, step))
    # A run that is still going has not failed to memorise, it only has not yet.
    over = run.state == "succeeded" and run.t1 is None and run.diverged_at is None
    return Crossing(value=None, status="never_memorised" if over else "censored", bracket=(known, None))


def _theory(run: Run, spec: ExperimentSpec) -> dict[str, Any]:
    predicted = run.theory if run.theory is not None else theory(spec)
    compared = theory_ratio(predicted, run.delay)
    answer = {**predicted, "ratio": compared.ratio if compared is not None else None}
    odd = nonfinite(answer.items())
    return {**answer, "nonfinite": odd} if odd else answer
