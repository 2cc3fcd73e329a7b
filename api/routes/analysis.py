"""What the detectors found in a run, beside what theory predicts."""

from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.answers import resource
from api.errors import Conflict, Fault, InvalidRequest
from api.lookup import RunId, find_experiment, find_run, spec_of
from api.operations import not_modified, problems, v1_router
from api.run_analysis import Question, detected_metrics, recorded_answer, trained_answer
from api.run_cell import cell_of
from api.schemas import AnalysisAnswer
from api.services import ServicesDep
from core.analysis import DetectorKind
from core.spec import ExperimentSpec
from core.store import Run, SeriesPart, read_series, watermark

router = v1_router("analysis", "/runs/{run_id}")

MAX_SUSTAINED = 1000

Level = Annotated[float | None, Query(gt=0, allow_inf_nan=False)]


@router.get(
    "/analysis",
    operation_id="get_run_analysis",
    summary="Analysis of a run",
    response_model=AnalysisAnswer,
    responses={**problems(404, 409), **not_modified()},
)
def get_analysis(
    services: ServicesDep,
    request: Request,
    run_id: RunId,
    detector: Annotated[
        DetectorKind,
        Query(description="plateau: t2 by the published rule, accepted under the test threshold"),
    ] = "threshold",
    train_threshold: Annotated[
        Level,
        Query(description="t1 is where the train metric meets this; the run's own if left out"),
    ] = None,
    test_threshold: Annotated[
        Level, Query(description="t2 is where the test metric meets this; the run's own if left out")
    ] = None,
    sustained: Annotated[
        int,
        Query(ge=1, le=MAX_SUSTAINED, description="recorded steps in a row that have to meet a threshold"),
    ] = 1,
) -> Response:
    """t1 and t2 with their status, the detector, and theory beside measurement.

    Without parameters the steps are those that training found: exact of linear models and of networks whose
    crossings are refined, else the first evaluation that shows them, with the one before in `bracket`. Any
    other question is answered from the recorded series, with brackets.
    """
    with services.db.read() as conn:
        run = find_run(conn, run_id)
        experiment = find_experiment(conn, run.experiment_id)
        spec = cell_of(spec_of(services, conn, experiment), run).spec
        own_train, own_test = spec.detect.levels
        asked = Question(
            detector,
            own_train if train_threshold is None else train_threshold,
            own_test if test_threshold is None else test_threshold,
            sustained,
        )
        _check_levels(spec, asked)
        known = watermark(conn, run.recording_id).last_step
        if asked.answered_by_training(spec.detect):
            return resource(request, trained_answer(run, spec, known or 0))
        train, test = _recorded(conn, run, detected_metrics(spec), known)
    return resource(request, recorded_answer(run, spec, asked, train, test))


def _check_levels(spec: ExperimentSpec, asked: Question) -> None:
    """Raises InvalidRequest for an accuracy that no run can have."""
    for name in ("train_threshold", "test_threshold"):
        level = getattr(asked, name)
        if spec.detect.metric == "accuracy" and level > 1:
            fault = Fault(f"/query/{name}", "at most 1 for an accuracy", level)
            raise InvalidRequest(f"{fault.pointer}: must be {fault.message}. Got {level} instead.", [fault])


def _recorded(
    conn: Connection, run: Run, metrics: tuple[str, str], known: int | None
) -> tuple[SeriesPart, SeriesPart]:
    """The metrics up to step `known`, None before the first. Raises Conflict where one was not recorded."""
    train, test = read_series(conn, run.recording_id, list(metrics))
    missing = [part.metric for part in (train, test) if known is not None and not part.steps.size]
    if missing:
        raise Conflict(f"the run did not record {' and '.join(missing)}, which this analysis reads")
    return train, test
