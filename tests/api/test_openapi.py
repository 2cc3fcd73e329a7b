"""The OpenAPI document and its page: complete, true to the service, and free of outside links."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import pytest
from httpx import Client
from pydantic import TypeAdapter

from api.routes import ROUTERS
from api.spec_schema import problem_kinds, spec_schema
from core.spec import EXAMPLES, EngineKind, ExperimentSpec, engine_of, expand, parse_spec
from core.spec.base import SpecModel
from core.store import open_database
from tests.api.played import PlayedWorker, submit, sweep
from worker.settings import Settings


@pytest.fixture
def api(shared_client: Client) -> dict[str, Any]:
    document: dict[str, Any] = shared_client.get("/openapi.json").json()
    return document


def _operations(api: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in api["paths"].items() for method, one in methods.items()]


def test_every_operation_is_named_tagged_and_described(api: dict[str, Any]) -> None:
    assert api["openapi"].startswith("3.1")
    names = [operation["operationId"] for _, _, operation in _operations(api)]
    assert {"create_experiment", "get_experiment", "list_runs", "cancel_run", "get_series"} <= set(names)
    assert len(names) == len(set(names))
    for path, method, operation in _operations(api):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"])
        assert operation["tags"], (path, method)
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])


def test_every_operation_of_v1_documents_its_problems(api: dict[str, Any]) -> None:
    for path, _, operation in _operations(api):
        if path.startswith("/v1"):
            for status, response in operation["responses"].items():
                if status == "default" or int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
            assert {"422", "default"} <= operation["responses"].keys()
            assert "404" in operation["responses"] or "{" not in path


def test_every_reference_leads_somewhere(api: dict[str, Any]) -> None:
    references = set(re.findall(r'#/components/schemas/([^"\']+)', str(api)))
    assert references <= api["components"]["schemas"].keys()
    assert "HTTPValidationError" not in api["components"]["schemas"]


def test_answers_link_to_what_can_be_asked_next(api: dict[str, Any]) -> None:
    operations = {one["operationId"]: (path, one) for path, _, one in _operations(api)}
    links = [
        (name, link)
        for name, (_, one) in operations.items()
        for response in one["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert {"create_experiment", "list_runs", "get_run"} <= {name for name, _ in links}
    for _, link in links:
        path, target = operations[link["operationId"]]
        needed = {one["name"] for one in target["parameters"] if one["in"] == "path"}
        assert needed == link["parameters"].keys(), path
    reached = {link["operationId"] for _, link in links}
    assert {"get_run", "get_series", "cancel_experiment", "delete_experiment", "list_events"} <= reached


def test_the_examples_of_bodies_are_accepted(
    api: dict[str, Any], sqlite_client: Client, sqlite_settings: Settings
) -> None:
    count = 0
    for path, method, operation in _operations(api):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "multipart/form-data":
                assert all(one["description"] for one in content["schema"]["properties"].values())
                continue
            for example in content["examples"].values():
                named = path.format(**_ended(sqlite_client, sqlite_settings)) if "{" in path else path
                answer = sqlite_client.request(method, named, json=example["value"])
                assert answer.is_success, answer.text
                assert str(answer.status_code) in operation["responses"]
                count += 1
    assert count >= 1
    for example in api["components"]["schemas"]["ExperimentSpec"]["examples"]:
        ExperimentSpec.model_validate(example)


def _ended(client: Client, settings: Settings) -> dict[str, str]:
    """Ids of an experiment that ended after its last step, with two outcomes, and of its first run."""
    made = submit(client, {**sweep(l1=[1e-4, 1e-3]), "reuse": False})
    db = open_database(settings.database_url)
    worker = PlayedWorker(db)
    while (lease := worker.claim()).runs[0].experiment_id != made["id"]:
        pass
    claimed, other = lease.runs
    worker.finish(claimed, t2=None, outcome="memorised_only", last_step=100)
    worker.finish(other, last_step=100)
    db.dispose()
    return {"experiment_id": made["id"], "run_id": claimed.run_id}


def test_every_problem_and_every_engine_has_an_example() -> None:
    specs = [cell.spec for _, spec in EXAMPLES.values() for cell in expand(parse_spec(spec))]
    assert {spec.problem.kind for spec in specs} == set(problem_kinds())
    assert {engine_of(spec) for spec in specs} == set(get_args(EngineKind))
    linear = [spec for spec in specs if not spec.is_network]
    assert any(spec.linear_problem.complex for spec in linear)
    assert any(spec.linear_model.depth > 1 for spec in linear)
    assert {spec.model.kind for spec in specs} == {"linear", "mlp", "encoder_decoder"}


def test_every_route_is_in_the_document_or_meant_not_to_be(api: dict[str, Any]) -> None:
    hidden = {"/", "/pages/{path:path}", "/openapi.json", "/docs"}
    routes = {route.path for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined]
    assert routes - hidden == api["paths"].keys()


def test_the_page_needs_nothing_from_elsewhere(shared_client: Client, api: dict[str, Any]) -> None:
    answer = shared_client.get("/docs", headers={"Accept": "text/html"})
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not re.search(r"<script|@import|url\(", answer.text)
    # Addresses in texts are examples, which nobody follows.
    assert not re.search(r"https?:|//[a-z]", re.sub(r">[^<]*<", "><", answer.text))
    for _, _, operation in _operations(api):
        assert f'id="{operation["operationId"]}"' in answer.text
    links = set(re.findall(r'href="#([^"]+)"', answer.text))
    assert links <= set(re.findall(r'id="([^"]+)"', answer.text))


def test_a_problem_type_is_explained_on_the_page(shared_client: Client) -> None:
    page = shared_client.get("/docs").text
    kind = shared_client.get("/nowhere").json()["type"]
    assert f'id="{kind.removeprefix("/docs#")}"' in page


def test_every_field_of_a_spec_is_described_and_shown() -> None:
    schema = spec_schema()
    for name, model in {**schema["$defs"], "ExperimentSpec": schema}.items():
        assert model["description"], name
        for field, one in model["properties"].items():
            assert one.get("description"), (name, field)
            shown = one.keys() & {"examples", "const", "enum"} or one.get("type") == "boolean"
            assert shown or _is_object(one), (name, field)


def _spec_models(base: type[SpecModel]) -> Iterator[type[SpecModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _spec_models(model)


def test_fields_take_their_examples() -> None:
    count = 0
    for model in _spec_models(SpecModel):
        for field in model.model_fields.values():
            annotated: Any = Annotated[field.annotation, field]
            accepted: TypeAdapter[Any] = TypeAdapter(annotated)
            for example in field.examples or []:
                accepted.validate_python(example)
                count += 1
    assert count > 30


def _is_object(field: dict[str, Any]) -> bool:
    """Whether a field holds an object, whose own fields are shown."""
    return "$ref" in str(field)
