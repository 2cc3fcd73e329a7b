"""How the command line shows a dry run."""

import sys
from collections.abc import Mapping
from typing import Any

from api.commands.tables import write_table

_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))


def write_dry_run(found: Mapping[str, Any]) -> None:
    """Prints cells and cost, then the predictions as a row a cell, then every warning."""
    cost = found["cost"]
    summary = {
        "cells": f"{found['cells']:,}",
        "reused": f"{found['reused']:,}",
        "batches": f"{found['batch_count']:,}",
        "run-steps": f"{cost['run_steps']:,}",
        "time": f"about {_duration(cost['seconds'])} on one core",
        "memory": f"about {cost['bytes'] / 2**20:,.1f} MiB at once",
    }
    write_table(({"name": name, "value": value} for name, value in summary.items()), header=False)
    if found["predicted"]:
        sys.stdout.write("\n")
        write_table(_prediction(one) for one in found["predicted"])
        if len(found["predicted"]) < found["cells"]:
            looked_at = f"{len(found['predicted']):,} of {found['cells']:,} cells"
            sys.stdout.write(f"... predictions for {looked_at}, spread evenly over the sweep\n")
    if found["warnings"]:
        sys.stdout.write("\n" + "".join(f"warning: {warning}\n" for warning in found["warnings"]))


def _prediction(one: Mapping[str, Any]) -> dict[str, Any]:
    steps = {name: None if one[name] is None else f"{one[name]:,.0f}" for name in ("t1", "delay", "t2")}
    in_regime = "yes" if one["theory"].get("in_regime") else "no"
    return {"cell": one["cell"], "seed": one["seed"], **one["axes"], **steps, "in_regime": in_regime}


def _duration(seconds: float) -> str:
    for length, name in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {name}"
    return f"{seconds:,.1f} seconds"
