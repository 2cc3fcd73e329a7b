"""Files of a run: parameters, checkpoint, iterates, and the data it learns from."""

from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.answers import not_modified, page
from api.artifacts import Artifact, list_files
from api.errors import NotFound
from api.lookup import RunId, find_experiment, find_run, spec_of
from api.negotiate import OCTETS, choose
from api.operations import Responses, problems, v1_router
from api.operations import not_modified as not_modified_answer
from api.run_cell import cell_of
from api.schemas import ArtifactAnswer, ArtifactPage
from api.services import Services, ServicesDep

router = v1_router("artifacts", "/runs/{run_id}")

_FILE: Responses = {
    200: {
        "description": "the file",
        "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/artifacts",
    operation_id="list_artifacts",
    summary="Files of a run",
    response_model=ArtifactPage,
    responses=problems(404),
)
def get_artifacts(services: ServicesDep, request: Request, run_id: RunId) -> Response:
    """What can be had as a safetensors file: kept files, and those that are made when they are asked for."""
    with services.db.read() as conn:
        found = _files(services, conn, run_id)
    return page(request, [ArtifactAnswer.of(run_id, artifact) for artifact in found.values()], None)


@router.get(
    "/artifacts/{name}",
    operation_id="get_artifact",
    summary="A file of a run",
    response_class=Response,
    responses={**problems(404, 406), **not_modified_answer(), **_FILE},
)
def get_artifact(
    services: ServicesDep,
    request: Request,
    run_id: RunId,
    name: Annotated[str, Path(description="name of the file", examples=["parameters.safetensors"])],
) -> Response:
    """The contents of a file in the safetensors format.

    `parameters.safetensors` holds the parameters at the last step, once the run has ended;
    `checkpoint.safetensors` the latest kept state; `iterates.safetensors` the recorded parameters, as int64
    `steps` and float64 `parameters`, a row a step; `instance.safetensors` the data, unless it is very big.
    """
    choose(request, (OCTETS,))
    with services.db.read() as conn:
        found = _files(services, conn, run_id)
        artifact = found.get(name)
        headers = {} if artifact is None else {"ETag": artifact.etag, "Vary": "Accept"}
        if artifact is not None and (unchanged := not_modified(request, artifact.etag, headers)) is not None:
            return unchanged
        data = None if artifact is None else artifact.read(conn)
    if data is None:
        raise NotFound(f"no such file of {run_id}: {name[:100]!r}; there are {', '.join(found) or 'none'}")
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(data, media_type=OCTETS, headers=headers)


def _files(services: Services, conn: Connection, run_id: str) -> dict[str, Artifact]:
    run = find_run(conn, run_id)
    experiment = find_experiment(conn, run.experiment_id)
    cell = cell_of(spec_of(services, conn, experiment), run)
    return {artifact.name: artifact for artifact in list_files(conn, run, cell)}
