"""Choosing the form of an answer."""

import pytest
from starlette.requests import Request

from api.errors import NotAcceptable
from api.negotiate import choose

OFFERED = ("application/json", "text/csv", "application/octet-stream")


def _request(accept: str | None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("text/*", "text/csv"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("text/csv;q=0.1, application/*;q=0.2", "application/json"),
        ("application/json;q=0, */*", "text/csv"),
        ("image/png, */*;q=0.1", "application/json"),
        ("application/octet-stream", "application/octet-stream"),
        ("text/csv;q=high, application/json;q=0.1", "application/json"),
    ],
)
def test_the_best_liked_form_is_chosen(accept: str | None, chosen: str) -> None:
    assert choose(_request(accept), OFFERED) == chosen


@pytest.mark.parametrize("accept", ["image/heic", "text/html", "*/*;q=0", "nonsense", "text/csv;q=0"])
def test_no_form_is_refused_naming_the_offered(accept: str) -> None:
    with pytest.raises(NotAcceptable, match="text/csv"):
        choose(_request(accept), OFFERED)
