"""The canonical form of a spec and its digest, the name of what its numbers will be."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from core.spec.experiment import ExperimentSpec

NUMERICS_VERSION = 3
"""Rises whenever the same spec would give other numbers; part of every digest."""

_NOT_NUMERICAL = {"name", "tags", "reuse", "engine", "problem"}


def canonical(spec: ExperimentSpec) -> dict[str, Any]:
    """The spec as plain JSON data with every default filled in."""
    return spec.model_dump(mode="json")


def device_kind(device: str) -> str:
    """The kind of device whose rounding a digest speaks of: `auto` counts as cpu until a GPU takes it."""
    return "cuda" if device.startswith("cuda") else "cpu"


def digest(spec: ExperimentSpec, device: str | None = None) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON and the numerics version.

    `device` is the device that a run was trained on, where it is known; by default what the spec asks for.
    """
    return hashlib.sha256(_text(_data(spec, device)).encode()).hexdigest()


def digests(spec: ExperimentSpec, seeds: Iterable[int]) -> Iterator[str]:
    """The digests of a spec with each of the seeds; the text around the seed is made once."""
    data = _data(spec)
    begins = hashlib.sha256(_text({key: data[key] for key in data if key < "seed"})[:-1].encode())
    ends = _text({key: data[key] for key in data if key > "seed"})[1:]
    for seed in seeds:
        told = begins.copy()
        told.update(f',"seed":{seed},{ends}'.encode())
        yield told.hexdigest()


def _data(spec: ExperimentSpec, device: str | None = None) -> dict[str, Any]:
    data = spec.model_dump(mode="json", exclude=_NOT_NUMERICAL)
    data["problem"] = spec.problem.identity()
    data["device"] = device_kind(device if device is not None else spec.device)
    data["numerics_version"] = NUMERICS_VERSION
    return data


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
