"""The examples in the documentation: the service takes those that it should, and refuses as it is written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from core.spec import canonical, parse_spec

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    "README.md",
    "docs/spec.md",
    "docs/linear.md",
    "docs/networks.md",
    "docs/science.md",
    "docs/golden.json",
)
BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
BODY = re.compile(r"-d '(\{.*?\})'", re.DOTALL)


def _specs(name: str) -> list[dict[str, Any]]:
    """Every spec of a document, in a block of its own or in a call."""
    text = (ROOT / name).read_text()
    found = [text] if name.endswith(".json") else [*BLOCK.findall(text), *BODY.findall(text)]
    return [one for one in map(json.loads, found) if "problem" in one]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_written_specs_are_accepted(shared_client: Client, name: str) -> None:
    specs = _specs(name)
    assert specs
    for spec in specs:
        answer = shared_client.post("/v1/experiments?dry_run=true", json=spec)
        assert answer.status_code == 200, answer.text


def test_the_worked_examples_are_those_of_the_service(shared_client: Client) -> None:
    body = shared_client.get("/openapi.json").json()["paths"]["/v1/experiments"]["post"]["requestBody"]
    shown = [
        canonical(parse_spec(e["value"])) for e in body["content"]["application/json"]["examples"].values()
    ]
    for spec in [*_specs("docs/linear.md"), *_specs("docs/networks.md")]:
        assert canonical(parse_spec(spec)) in shown, spec["name"]


def test_the_written_refusal_is_the_answer(shared_client: Client) -> None:
    text = (ROOT / "docs/http.md").read_text()
    [sent], [answered] = BODY.findall(text), [one for one in BLOCK.findall(text) if '"status": 422' in one]
    answer = shared_client.post("/v1/experiments", json=json.loads(sent))
    assert answer.json() == json.loads(answered)


@pytest.mark.parametrize(
    "name", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
)
def test_links_within_the_documentation_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", document.read_text()):
        file = document.parent / target if target else document
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file.read_text()), f"{target}#{anchor}"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
