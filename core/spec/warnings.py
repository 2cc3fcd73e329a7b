"""What a spec says that its user may not have meant."""

from collections.abc import Mapping
from typing import Any


def spec_warnings(spec: Mapping[str, Any]) -> list[str]:
    """What to say of a filled spec, as JSON data; nothing of most."""
    return [warning for warning in (_unused_seed(spec),) if warning is not None]


def _unused_seed(spec: Mapping[str, Any]) -> str | None:
    seeds = (spec.get("sweep") or {}).get("seeds")
    # A seed of 0 is one that nobody has set.
    if not seeds or not spec["seed"]:
        return None
    first, last = seeds["start"], seeds["start"] + seeds["count"] - 1
    if first <= spec["seed"] <= last:
        return None
    given = f"{first} to {last}" if last > first else str(first)
    return f"seed = {spec['seed']} is not used: /sweep/seeds overrides it with {given}"
