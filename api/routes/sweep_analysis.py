"""What all runs of an experiment say together: medians, scaling laws, phases."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.lookup import ExperimentId
from api.operations import not_modified, problems, v1_router
from api.schemas.sweeps import FitAnswer, MatrixAnswer, PhaseAnswer
from api.services import ServicesDep
from api.settled import settled_resource
from api.sweeps.cells import choose_lines
from api.sweeps.laws import fit_answer
from api.sweeps.quantities import quantity
from api.sweeps.reading import recall_sweep
from api.sweeps.tables import matrix_answer, phase_answer

router = v1_router("analysis", "/experiments/{experiment_id}/analysis")

_RESPONSES = {**problems(404), **not_modified()}
_MAX_TEXT = 1000

_X = "axis of the columns; the first of the sweep if left out"
_Y = "axis of the rows; the next of the sweep if left out, and one row for all where there is no other"
X = Annotated[str | None, Query(max_length=_MAX_TEXT, description=_X, examples=["/problem/measurements"])]
Y = Annotated[str | None, Query(max_length=_MAX_TEXT, description=_Y, examples=["/regularization/l1"])]
At = Annotated[
    list[Annotated[str, Query(max_length=_MAX_TEXT)]] | None,
    Query(
        max_length=16,
        description="only runs where an axis has a value, as `/path=value`; all runs if left out",
        examples=[["/optimizer/learning_rate=0.1"]],
    ),
]
_QUANTITY = (
    "`t1`, `t2`, `delay`, `ratio`, `theory.NAME`, a final metric, a number of the spec by its pointer, "
)
_SYMBOLS = "a symbol of the paper (`alpha`, `beta`, `N`, `n`, `s`, `r`, `tau`, `L`), or a product by `*`"


@router.get(
    "/matrix",
    operation_id="get_matrix",
    summary="Medians by two axes",
    response_model=MatrixAnswer,
    responses=_RESPONSES,
)
def get_matrix(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    value: Annotated[
        str, Query(max_length=_MAX_TEXT, description=_QUANTITY + _SYMBOLS, examples=["t2"])
    ] = "t2",
    x: X = None,
    y: Y = None,
    at: At = None,
) -> Response:
    """The median over seeds (and over axes that are neither x nor y) in every cell of a sweep.

    A run that ended without the value, such as a censored t2, counts as above all others; k of n runs have
    it. Runs of experiments that refine this one are among them.
    """

    def read(conn: Connection) -> Callable[[], MatrixAnswer]:
        cells = recall_sweep(
            services.cells, conn, experiment_id, final=True, theory="theory." in value or "ratio" in value
        )
        cells = cells.at(at or ())
        lines = choose_lines(cells, x, y)
        of = quantity(value, "value", cells)
        return lambda: matrix_answer(cells, *lines, of)

    return settled_resource(services, request, experiment_id, read)


@router.get(
    "/phase",
    operation_id="get_phase_map",
    summary="Outcomes by two axes",
    response_model=PhaseAnswer,
    responses=_RESPONSES,
)
def get_phase(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    x: X = None,
    y: Y = None,
    at: At = None,
) -> Response:
    """The outcome of most runs in every cell of a sweep, and the boundaries between them.

    Runs of experiments that refine this one are among them.
    """

    def read(conn: Connection) -> Callable[[], PhaseAnswer]:
        cells = recall_sweep(services.cells, conn, experiment_id).at(at or ())
        lines = choose_lines(cells, x, y)
        return lambda: phase_answer(cells, *lines)

    return settled_resource(services, request, experiment_id, read)


@router.get(
    "/fit",
    operation_id="get_fit",
    summary="Scaling law",
    response_model=FitAnswer,
    responses={**_RESPONSES, **problems(409)},
)
def get_fit(
    services: ServicesDep,
    request: Request,
    experiment_id: ExperimentId,
    x: Annotated[
        str, Query(max_length=_MAX_TEXT, description=_QUANTITY + _SYMBOLS, examples=["/regularization/l1"])
    ],
    y: Annotated[str, Query(max_length=_MAX_TEXT, description="as `x`", examples=["delay"])] = "delay",
    at: At = None,
    confidence: Annotated[
        float, Query(gt=0, lt=1, allow_inf_nan=False, description="of the interval of the exponent")
    ] = 0.95,
    points: Annotated[bool, Query(description="also the fitted runs with their residuals")] = False,
) -> Response:
    """The power law of y against x through the runs of a sweep, with the uncertainty of its exponent.

    Every seed, and every value of an axis that is not in x, has a prefactor of its own. The interval comes
    from drawing seeds with replacement, always the same ones. Runs that ended without y are counted and left
    out.
    """

    def read(conn: Connection) -> Callable[[], FitAnswer]:
        cells = recall_sweep(services.cells, conn, experiment_id, final=True, theory=True).at(at or ())
        across, of = quantity(x, "x", cells), quantity(y, "y", cells)
        return lambda: fit_answer(cells, of, across, confidence, points=points)

    return settled_resource(services, request, experiment_id, read)
