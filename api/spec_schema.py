"""The JSON Schema of the spec, and the kinds of problems in it."""

from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from core.spec import EXAMPLES, ExperimentSpec

SPEC_BODY = {
    "required": True,
    "description": "what to train",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/ExperimentSpec"},
            "examples": {
                name: {"summary": summary, "value": spec} for name, (summary, spec) in EXAMPLES.items()
            },
        }
    },
}


@cache
def spec_schema(ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """The JSON Schema (2020-12) of a spec."""
    return ExperimentSpec.model_json_schema(ref_template=ref_template)


@cache
def problem_kinds() -> dict[str, type[BaseModel]]:
    """The model of every kind of problem, in the order of the union."""
    return {_kind(model): model for model in _members(ExperimentSpec.model_fields["problem"].annotation)}


def _members(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _members(part)]


def _kind(model: type[BaseModel]) -> str:
    kind: str = get_args(model.model_fields["kind"].annotation)[0]
    return kind
