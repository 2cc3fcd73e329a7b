"""How fast a batch of linear models steps: measured constants of one core.

They fit the table of docs/performance.md within a factor of about two; another machine, a GPU or other work
beside it changes them.
"""

from dataclasses import dataclass

DISPATCH_SECONDS = 35e-6
"""Of the tensor operations of one step, whatever the batch; a lone run costs hardly more."""
DESIGN_BYTES_A_SECOND = 2.7e10
"""At which a step reads the designs, each of them twice."""
FLOPS_A_SECOND = 3.4e10
"""Of the two products of a run with its design, while the design is in the cache."""
ENTRY_SECONDS = 3e-9
"""Of the entrywise operations on one parameter of a run of depth 1."""
SVD_SECONDS = 10e-6
"""Of the decomposition of one small matrix by LAPACK."""
SVD_WORK_SECONDS = 7e-9
"""Of the same for each n1 n2 min(n1, n2) of a large one."""

CALL_SECONDS = 1e-6
"""Of one compiled step, beside its arithmetic: records and checks are rare."""
COMPILED_ENTRY_SECONDS = 1.5e-9
"""Of the entrywise operations of a compiled step on one parameter of one factor."""
LONE_FLOPS_A_SECOND = 2.1e10
"""Of the compiled products of a run whose design few others share."""
JACOBI_SECONDS = 1.6e-9
"""Of a compiled decomposition for each n1 n2 min(n1, n2), of matrices side by side."""
LONE_JACOBI_SECONDS = 3e-9
"""Of the same for a matrix by itself."""
MANY = 8
"""Runs of one design from which compiled products take them side by side, matrices of whatever design."""

RECORD_SECONDS = 2e-4
"""Of one recorded step of a lone run: its tensor operations, and the way to the database."""
RECORD_ENTRY_SECONDS = 6e-8
"""Of the metrics of a recorded step on one parameter of one factor of a run."""


@dataclass(frozen=True, slots=True)
class BatchSize:
    """What the cost of a step depends on.

    Attributes:
        runs, designs: how many train together, and on how many designs.
        design_bytes: of the largest design.
        flops: of the products of one run with its design.
        dimension: parameters of one factor.
        depth: factors of a run, L.
        decomposed: n1 n2 min(n1, n2) in the decompositions of a step of a run, 0 without any.
        compiled: whether the steps are compiled, where numba is installed.
    """

    runs: int
    designs: int
    design_bytes: int
    flops: int
    dimension: int
    depth: int
    decomposed: int = 0
    compiled: bool = False


def step_seconds(size: BatchSize) -> float:
    """Estimated seconds of one step of a whole batch on one core."""
    return _compiled(size) if size.compiled else _tensors(size)


def record_seconds(size: BatchSize) -> float:
    """Estimated seconds of one recorded step of a whole batch, beside the step itself."""
    # Residual and gradients are computed anew, by tensors; so are singular values and polar factors.
    a_run = 3 * size.flops / FLOPS_A_SECOND + size.dimension * size.depth * RECORD_ENTRY_SECONDS
    return RECORD_SECONDS + size.runs * (a_run + 2 * _decomposition(size))


def _decomposition(size: BatchSize) -> float:
    return size.depth * SVD_SECONDS + SVD_WORK_SECONDS * size.decomposed if size.decomposed else 0.0


def _tensors(size: BatchSize) -> float:
    reading = size.designs * 2 * size.design_bytes / DESIGN_BYTES_A_SECOND
    # A deep model also multiplies, for every factor, the others.
    entries = size.dimension * (3 * size.depth - 2)
    a_run = size.flops / FLOPS_A_SECOND + entries * ENTRY_SECONDS + _decomposition(size)
    return DISPATCH_SECONDS + reading + size.runs * a_run


def _compiled(size: BatchSize) -> float:
    speed = FLOPS_A_SECOND if size.runs >= MANY * size.designs else LONE_FLOPS_A_SECOND
    # A single factor moves in the registers that its gradient is in.
    entries = size.dimension * (size.depth if size.depth > 1 else 0.3)
    jacobi = JACOBI_SECONDS if size.runs >= MANY else LONE_JACOBI_SECONDS
    a_run = size.flops / speed + entries * COMPILED_ENTRY_SECONDS + jacobi * size.decomposed
    return CALL_SECONDS + size.runs * a_run
