"""Datasets: upload, list, look, delete."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep, charge_upload, owner_of, require_own
from api.answers import as_json, page, resource
from api.errors import Conflict, NotFound
from api.lookup import DatasetId, is_dataset_id
from api.once import IdempotencyKey, once
from api.operations import BODY_PROBLEMS, not_modified, problems, v1_router
from api.parameters import DatasetCursor, Limit, cut, id_cursor
from api.schemas import DatasetAnswer, DatasetPage, Deleted
from api.services import Services, ServicesDep
from api.space import give_back
from api.uploads import Content, Form, read_content, read_form
from core.store import (
    DatasetInUse,
    StoredDataset,
    Token,
    bytes_added,
    delete_dataset,
    find_dataset,
    insert_dataset,
    list_datasets,
    note_action,
)

router = v1_router("datasets", "/datasets")

_FORM: dict[str, Any] = {
    "required": True,
    "description": "a form with a file",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "contentMediaType": "application/octet-stream",
                        "description": "an .npz file, as numpy.savez and savez_compressed write it, with the "
                        "arrays inputs (or X) and targets (or y), and perhaps true_parameters, or "
                        "test_inputs and test_targets",
                    },
                    "name": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": 200,
                        "description": "text without control characters, for people",
                        "examples": ["my measurements"],
                    },
                },
            }
        }
    },
}


@router.post(
    "",
    operation_id="create_dataset",
    summary="Upload a dataset",
    status_code=201,
    response_model=DatasetAnswer,
    responses={
        **BODY_PROBLEMS,
        200: {"model": DatasetAnswer, "description": "the same numbers are there already: that dataset"},
    },
    openapi_extra={"requestBody": _FORM},
)
async def create_dataset(
    services: ServicesDep, request: Request, caller: CallerDep, key: IdempotencyKey = None
) -> Response:
    """Keeps the arrays of an .npz file, for `problem.dataset` of a spec.

    A dataset is its numbers: the same arrays again, in whatever types and file, are the same dataset, which
    keeps its id and name. So it is harmless to repeat an upload, with or without an `Idempotency-Key`.
    """
    settings = services.settings
    async with read_form(request, settings.upload_folder, settings.max_upload_bytes) as form:
        return await run_in_threadpool(_keep, services, request, caller, key, form)


@router.get("", operation_id="list_datasets", summary="List datasets", response_model=DatasetPage)
def get_datasets(
    services: ServicesDep, request: Request, cursor: DatasetCursor = None, limit: Limit = 100
) -> Response:
    """Datasets, newest first."""
    before = id_cursor(cursor, is_dataset_id)
    with services.db.read() as conn:
        found = list_datasets(conn, limit=limit + 1, before=before)
    items, last = cut(found, limit)
    return page(request, [DatasetAnswer.of(item) for item in items], last.id if last else None)


@router.get(
    "/{dataset_id}",
    operation_id="get_dataset",
    summary="Look at a dataset",
    response_model=DatasetAnswer,
    responses={**problems(404), **not_modified()},
)
def get_dataset(services: ServicesDep, request: Request, dataset_id: DatasetId) -> Response:
    """Its arrays, without their numbers."""
    with services.db.read() as conn:
        found = _find(conn, dataset_id)
    return resource(request, DatasetAnswer.of(found))


@router.delete(
    "/{dataset_id}",
    operation_id="delete_dataset",
    summary="Delete a dataset",
    response_model=Deleted,
    responses=problems(404, 409),
)
def remove_dataset(services: ServicesDep, dataset_id: DatasetId, caller: CallerDep) -> Response:
    """Forgets the dataset; experiments that have ended lose nothing.

    Its numbers stay, unseen, while such experiments use them, and 0 bytes are freed: they go with the last of
    these. Until then the same upload gets the same id again. Experiments that have not ended are a 409.
    """
    with services.db.write() as conn:
        require_own(caller, _find(conn, dataset_id).owner)
        try:
            freed = delete_dataset(conn, dataset_id)
        except DatasetInUse as error:
            raise Conflict(f"{error}: cancel them first, or wait for their end") from None
        note_action(conn, "delete_dataset", caller, data={"dataset": dataset_id})
    answer = as_json(Deleted(id=dataset_id, bytes_freed=freed or 0))
    answer.background = BackgroundTask(give_back, services.db)
    return answer


def _keep(
    services: Services, request: Request, caller: Token | None, key: str | None, form: Form
) -> Response:
    settings = services.settings
    with read_content(form.file, form.name, settings.upload_folder, settings.max_upload_bytes) as content:
        # What is meant is the same whatever the form around it: boundaries are drawn at random.
        meant = f"{content.new.content}\0{form.name or ''}".encode()
        only_once = once(request, key, meant, caller)
        with services.db.write() as conn:
            if (first := only_once.recall(conn)) is not None:
                return first
            answer = _stored(conn, content, caller)
            only_once.keep(conn, answer)
    return answer


def _stored(conn: Connection, content: Content, caller: Token | None) -> Response:
    dataset = replace(content.new, owner=owner_of(caller))
    charge_upload(conn, caller, bytes_added(conn, dataset))
    stored, new = insert_dataset(conn, dataset, content.chunks())
    if new:
        note_action(conn, "create_dataset", caller, data={"dataset": stored.id})
    answer = DatasetAnswer.of(stored)
    return as_json(answer, 201 if new else 200, {"Location": answer.links["self"]})


def _find(conn: Connection, dataset_id: str) -> StoredDataset:
    found = find_dataset(conn, dataset_id) if is_dataset_id(dataset_id) else None
    if found is None:
        raise NotFound(f"no such dataset: {dataset_id[:100]}")
    return found
