"""Renders the OpenAPI document as one HTML page without scripts, fonts or links to elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from api.errors import FAMILY

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--soft);padding:.7rem;overflow:auto}
h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}details{border-bottom:1px solid var(--line)}
summary{padding:.4rem 0;cursor:pointer}b.m{display:inline-block;min-width:4.5rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}
"""
Json = dict[str, Any]


def render(api: Json) -> str:
    """The page of this document."""
    # Addresses in examples stay text, also for what makes links of all that looks like one.
    body = "\n".join(_body(api)).replace("://", ":&#47;&#47;")
    title = escape(api["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )


def _body(api: Json) -> Iterator[str]:
    info = api["info"]
    yield f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
    yield f"<p>{escape(info.get('description', ''))}</p>"
    yield '<p>The machine-readable form of this page: <a href="/openapi.json">/openapi.json</a></p>'
    operations = [
        (path, method, operation)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
    ]
    for tag in dict.fromkeys(tag for _, _, operation in operations for tag in operation["tags"]):
        yield f"<h2>{escape(tag)}</h2>"
        for path, method, operation in operations:
            if tag in operation["tags"]:
                yield from _operation(path, method, operation)
    yield "<h2>problems</h2><table>"
    for error in FAMILY:
        yield _row(f'<code id="{error.type}">{error.status} {error.type}</code>', escape(error.__doc__ or ""))
    yield "</table><h2>shapes</h2>"
    for name, schema in sorted(api["components"]["schemas"].items()):
        yield f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        yield f"<p>{escape(schema.get('description', ''))}</p>{_fields(schema)}</details>"


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield f'<details id="{escape(operation["operationId"])}"><summary><b class="m">{method.upper()}</b>'
    yield f"<code>{escape(path)}</code> {escape(operation.get('summary', ''))}</summary>"
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield "<table><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>"
        for p in parameters:
            name = escape(p["name"]) + ("" if p.get("required") else "?")
            about = escape(p.get("description", ""))
            yield _row(f"<code>{name}</code>", escape(p["in"]), _type(p["schema"]), about)
        yield "</table>"
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(media_type)}</code> {_type(content['schema'])}</p>"
        for example in content.get("examples", {}).values():
            yield f"<pre>{escape(json.dumps(example['value'], indent=2))}</pre>"
    yield "<table><tr><th>status</th><th></th><th>forms</th></tr>"
    for status, response in operation["responses"].items():
        forms = ", ".join(
            f"{escape(media_type)} {_type(content.get('schema', {}))}"
            for media_type, content in response.get("content", {}).items()
        )
        yield _row(escape(status), escape(response.get("description", "")), forms)
    yield "</table></details>"


def _fields(schema: Json) -> str:
    if "properties" not in schema:
        return _type(schema)
    required = schema.get("required", [])
    rows = [
        _row(
            f"<code>{escape(name)}{'' if name in required else '?'}</code>",
            _type(field),
            escape(field.get("description", "")),
        )
        for name, field in schema["properties"].items()
    ]
    return f"<table>{''.join(rows)}</table>"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " | ".join(_type(part) for part in schema[union])
    if schema.get("type") == "array" and "items" in schema:
        return f"array of {_type(schema['items'])}"
    bounds = {"minimum": "&ge;", "exclusiveMinimum": "&gt;", "maximum": "&le;", "exclusiveMaximum": "&lt;"}
    limits = "".join(f" {sign} {escape(str(schema[key]))}" for key, sign in bounds.items() if key in schema)
    return f"{escape(str(schema.get('type', 'any')))}{limits}"


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
