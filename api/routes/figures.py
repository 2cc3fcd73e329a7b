"""Figures of the paper: list, look, try out, judge."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Depends, Path, Query
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep
from api.answers import dumps, page, resource
from api.body import RawBody
from api.errors import NotFound
from api.lookup import EXPERIMENT_ID, find_experiment, spec_of
from api.once import IdempotencyKey, Once, once
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import NUMBER_DIGITS, Limit, NumberCursor, cut, number_cursor
from api.routes.experiments import accept
from api.schemas import ExperimentAnswer, FigureAnswer, FigurePage, FigureSummary, VerdictAnswer
from api.services import ServicesDep
from api.settled import settled_resource
from api.strict_json import expect_nothing
from api.submission import check
from api.verdicts import give_verdict
from core.figures import BY_ID, FIGURES, Figure

router = v1_router("figures", "/figures")

FigureId = Annotated[str, Path(description="number of the figure in the paper", examples=["3"])]
Scale = Annotated[
    Literal["smoke", "paper"],
    Query(description="smoke: within a minute; paper: as published", examples=["smoke"]),
]
JudgedScale = Annotated[
    Literal["smoke", "paper"] | None,
    Query(
        description="whose claims are judged; if left out the scale that the experiment's tags name, else "
        "the one that it has more cells of"
    ),
]
Judged = Annotated[
    str,
    Query(
        description="id of the experiment that is judged",
        max_length=200,
        json_schema_extra={"pattern": f"^{EXPERIMENT_ID}$"},
        examples=["exp_01k3v5m8h2x9q4c7r6t0y1z3ab"],
    ),
]


@router.get("", operation_id="list_figures", summary="List figures", response_model=FigurePage)
def get_figures(request: Request, cursor: NumberCursor = None, limit: Limit = 100) -> Response:
    """The figures of the paper (arXiv 2506.05718) by number, and the claims that each checks."""
    after = number_cursor(cursor, NUMBER_DIGITS) or 0
    found = [figure for figure in FIGURES if int(figure.id) > after]
    items, last = cut(found, limit)
    return page(request, [FigureSummary.of(figure) for figure in items], last.id if last else None)


@router.get(
    "/{figure_id}",
    operation_id="get_figure",
    summary="Look at a figure",
    response_model=FigureAnswer,
    responses={**problems(404), **not_modified()},
)
def get_figure(request: Request, figure_id: FigureId) -> Response:
    """Its panels, its claims, and the experiments that show them."""
    return resource(request, FigureAnswer.of(find_figure(figure_id)))


def _once(
    request: Request, body: RawBody, caller: CallerDep, scale: Scale = "smoke", key: IdempotencyKey = None
) -> Once:
    # The same key with another scale asks for something else.
    return once(request, key, scale.encode() + b"\0" + body, caller)


@router.post(
    "/{figure_id}/experiments",
    operation_id="create_figure_experiment",
    summary="Try a figure out",
    status_code=202,
    response_model=ExperimentAnswer,
    responses={**BODY_PROBLEMS, **problems(404)},
)
def create_figure_experiment(
    services: ServicesDep,
    figure_id: FigureId,
    body: RawBody,
    once: Annotated[Once, Depends(_once)],
    caller: CallerDep,
    scale: Scale = "smoke",
) -> Response:
    """Submits the figure's experiment; its tags say which figure and which scale it is.

    Runs that have succeeded before are not trained again.
    """
    expect_nothing(body)
    spec = dumps(find_figure(figure_id).spec(scale))
    checked = check(spec, services.db, services.datasets, services.settings.memory_bytes)
    return accept(services, once, caller, checked)


@router.get(
    "/{figure_id}/verdict",
    operation_id="get_verdict",
    summary="Judge an experiment",
    response_model=VerdictAnswer,
    responses={**problems(404), **not_modified()},
)
def get_verdict(
    services: ServicesDep,
    request: Request,
    figure_id: FigureId,
    experiment: Judged,
    scale: JudgedScale = None,
) -> Response:
    """Each claim of the figure: what is expected, what the experiment's runs show, and whether it passes.

    A claim passes only on the runs that it speaks of, of the figure's own spec and ended; on others it fails,
    with the number that they show where they stand in the place of those.
    """
    figure = find_figure(figure_id)

    def read(conn: Connection) -> Callable[[], VerdictAnswer]:
        found = find_experiment(conn, experiment)
        verdict = give_verdict(conn, figure, found, spec_of(services, conn, found), scale)
        return lambda: VerdictAnswer.of(figure, found.id, verdict)

    return settled_resource(services, request, experiment, read)


def find_figure(figure_id: str) -> Figure:
    """The figure. Raises NotFound."""
    figure = BY_ID.get(figure_id)
    if figure is None:
        raise NotFound(f"no such figure: {figure_id[:100]}; there are {', '.join(BY_ID)}")
    return figure
