"""Pictures of runs and experiments, as SVG, as PNG, and as the numbers in them."""

from collections.abc import Callable
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, dumps, make_etag, not_modified
from api.lookup import ExperimentId, RunId, find_experiment, find_run, spec_of
from api.negotiate import choose
from api.operations import Responses, problems, v1_router
from api.operations import not_modified as not_modified_answer
from api.pictures.gathering import Gathered, gather
from api.pictures.missing import drawing_version
from api.pictures.question import ExperimentQuestion, Question, RunQuestion
from api.pictures.subject import PictureRun, Subject, all_runs
from api.schemas import PictureAnswer
from api.services import Services, ServicesDep
from api.settled import has, settled_etag
from api.version import program_digest
from core.figures.draw import VERSION, Form, draw, typeset

router = v1_router("pictures")

SVG, PNG = "image/svg+xml", "image/png"
_FORMS: dict[str, Literal["svg", "png"]] = {SVG: "svg", PNG: "png"}


def _pictures(media_type: str) -> Responses:
    text = {"schema": {"type": "string", "description": "the picture; needs the extra `plot`"}}
    content: Responses = {200: {"description": "the picture", "content": {media_type: text}}}
    return {**problems(404, 406, 409), **not_modified_answer(), **content}


_DATA: Responses = {**problems(404, 406, 409), **not_modified_answer()}


@router.get(
    "/runs/{run_id}/plot.svg",
    operation_id="draw_run",
    summary="Picture of a run",
    response_class=Response,
    responses=_pictures(SVG),
)
async def draw_run(services: ServicesDep, request: Request, run_id: RunId, asked: RunQuestion) -> Response:
    """Train solid, test dashed, over steps; t1, t2, their delay, and where theory expects t2."""
    return await _answer(services, request, SVG, lambda: _run(services, run_id), asked)


@router.get(
    "/runs/{run_id}/plot.png",
    operation_id="draw_run_png",
    summary="Picture of a run as PNG",
    response_class=Response,
    responses=_pictures(PNG),
)
async def draw_run_png(
    services: ServicesDep, request: Request, run_id: RunId, asked: RunQuestion
) -> Response:
    """The same with 300 dots an inch."""
    return await _answer(services, request, PNG, lambda: _run(services, run_id), asked)


@router.get(
    "/runs/{run_id}/plot.json",
    operation_id="get_run_picture_data",
    summary="Numbers in the picture of a run",
    response_model=PictureAnswer,
    responses=_DATA,
)
async def get_run_picture_data(
    services: ServicesDep, request: Request, run_id: RunId, asked: RunQuestion
) -> Response:
    """What the picture shows, panel by panel; needs no extra."""
    return await _answer(services, request, JSON, lambda: _run(services, run_id), asked)


@router.get(
    "/experiments/{experiment_id}/plot.svg",
    operation_id="draw_experiment",
    summary="Picture of an experiment",
    response_class=Response,
    responses=_pictures(SVG),
)
async def draw_experiment(
    services: ServicesDep, request: Request, experiment_id: ExperimentId, asked: ExperimentQuestion
) -> Response:
    """The picture that a paper would show: curves coloured by an axis, a law, a matrix, a map of outcomes.

    Of an experiment that was made from a figure of the paper: all panels of the figure.
    """
    return await _of_experiment(services, request, SVG, experiment_id, asked)


@router.get(
    "/experiments/{experiment_id}/plot.png",
    operation_id="draw_experiment_png",
    summary="Picture of an experiment as PNG",
    response_class=Response,
    responses=_pictures(PNG),
)
async def draw_experiment_png(
    services: ServicesDep, request: Request, experiment_id: ExperimentId, asked: ExperimentQuestion
) -> Response:
    """The same with 300 dots an inch."""
    return await _of_experiment(services, request, PNG, experiment_id, asked)


@router.get(
    "/experiments/{experiment_id}/plot.json",
    operation_id="get_experiment_picture_data",
    summary="Numbers in the picture of an experiment",
    response_model=PictureAnswer,
    responses=_DATA,
)
async def get_experiment_picture_data(
    services: ServicesDep, request: Request, experiment_id: ExperimentId, asked: ExperimentQuestion
) -> Response:
    """What the picture shows, panel by panel; needs no extra."""
    return await _of_experiment(services, request, JSON, experiment_id, asked)


async def _of_experiment(
    services: Services, request: Request, form: str, experiment_id: str, asked: Question
) -> Response:
    choose(request, (form,))
    drawn_by = "" if form == JSON else drawing_version(form)

    def settled() -> str | None:
        with services.db.read() as conn:
            return settled_etag(conn, request, experiment_id, str(VERSION), drawn_by, form)

    def find() -> Subject:
        return _experiment(services, experiment_id)

    if (etag := await run_in_threadpool(settled)) is None:
        return await _answer(services, request, form, find, asked)
    if has(request, etag) and (unchanged := not_modified(request, etag)) is not None:
        return unchanged
    body = await services.pictures.picture(etag, lambda: _make(gather(services.db, find(), asked), form))
    return not_modified(request, etag) or Response(body, 200, {"ETag": etag}, form)


async def _answer(
    services: Services, request: Request, form: str, find: Callable[[], Subject], asked: Question
) -> Response:
    choose(request, (form,))
    drawn_by = "" if form == JSON else drawing_version(form)
    gathered = await run_in_threadpool(lambda: gather(services.db, find(), asked))
    about = dumps(gathered.told), program_digest(), VERSION, drawn_by, request.url.query, form
    etag = make_etag(request.url.path, *about)
    headers = {"ETag": etag}
    if (unchanged := not_modified(request, etag, headers)) is not None:
        return unchanged
    body = await services.pictures.picture(etag, lambda: _make(gathered, form))
    return Response(body, 200, headers, form)


def _make(gathered: Gathered, form: str) -> bytes:
    plates = gathered.plates()
    if form == JSON:
        return dumps({"kind": gathered.kind, "title": gathered.title, "panels": plates})
    drawn: Form = _FORMS[form]
    return draw(plates, drawn, typeset(gathered.title))


def _run(services: Services, run_id: str) -> Subject:
    with services.db.read() as conn:
        run = find_run(conn, run_id)
        experiment = find_experiment(conn, run.experiment_id)
        spec = spec_of(services, conn, experiment)
    return Subject(run.id, experiment.name, (), spec, [PictureRun.of(run, experiment.spec)])


def _experiment(services: Services, experiment_id: str) -> Subject:
    with services.db.read() as conn:
        experiment = find_experiment(conn, experiment_id)
        spec = spec_of(services, conn, experiment)
    runs = all_runs(services.db, experiment.id, experiment.spec)
    return Subject(experiment.id, experiment.name, experiment.tags, spec, runs)
