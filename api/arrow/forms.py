"""Chooses among all forms of a table, of which some need the extra `arrow`."""

from collections.abc import Sequence
from importlib.util import find_spec

from starlette.requests import Request

from api.errors import NotAcceptable
from api.negotiate import choose

PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FORMS = {
    PARQUET: "a Parquet file with the same columns as the Arrow stream; needs the extra `arrow`",
    ARROW_STREAM: "an Arrow stream, its columns described in docs/http.md; needs the extra `arrow`",
}


def choose_form(request: Request, plain: Sequence[str]) -> str:
    """The form that the client likes most, of the plain ones and those of Arrow.

    Raises NotAcceptable naming what is offered, and the extra where it is what is missing.
    """
    every = (*plain, *ARROW_FORMS)
    if find_spec("pyarrow") is not None:
        return choose(request, every)
    try:
        return choose(request, plain)
    except NotAcceptable as refused:
        try:
            form = choose(request, every)
        except NotAcceptable:
            raise refused from None
        missing = f"{form} needs the extra `arrow`, which is not installed: pip install 'groklab[arrow]'"
        raise NotAcceptable(f"{missing}. Without it there are {', '.join(plain)}.") from None
