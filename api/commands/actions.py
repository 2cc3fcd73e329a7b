"""cancel, retry, extend, refine and verify: what a user asks to be done with runs."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from api.client import Client, Progress, VerificationView
from api.commands.experiments import finish, service
from api.commands.tables import counted
from api.commands.trouble import Trouble


def run_action(act: Callable[[Client], Progress], watch: bool, as_json: bool, url: str | None) -> None:
    """Acts and prints how far the experiment is then; with `watch` stays until it has ended."""
    with service(url) as client:
        found = act(client)
        sys.stdout.write(json.dumps(asdict(found)) + "\n" if as_json else _line(found))
        sys.stdout.flush()
        if watch:
            finish(client.wait(found.id, progress=True))


def run_refine(
    experiment_id: str, axis: str, tolerance: float, watch: bool, as_json: bool, url: str | None
) -> None:
    """Asks for finer cells and prints their experiment; with `watch` stays until it has ended."""
    with service(url) as client:
        made = client.refine(experiment_id, axis, tolerance)
        sys.stdout.write(json.dumps(asdict(made.progress())) + "\n" if as_json else made.id + "\n")
        sys.stdout.flush()
        if watch:
            finish(client.wait(made.id, progress=True))


def run_cancel(resource_id: str, watch: bool, as_json: bool, url: str | None) -> None:
    """Cancels and prints how far the experiment is then; with `watch` stays until it has ended, as asked."""
    with service(url) as client:
        found = client.cancel(resource_id)
        if watch:
            found = client.wait(found.id, progress=True)
        sys.stdout.write(json.dumps(asdict(found)) + "\n" if as_json else _line(found))


def run_verify(run_id: str, watch: bool, as_json: bool, url: str | None) -> None:
    """Asks for a run to be trained once more; with `watch` stays for the verdict."""
    with service(url) as client:
        found = client.verify(run_id)
        if watch:
            end = client.wait(found.experiment_id, progress=True)
            found = client.verification(run_id, found.id)
            if found.verdict is None:
                finish(end)
        sys.stdout.write(json.dumps(asdict(found)) + "\n" if as_json else _verdict(found))
    if found.verdict in ("differs", "superseded"):
        raise Trouble(f"{run_id}: {found.verdict}")


def _verdict(found: VerificationView) -> str:
    parts = [found.id, found.verdict or found.state]
    if found.largest_at is not None:
        size = "" if found.largest is None else f"{found.largest:.1e} "
        parts.append(f"largest {size}at {_place(found.largest_at)} (tolerance {found.tolerance:.0e})")
    if found.first is not None:
        parts.append(f"first at {_place(found.first)}")
    return "  ".join(parts) + "\n"


def _place(at: Mapping[str, Any]) -> str:
    return f"step {at['step']:,} of {at['metric']}"


def _line(found: Progress) -> str:
    return f"{found.id} {found.state}: {counted(found.counts)}\n"
