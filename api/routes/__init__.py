"""Every route, one module a resource: they parse and answer, the store asks and writes."""

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.routes import (
    analysis,
    artifacts,
    audit,
    catalogue,
    datasets,
    experiments,
    extensions,
    figures,
    outside,
    page,
    pictures,
    refinements,
    results,
    run_series,
    runs,
    streams,
    sweep_analysis,
    sweep_series,
    verifications,
    webhooks,
)

__all__ = ["ROUTERS", "allowed_methods", "route_at"]

ROUTERS: tuple[APIRouter, ...] = (
    experiments.router,
    runs.router,
    extensions.router,
    refinements.router,
    verifications.router,
    streams.router,
    results.router,
    run_series.router,
    sweep_series.router,
    artifacts.router,
    analysis.router,
    pictures.router,
    sweep_analysis.router,
    datasets.router,
    webhooks.router,
    figures.router,
    catalogue.router,
    audit.router,
    outside.router,
    page.router,
)


def allowed_methods(path: str) -> list[str]:
    """The methods that some route takes at this path."""
    methods = {method for route in _routes_at(path) for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def route_at(path: str) -> APIRoute | None:
    """A route at this path, whatever its method."""
    return next(_routes_at(path), None)


def _routes_at(path: str) -> Iterator[APIRoute]:
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    return (route for route in routes if route.path_regex.match(path))
