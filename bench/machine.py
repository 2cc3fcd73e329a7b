"""The machine that a table was measured on, and the most that one of its threads can compute."""

import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

SIZE, TRIES = 1024, 12
"""Rows and columns of the product, and how often it is taken; the best counts."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What ratios depend on.

    Attributes:
        model: name of the CPU.
        cores: that this process may use.
        vectors: the vector unit as torch names it.
        peak64, peak32: of a large matrix product on one thread, in floating-point operations a second.
        load: average number of processes that ran in the minute before.
        compiled: version of numba, None where it is not installed.
    """

    model: str
    cores: int
    vectors: str
    peak64: float
    peak32: float
    load: float
    compiled: str | None

    def text(self) -> str:
        """The machine in Markdown."""
        versions = f"Python {platform.python_version()}, NumPy {np.__version__}, torch {torch.__version__}"
        numba = f"numba {self.compiled}" if self.compiled else "without numba"
        return (
            f"Measured on {self.model}, {self.cores} cores, {self.vectors}; load {self.load:.2f} before. "
            f"Peak of one thread, in a matrix product of {SIZE} rows: {self.peak64 / 1e9:.1f} GF/s in "
            f"float64, {self.peak32 / 1e9:.1f} GF/s in float32. {versions}, {numba}."
        )


def look_at_machine() -> Machine:
    """Asks the operating system, and measures the peaks."""
    return Machine(
        model=_model(),
        cores=len(os.sched_getaffinity(0)),
        vectors=torch.backends.cpu.get_cpu_capability(),
        peak64=_peak(np.float64),
        peak32=_peak(np.float32),
        load=os.getloadavg()[0],
        compiled=_version("numba"),
    )


def _peak(dtype: type[np.floating[Any]]) -> float:
    """The better of NumPy's and torch's matrix product, since they come with different libraries."""
    square = np.random.default_rng(0).standard_normal((SIZE, SIZE)).astype(dtype)
    tensor, out = torch.from_numpy(square), np.empty_like(square)
    result = torch.empty_like(tensor)
    products: list[Callable[[], object]] = [
        lambda: np.matmul(square, square, out=out),
        lambda: torch.mm(tensor, tensor, out=result),
    ]
    return 2.0 * SIZE**3 / min(_seconds(product) for product in products for _ in range(TRIES))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
