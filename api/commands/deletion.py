"""delete: says what goes, asks, and deletes an experiment."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from api.client.views import TERMINAL
from api.commands.experiments import service
from api.commands.tables import counted
from api.commands.trouble import MISUSED, Trouble


def run_delete(experiment_id: str, yes: bool, force: bool, as_json: bool, url: str | None) -> None:
    """Deletes once the user has said yes, and tells what that freed.

    Raises Trouble for a run, while runs go on without `force`, and where the answer is not yes.
    """
    if experiment_id.startswith("run_"):
        raise Trouble("a run goes with its experiment alone: give the id of that, exp_...", code=MISUSED)
    with service(url) as client:
        found = client.describe(experiment_id)
        live = {state: n for state, n in found["counts"].items() if n and state not in TERMINAL}
        if live and not force:
            raise Trouble(
                f"{experiment_id} has runs that have not ended ({counted(live)}): "
                f"`groklab cancel {experiment_id}` first, or --force"
            )
        if not yes:
            _ask(found)
        freed = client.delete_experiment(experiment_id, force=force)
    facts = {"id": experiment_id, "bytes_freed": freed}
    sys.stdout.write(json.dumps(facts) + "\n" if as_json else f"{experiment_id} deleted: {freed:,} bytes\n")


def _ask(found: Mapping[str, Any]) -> None:
    runs = sum(found["counts"].values())
    named = f" ({found['name']})" if found["name"] else ""
    sys.stderr.write(
        f"{found['id']}{named}: {runs:,} run{'s' if runs > 1 else ''} ({counted(found['counts'])}) "
        "with series, checkpoints, files and verifications.\n"
        "What other experiments have taken over stays with them; there is no way back. Delete? [y/N] "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Trouble(f"{found['id']} was not deleted (answer y, or give --yes)")
