"""Torch's global switches while a batch trains: the same bits every time, and no rounding of factors."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.spec import ExperimentSpec


@contextmanager
def numerics(spec: ExperimentSpec) -> Iterator[None]:
    """Deterministic algorithms, TF32 only where a one-cell spec asks for it; afterwards all is as before.

    One may be within another, with nothing of the outer one running meanwhile.

    Of networks numbers below 1e-38 (float64: 2e-308) count as 0 on a CPU.

    On CUDA cuBLAS is deterministic with CUBLAS_WORKSPACE_CONFIG=:4096:8 in the environment alone; without it
    torch raises RuntimeError.
    """
    flushes = _flushes_denormals()
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        torch.backends.cuda.matmul.fp32_precision,
    )
    torch.use_deterministic_algorithms(True)
    # Every buffer is written before it is read; filling them first would double the time of small steps.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cuda.matmul.fp32_precision = "tf32" if spec.allow_tf32 else "ieee"
    # Moments of units that have died decay into numbers that take a processor a hundred times longer.
    torch.set_flush_denormal(spec.is_network)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushes)
        torch.use_deterministic_algorithms(before[0])
        torch.utils.deterministic.fill_uninitialized_memory = before[1]  # type: ignore[attr-defined]
        torch.backends.cuda.matmul.fp32_precision = before[2]


def _flushes_denormals() -> bool:
    """Whether this thread counts such small numbers as 0, found by trying: torch has no call that tells."""
    smallest = torch.full((), 5e-324, dtype=torch.float64)
    return bool(smallest + smallest == 0)
