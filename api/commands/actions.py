"""retry and extend: what a user asks to be done with runs that have ended."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict

from api.client import Client, Progress
from api.commands.experiments import finish, service
from api.commands.progress import follow


def run_action(act: Callable[[Client], Progress], watch: bool, as_json: bool, url: str | None) -> None:
    """Acts and prints how far the experiment is then; with `watch` stays until it has ended."""
    with service(url) as client:
        found = act(client)
        sys.stdout.write(json.dumps(asdict(found)) + "\n" if as_json else _line(found))
        sys.stdout.flush()
        if watch:
            finish(follow(client, found.id))


def _line(found: Progress) -> str:
    counts = ", ".join(f"{n:,} {state}" for state, n in found.counts.items() if n)
    return f"{found.id} {found.state}: {counts}\n"
