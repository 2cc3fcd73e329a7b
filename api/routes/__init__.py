"""Every route, one module a resource: they parse and answer, the store asks and writes."""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.routes import (
    analysis,
    artifacts,
    catalogue,
    datasets,
    experiments,
    outside,
    results,
    run_series,
    runs,
    streams,
    sweep_series,
    webhooks,
)

__all__ = ["ROUTERS", "allowed_methods"]

ROUTERS: tuple[APIRouter, ...] = (
    experiments.router,
    runs.router,
    streams.router,
    results.router,
    run_series.router,
    sweep_series.router,
    artifacts.router,
    analysis.router,
    datasets.router,
    webhooks.router,
    catalogue.router,
    outside.router,
)


def allowed_methods(path: str) -> list[str]:
    """The methods that some route takes at this path."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    methods = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))
