"""Talks about figures and their verdicts."""

from typing import Any

from api.client.talk import Talk, get, items, post
from api.client.views import Progress, pick


def figures() -> Talk[list[dict[str, Any]]]:
    """Every figure in short."""
    return (yield from items("/v1/figures"))


def figure(figure_id: str) -> Talk[dict[str, Any]]:
    """Panels, claims and specs."""
    found: dict[str, Any] = yield from get(f"/v1/figures/{figure_id}")
    return found


def try_figure(figure_id: str, scale: str, key: str | None = None) -> Talk[Progress]:
    """Asks for the experiment of a figure."""
    path = f"/v1/figures/{figure_id}/experiments"
    return pick(Progress, (yield from post(path, key=key, params={"scale": scale})))


def verdict(figure_id: str, experiment_id: str, scale: str | None = None) -> Talk[dict[str, Any]]:
    """What an experiment shows of a figure."""
    params = {"experiment": experiment_id, **({"scale": scale} if scale else {})}
    found: dict[str, Any] = yield from get(f"/v1/figures/{figure_id}/verdict", params)
    return found
