"""What produced a result: versions, device, threads, engine."""

import platform
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from core.spec import NUMERICS_VERSION, ExperimentSpec, engine_of
from core.training.linear.compiled import serves


def provenance(spec: ExperimentSpec, device: str) -> dict[str, Any]:
    """Versions, hardware and engine of the run of a one-cell spec, as JSON data."""
    on_card = device.startswith("cuda")
    return {
        "numerics_version": NUMERICS_VERSION,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name(device) if on_card else "cpu",
        "threads": torch.get_num_threads(),
        "engine": engine_of(spec),
        "numba": _compiler(spec, device),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "tf32": on_card and torch.backends.cuda.matmul.fp32_precision == "tf32",
    }


def _compiler(spec: ExperimentSpec, device: str) -> str | None:
    """The version of what compiled the steps, None where they were tensor operations."""
    compiled = not spec.is_network and serves(spec, torch.device(device))
    return _version("numba") if compiled else None


@cache  # Looked up for each run it would take longer than to store the run.
def _version(package: str) -> str:
    return version(package)
