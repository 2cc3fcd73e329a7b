"""The page for people: static files that use the public calls, and the headers they are served with."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from api.answers import make_etag

__all__ = ["HEADERS", "PageFile", "page_files"]

_SHOWN = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Licences lie beside what they are of.
_TEXT = "text/plain"

HEADERS = {
    # Nothing inline, nothing from elsewhere, no text that becomes markup; pictures that were fetched with a
    # token are blobs.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Asked for again each time, which costs a 304, so that a new version is seen at once.
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class PageFile:
    """One file, as it is sent."""

    body: bytes
    media_type: str
    etag: str


@cache
def page_files() -> dict[str, PageFile]:
    """Every file of the page by its path below `/pages/`, such as `js/main.js`; read once."""
    return dict(_found(files(__name__), ""))


def _found(folder: Traversable, prefix: str) -> list[tuple[str, PageFile]]:
    found: list[tuple[str, PageFile]] = []
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            found += _found(entry, f"{path}/")
        elif (kind := _kind(entry.name)) is not None:
            body = entry.read_bytes()
            found.append((path, PageFile(body, kind, make_etag(body))))
    return found


def _kind(name: str) -> str | None:
    if name == "LICENSE":
        return _TEXT
    return _SHOWN.get("." + name.rpartition(".")[2])
