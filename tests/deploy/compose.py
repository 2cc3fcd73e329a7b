"""The compose file as Compose reads it: YAML with variables of the environment filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
SECRETS = {"POSTGRES_PASSWORD": "0f3c9a-of-postgres", "REDIS_PASSWORD": "5b7d21-of-redis"}
_PLAIN = re.compile(r"\$(?:(?P<escape>\$)|\{(?P<name>\w+)(?:(?P<rule>:[-?])(?P<word>[^{}]*))?\})")
_DOLLAR = "\0"
Json = dict[str, Any]


class Missing(Exception):
    """A variable that must be set is not."""


def raw() -> Json:
    """The file with its anchors resolved and its variables left as they are."""
    found: Json = yaml.safe_load(FILE.read_text())
    return found


def resolved(environment: Mapping[str, str]) -> Json:
    """The file as Compose would run it; raises Missing where a variable must be set."""
    found: Json = _resolve(raw(), environment)
    return found


def interpolate(text: str, environment: Mapping[str, str]) -> str:
    """Fills in `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$`, from the inside out."""

    def fill(match: re.Match[str]) -> str:
        if match["escape"]:
            return _DOLLAR
        value = environment.get(match["name"], "")
        if not value and match["rule"] == ":?":
            return f"\1{match['name']}: {match['word']}\1"
        return value or (match["word"] or "" if match["rule"] == ":-" else "")

    before = ""
    while before != text:
        before, text = text, _PLAIN.sub(fill, text)
    # What a variable that is set replaces may name others that are not.
    if missing := re.search("\1([^\1]*)\1", text):
        raise Missing(missing[1])
    if "${" in text:
        raise ValueError(f"not a variable: {text}")
    return text.replace(_DOLLAR, "$")


def _resolve(node: Any, environment: Mapping[str, str]) -> Any:
    match node:
        case str():
            return interpolate(node, environment)
        case list():
            return [_resolve(item, environment) for item in node]
        case dict():
            return {key: _resolve(value, environment) for key, value in node.items()}
    return node
