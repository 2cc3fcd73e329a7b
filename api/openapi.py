"""The OpenAPI document: what the framework knows of the routes, with the spec and the problems added."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.schemas import Problem
from api.spec_schema import spec_schema
from core.spec import Extension

_REF = "#/components/schemas/{model}"


def install_openapi(app: FastAPI) -> None:
    """Makes `app.openapi()` give the whole document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    # Assigning the method is the documented way to extend the document.
    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    api = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas: dict[str, Any] = api.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template=_REF)
    spec = dict(spec_schema(_REF))
    added = {**problem.pop("$defs"), "Problem": problem, **spec.pop("$defs"), "ExperimentSpec": spec}
    added["Extension"] = Extension.model_json_schema(ref_template=_REF)
    for name, schema in added.items():
        if schemas.setdefault(name, schema) != schema:
            raise RuntimeError(f"two schemas are called {name}")
    return api
