"""Ids that the shell completes: the newest of the service that the command itself would ask."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from api.client.talk import Talk

Suggestions: TypeAlias = list[tuple[str, str]]
"""Values, each with a word of help."""

_SECONDS = 2.0
"""Whoever presses a key waits no longer."""
_NEWEST = 50
_EXPERIMENTS_WITH_RUNS = 3
_RUNS = 100
# Shells evaluate what is suggested: nothing that somebody chose, such as a name, may be among it.
_ID = re.compile(r"[a-z]+_[0-9a-z]+")
_WORD = re.compile(r"[a-z_.]+")


def experiment_ids(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The newest experiments."""
    return _asked(ctx, incomplete, _experiments)


def run_ids(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Runs of the newest experiments."""
    return _asked(ctx, incomplete, _runs)


def resource_ids(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The newest experiments, or runs where their prefix is typed."""
    return (run_ids if incomplete.startswith("run") else experiment_ids)(ctx, incomplete)


def dataset_ids(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The newest datasets."""
    return _asked(ctx, incomplete, _datasets)


def webhook_ids(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The newest webhooks."""
    return _asked(ctx, incomplete, _webhooks)


def _asked(
    ctx: typer.Context, incomplete: str, talk: "Callable[[], Talk[list[Mapping[str, Any]]]]"
) -> Suggestions:
    from api.client import BadToken, Client, Refused, Unreachable

    try:
        with Client(ctx.params.get("url"), seconds=_SECONDS, attempts=1) as client:
            found = client.converse(talk())
    except (BadToken, Refused, Unreachable):
        # A shell has no place for complaints while a line is typed; the command itself will tell.
        return []
    return [pair for pair in _pairs(found) if pair[0].startswith(incomplete)]


def _pairs(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for item in found:
        word = str(item.get("state", ""))
        if _ID.fullmatch(str(item["id"])):
            yield item["id"], word if _WORD.fullmatch(word) else ""


def _experiments() -> "Talk[list[Mapping[str, Any]]]":
    return (yield from _newest("/v1/experiments"))


def _datasets() -> "Talk[list[Mapping[str, Any]]]":
    return (yield from _newest("/v1/datasets"))


def _webhooks() -> "Talk[list[Mapping[str, Any]]]":
    return (yield from _newest("/v1/webhooks"))


def _runs() -> "Talk[list[Mapping[str, Any]]]":
    found: list[Mapping[str, Any]] = []
    for experiment in (yield from _newest("/v1/experiments", _EXPERIMENTS_WITH_RUNS)):
        found += yield from _newest(f"/v1/experiments/{experiment['id']}/runs", _RUNS)
    return found


def _newest(path: str, limit: int = _NEWEST) -> "Talk[list[Mapping[str, Any]]]":
    from api.client.talk import get

    page = yield from get(path, {"limit": limit})
    items: list[Mapping[str, Any]] = page["items"]
    return items
