"""Odd heads, bodies, cursors and ids: each is answered, and what cannot be right is refused."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.api.played import SPEC
from tests.fuzz import raw
from tests.fuzz.mutations import Json
from tests.fuzz.world import World, unharmed

QUICK, LONG = 100, 5_000
ALWAYS: Json = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
BOTH = pytest.mark.parametrize(
    "count", [QUICK, pytest.param(LONG, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])], ids=str
)

_HEADERS: dict[bytes, list[bytes]] = {
    b"If-None-Match": [b"*", b'"', b'W/"x"', b'"a", *', b"W/", b",,,", b'""'],
    b"Accept": [b"*/*", b"text/csv;q=nan", b"*/*;q=1e999", b";q=1", b"a/b/c", b"text/csv;q=-1", b",", b"*"],
    b"Accept-Encoding": [b"gzip;q=nan", b"*;q=inf", b"zstd;q=-1", b"gzip;q=1;q=0", b";", b"gzip, zstd;q=2"],
    b"Range": [b"bytes=0-", b"bytes=9-1", b"bytes=-0", b"bytes=0-1,0-1,0-1", b"rows=1", b"bytes=1" * 99],
    b"Last-Event-ID": [b"-1", b"0", b"9" * 18, b"9" * 19, b"1e3", b"\xd9\xa1", b"\xb2", b" 1 ", b"0x1"],
    b"Idempotency-Key": [b"", b"k", b"x" * 255, b"x" * 256, b"\x7f", b"\xff", b"a b"],
    b"Authorization": [b"", b"Bearer", b"Bearer " + b"x" * 600, b"Basic eDp5", b"Bearer a b", b"bearer \xff"],
    b"Content-Type": [
        b"application/json;charset=utf-16",
        b"application/json; charset=\xff",
        b"application/json;charset",
        b"application/json;;;",
        b"text/plain",
        b'application/json; charset="utf-8',
        b"multipart/form-data; boundary=\xff",
    ],
    b"Content-Encoding": [b"gzip", b"identity", b"br, gzip", b"\xff", b""],
    b"Content-Length": [b"0", b"1", b"-1", b"+3", b"0x3", b"3, 3", b"9" * 30, b"1_0", b"", b"\xb2"],
    b"Transfer-Encoding": [b"chunked", b"gzip, chunked", b"chunked, identity", b"identity", b"\x0bchunked"],
    b"Connection": [b"close", b"upgrade", b"keep-alive, close"],
    b"Upgrade": [b"websocket", b"h2c"],
    b"Expect": [b"100-continue", b"200-ok"],
    b"X-Request-Id": [b"a", b"\xff", b"x" * 65],
    b"Host": [b"", b"x, y", b"\xff"],
}
_FRAMING = (b"Content-Length", b"Transfer-Encoding", b"Connection", b"Upgrade")
_ANY_VALUE = st.binary(max_size=30) | st.sampled_from([b"x" * 60_000, b"x," * 20_000, b'"' * 9_000])


@st.composite
def _header(draw: st.DrawFn) -> tuple[bytes, bytes]:
    name = draw(st.sampled_from(list(_HEADERS)))
    known = st.sampled_from(_HEADERS[name])
    return name, draw(known if name in _FRAMING else known | _ANY_VALUE)


@BOTH
def test_odd_heads_are_answered(edges: World, count: int) -> None:
    experiment, run = edges.ids["experiment_id"][0], edges.ids["run_id"][0]
    targets = [
        ("GET", f"/v1/experiments/{experiment}"),
        ("HEAD", f"/v1/runs/{run}"),
        ("GET", f"/v1/runs/{run}/series"),
        ("GET", f"/v1/runs/{run}/artifacts/curves.csv"),
        ("GET", f"/v1/runs/{run}/stream"),
        ("GET", f"/v1/experiments/{experiment}/results"),
        ("POST", f"/v1/experiments/{experiment}/retry"),
        ("POST", "/v1/experiments?dry_run=true"),
        ("POST", "/v1/datasets"),
    ]
    body = json.dumps(SPEC).encode()

    @settings(max_examples=count, derandomize=count == QUICK, **ALWAYS)
    @given(st.sampled_from(targets), st.lists(_header(), min_size=1, max_size=4), st.booleans())
    def send(target: tuple[str, str], headers: list[tuple[bytes, bytes]], repeat: bool) -> None:
        method, path = target
        headers = headers + headers[:1] if repeat else headers
        names = {name for name, _ in headers}
        framed = bool(names & set(_FRAMING)) or any(b"\r" in value or b"\n" in value for _, value in headers)
        if method == "POST" and not names & {b"Content-Length", b"Transfer-Encoding"}:
            headers = [*headers, (b"Content-Length", b"%d" % len(body))]
        if method == "POST" and b"Content-Type" not in names:
            headers = [*headers, (b"Content-Type", b"application/json")]
        sent = raw.request(method, path.encode(), headers, body if method == "POST" else b"")
        raw.answers(edges.base, sent, method, whole=not framed)

    with unharmed(edges):
        send()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([(b"Content-Length", b"2"), (b"Transfer-Encoding", b"chunked")], b"2\r\n{}\r\n0\r\n\r\n", 400),
        ([(b"Content-Length", b"2"), (b"Content-Length", b"3")], b"{}", 400),
        ([(b"Content-Length", b"+2")], b"{}", 400),
        ([(b"Transfer-Encoding", b"gzip")], b"{}", 400),
        ([(b"Transfer-Encoding", b"chunked")], b"zz\r\n{}\r\n", 400),
        ([(b"Content-Length", b"2"), (b"Content-Encoding", b"gzip")], b"{}", 415),
    ],
)
def test_a_body_framed_in_two_ways_or_wrongly_is_refused(
    edges: World, headers: raw.Headers, body: bytes, status: int
) -> None:
    headers = [(b"Content-Type", b"application/json"), *headers]
    sent = raw.request("POST", b"/v1/experiments?dry_run=true", headers, body)
    assert raw.answers(edges.base, sent, "POST")[0].status == status


_TEXT = json.dumps({**SPEC, "name": "näme \U0001f600"}, ensure_ascii=False)
_CODECS = [
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-8-sig",
    "utf-7",
    "latin-1",
    "cp037",
]
_ODD_VALUES = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "9" * 400,
    "9" * 5_000,
    "1" + "0" * 100_000,
    "1e-400",
    "0." + "0" * 5_000 + "1",
    "-0",
    "01",
    "1.",
    "+1",
    "0x10",
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u0000"',
    '"\\ufeff"',
    '"' + "\U0001f600" * 5_000 + '"',
    '"\\x"',
    "'a'",
    "// c",
    "[" * 30 + "]" * 30,
    "[" * 40 + "]" * 40,
    "[" * 1_100 + "]" * 1_100,
    "[" * 100_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
    '{"a":1,"a":2}',
    '{"":1,"\\u0000":2}',
    "[" + "0," * 50_000 + "0]",
    "",
]


@st.composite
def _odd_bodies(draw: st.DrawFn) -> tuple[bytes, bool]:
    """A body, and whether it is no UTF-8 or has a key twice."""
    how = draw(st.sampled_from(["codec", "bytes", "value", "value", "value", "twice", "around"]))
    text = _TEXT.encode()
    if how == "codec":
        return _TEXT.encode(draw(st.sampled_from(_CODECS)), "replace"), False
    if how == "bytes":
        at = draw(st.integers(0, len(text)))
        return text[:at] + draw(st.binary(min_size=1, max_size=4)) + text[
            at + draw(st.integers(0, 3)) :
        ], False
    field = draw(st.sampled_from(sorted(SPEC)))
    odd = draw(st.sampled_from(_ODD_VALUES))
    if how == "value":
        return json.dumps({**SPEC, field: "@"}).replace('"@"', odd).encode(), False
    if how == "twice":
        return json.dumps(SPEC)[:-1].encode() + f', "{field}": 1}}'.encode(), True
    before, after = draw(st.sampled_from([("", "x"), ("", "\0"), ("[", "]"), ("\ufeff", ""), ("", "{}")]))
    return f"{before}{json.dumps(SPEC)}{after}".encode(), False


@BOTH
def test_odd_bodies_are_refused_or_planned(edges: World, count: int) -> None:
    path, headers = "/v1/experiments?dry_run=true", {"Content-Type": "application/json"}

    @settings(max_examples=count, derandomize=count == QUICK, **ALWAYS)
    @given(_odd_bodies())
    def send(odd: tuple[bytes, bool]) -> None:
        body, must_fail = odd
        given = edges.client.post(path, content=body, headers=headers)
        answer = raw.sound(given.status_code, given.headers["Content-Type"], given.content)
        assert answer.status in ((400,) if must_fail else (200, 400, 422)), given.text
        if answer.status == 422:
            assert all(fault["pointer"][:1] in ("", "/") for fault in answer.problem["errors"])
        if answer.status == 200:
            body.decode("utf-8", "strict")

    with unharmed(edges):
        send()


@BOTH
def test_odd_cursors_are_refused_or_lead_on(edges: World, count: int) -> None:
    experiment, run = edges.ids["experiment_id"][0], edges.ids["run_id"][0]
    hook = edges.ids["webhook_id"][0]
    lists = [
        "/v1/experiments",
        f"/v1/experiments/{experiment}/runs",
        f"/v1/experiments/{experiment}/results",
        f"/v1/runs/{run}/events",
        f"/v1/runs/{run}/verifications",
        "/v1/datasets",
        "/v1/webhooks",
        f"/v1/webhooks/{hook}/deliveries",
        "/v1/audit",
    ]
    pages = [edges.client.get(path, params={"limit": 1}).json() for path in lists]
    right = [page["next_cursor"] for page in pages if page["next_cursor"]]
    assert len(right) >= 7
    cursors = _mutated(right) | st.sampled_from(
        ["9" * 9, "9" * 18, "9" * 19, "-1", "\u0661", "1e3", "x" * 999]
    )

    @settings(max_examples=count, derandomize=count == QUICK, **ALWAYS)
    @given(st.sampled_from(lists), cursors)
    def send(path: str, cursor: str) -> None:
        given = edges.client.get(path, params={"cursor": cursor.encode("utf-8", "replace"), "limit": 1})
        answer = raw.sound(given.status_code, given.headers["Content-Type"], given.content)
        assert answer.status in (200, 422), given.text
        if answer.status == 422:
            assert [fault["pointer"] for fault in answer.problem["errors"]] == ["/query/cursor"]
        else:
            assert len(given.json()["items"]) <= 1

    with unharmed(edges):
        send()


def _mutated(right: list[str]) -> st.SearchStrategy[str]:
    """One of the texts, whole, cut, doubled, or with another character in it; or one of base64's."""
    base64 = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789+/=-_", max_size=60)

    @st.composite
    def mutated(draw: st.DrawFn) -> str:
        text = draw(st.sampled_from(right))
        at = draw(st.integers(0, len(text)))
        other = draw(st.characters() | st.sampled_from("\0/.%?#;_0\n"))
        changes = [text, text[:at], text * 2, text[:at] + other + text[at + 1 :], text.upper(), text[::-1]]
        return draw(st.sampled_from(changes))

    return mutated() | base64


_ODD_PARTS = [
    "%00",
    "%",
    "%zz",
    "%2e%2e",
    "%2F",
    "%ff",
    "%F0%9F%92%A9",
    "..",
    "x" * 5_000,
    "*",
    "%0d%0a",
    "~",
]


@BOTH
def test_odd_ids_are_unknown(edges: World, count: int) -> None:
    document = edges.client.get("/openapi.json").json()["paths"]
    operations = [
        (method.upper(), path)
        for path, item in document.items()
        for method in item
        if "{" in path and method in ("get", "post", "delete")
    ]
    assert len(operations) > 20
    # Figures have short numbers, which others may become by mutation.
    figures = [item["id"] for item in edges.client.get("/v1/figures?limit=1000").json()["items"]]
    every = [*figures, *(one for ids in edges.ids.values() for one in ids)]
    parts = _mutated(every).map(lambda text: quote(text.encode("utf-8", "replace"), safe=""))
    odd_parts = parts | st.sampled_from(_ODD_PARTS)

    @settings(max_examples=count, derandomize=count == QUICK, **ALWAYS)
    @given(st.sampled_from(operations), odd_parts, st.data())
    def send(operation: tuple[str, str], odd: str, data: st.DataObject) -> None:
        method, path = operation
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        wrong = data.draw(st.sampled_from(names))
        assume(odd and odd not in every)
        for name in names:
            path = path.replace(f"{{{name}}}", odd if name == wrong else edges.ids[name][0])
        sent = raw.request(method, path.encode(), [(b"Content-Length", b"0")])
        first = raw.answers(edges.base, sent, method)[0]
        assert first.status in (400, 404, 405, 415, 422), (path, first)

    with unharmed(edges):
        send()
