"""The OpenAPI document: what the framework knows of the routes, with the spec and the problems added."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import needed_scope
from api.links import add_links
from api.schemas import Problem
from api.spec_schema import spec_schema
from core.spec import Extension, Refinement

_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "The secret of a token with the scope that the operation names, or a wider one: read, "
    "write, admin. A service that listens on loopback and has no tokens asks for none.",
}
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
    for body in (Extension, Refinement):
        added[body.__name__] = body.model_json_schema(ref_template=_REF)
    for name, schema in added.items():
        if schemas.setdefault(name, schema) != schema:
            raise RuntimeError(f"two schemas are called {name}")
    _never_null(api["paths"])
    add_links(api["paths"])
    _secure(api)
    return api


def _never_null(paths: dict[str, dict[str, Any]]) -> None:
    """Parameters are given or left out: no text of a query or a header is null."""
    for operation in (one for item in paths.values() for one in item.values()):
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            rest = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
            if len(rest) == 1:
                del schema["anyOf"]
                parameter["schema"] = rest[0] | schema


def _secure(api: dict[str, Any]) -> None:
    """Says of every operation which scope its token must have; where nobody needs one, nothing."""
    api["components"]["securitySchemes"] = {"bearer": _BEARER}
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            if (scope := needed_scope(method.upper(), path)) is not None:
                # The second one is that of a service on loopback that has no tokens.
                operation["security"] = [{"bearer": [scope]}, {}]
