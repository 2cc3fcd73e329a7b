"""How the page is served; needs no browser."""

import posixpath
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client

from api.pages import page_files
from tests.api.served import service_in

ROOT = Path(__file__).parents[2]
MOST_BYTES = 300 * 1024


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Of a service that wants a token, which nothing of the page needs."""
    tokens = "read:" + "r" * 24
    with service_in(tmp_path_factory.mktemp("page"), tokens=tokens) as service:
        yield service.client


def _needs(names: set[str]) -> set[str]:
    """These files with all that they import before anything is shown."""
    found: set[str] = set()
    while names:
        name = names.pop()
        found.add(name)
        for line in re.findall(
            r'^(?:import|export) .*?from "(\.[^"]+)";', _text(name), re.MULTILINE | re.DOTALL
        ):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), line))
            assert target in page_files(), (name, line)
            names |= {target} - found
    return found


def _text(name: str) -> str:
    return page_files()[name].body.decode()


@pytest.mark.parametrize("view", sorted(name for name in page_files() if name.startswith("js/views/")))
def test_each_view_loads_little_even_where_nothing_is_compressed(view: str) -> None:
    first = set(re.findall(r'"/pages/([^"]+)"', _text("index.html")))
    names = _needs(first | {view}) | {"index.html"}
    assert sum(len(page_files()[name].body) for name in names) < MOST_BYTES


def test_an_experiment_asks_at_once_for_all_that_its_view_imports() -> None:
    early = re.search(r"EXPERIMENT = \[(.*?)\]", _text("js/early.js"), re.DOTALL)
    assert early is not None
    asked = [f"js/{name}.js" for name in re.findall(r'"([^"]+)"', early[1])]
    wanted = _needs({"js/main.js", "js/views/experiment.js"})
    first = set(re.findall(r'"/pages/([^"]+)"', _text("index.html")))
    assert sorted(asked) == sorted(wanted - first)


def test_all_views_together_are_small_as_they_are_sent(client: Client) -> None:
    gzip = {"Accept-Encoding": "gzip"}
    sizes = [
        int(client.get(f"/pages/{name}", headers=gzip).headers["Content-Length"]) for name in page_files()
    ]
    assert sum(sizes) < MOST_BYTES / 2


def test_the_page_and_its_files_need_no_token_and_forbid_whatever_is_not_theirs(client: Client) -> None:
    assert client.get("/v1/experiments").status_code == 401
    for path in ("/", *(f"/pages/{name}" for name in page_files())):
        answer = client.get(path)
        assert answer.status_code == 200, path
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "RateLimit" not in answer.headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/pages/js/main.js", "text/javascript; charset=utf-8"),
        ("/pages/css/base.css", "text/css; charset=utf-8"),
        ("/pages/icon.svg", "image/svg+xml"),
        ("/pages/vendor/uplot/LICENSE", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_is_unchanged_until_it_changes(client: Client, path: str, kind: str) -> None:
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.headers["Content-Type"] == kind
    assert client.head(path).headers["Content-Type"] == kind
    same = client.get(path, headers={"If-None-Match": plain.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["Content-Security-Policy"] == plain.headers["Content-Security-Policy"]


def test_scripts_come_compressed(client: Client) -> None:
    answer = client.get("/pages/js/api.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < len(answer.content)


@pytest.mark.parametrize("path", ["js", "js/none.js", "__init__.py", "%2e%2e/app.py", "..%2fapp.py", ""])
def test_nothing_but_the_files_of_the_page_is_served(client: Client, path: str) -> None:
    assert client.get(f"/pages/{path}").status_code == 404


def test_the_first_document_has_nothing_inline() -> None:
    text = page_files()["index.html"].body.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert all("src=" in part.partition(">")[0] for part in text.split("<script")[1:])


def test_no_script_makes_markup_of_texts() -> None:
    own = {name: file.body.decode() for name, file in page_files().items() if name.startswith("js/")}
    assert len(own) > 10
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "DOMParser",
    ):
        assert [name for name, text in own.items() if word in text] == []


def test_an_installed_package_has_every_file() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folder = ROOT / "api" / "pages"
    patterns = asked["package-data"]["api.pages"]
    packed = {path.relative_to(folder).as_posix() for one in patterns for path in folder.glob(one)}
    assert page_files().keys() <= packed
