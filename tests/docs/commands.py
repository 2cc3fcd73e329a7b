"""`python -m tests.docs.commands`: parses every call of the command line in the documentation."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from api.cli import app
from core.figures import BY_ID

ROOT = Path(__file__).parents[2]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
CALL = re.compile(r"(?:^|[\s(/])groklab ([a-z][^|;)\n]*)")


def main() -> None:
    """Prints how many calls there are, and what is wrong with which, as JSON."""
    command = typer.main.get_command(app)
    calls = [(page.name, call) for page in _pages() for call in _calls(page.read_text(encoding="utf-8"))]
    faults = [
        f"{name}: groklab {' '.join(call)}: {fault}"
        for name, call in calls
        if (fault := _fault(command, call))
    ]
    json.dump({"calls": len(calls), "faults": faults}, sys.stdout)


def _pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _calls(text: str) -> Iterator[list[str]]:
    for block in CONSOLE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield from (shlex.split(found, comments=True) for found in CALL.findall(line[2:]))


def _fault(command: Any, call: list[str]) -> str | None:
    """What is wrong with a call that would go to no service; None where nothing is."""
    rest = call
    while hasattr(command, "commands"):
        if not rest or rest[0] not in command.commands:
            return "no such command"
        command, rest = command.commands[rest[0]], rest[1:]
    try:
        given = command.make_context(call[0], list(rest)).params
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if call[0] == "figure" and given["number"] not in BY_ID:
        return "no such figure"
    if call[0] == "submit" and given["spec"].startswith("docs/") and not (ROOT / given["spec"]).is_file():
        return "no such file"
    return None


if __name__ == "__main__":
    main()
