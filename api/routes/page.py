"""The page at `/`, and the files that it loads."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import not_modified
from api.errors import NotFound
from api.pages import HEADERS, page_files

router = APIRouter(include_in_schema=False)


@router.get("/")
async def get_page(request: Request) -> Response:
    """The page; whatever it shows it asks the public calls for."""
    return _file(request, "index.html")


@router.get("/pages/{path:path}")
async def get_page_file(request: Request, path: str) -> Response:
    """A script, a style sheet or a licence of the page. Raises NotFound."""
    return _file(request, path)


def _file(request: Request, path: str) -> Response:
    found = page_files().get(path)
    if found is None:
        raise NotFound("the page has no such file", headers=HEADERS)
    unchanged = not_modified(request, found.etag, HEADERS)
    return unchanged or Response(found.body, 200, {"ETag": found.etag, **HEADERS}, found.media_type)
