"""How long a batch trains: a rough estimate for one core, from measured constants.

The constants fit the table of speeds in docs/development.md within a factor of about two; another machine, a
GPU or other work beside it changes them. Set-up, records and checks, some percent, are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.spec.experiment import ExperimentSpec
from core.spec.plan import design_bytes, design_key

DISPATCH_SECONDS = 35e-6
"""Of the tensor operations of one step, whatever the batch; a lone run costs hardly more."""
DESIGN_BYTES_A_SECOND = 2.7e10
"""At which a step reads the designs, each of them twice."""
FLOPS_A_SECOND = 3.4e10
"""Of the two products of a run with its design, while the design is in the cache."""
ENTRY_SECONDS = 3e-9
"""Of the entrywise operations on one parameter of a run of depth 1."""


@dataclass(frozen=True, slots=True)
class BatchSize:
    """What the cost of a step depends on.

    Attributes:
        runs, designs: how many train together, and on how many designs.
        design_bytes: of the largest design.
        number_bytes: of one number.
        dimension: parameters of one factor.
        depth: factors of a run, L.
    """

    runs: int
    designs: int
    design_bytes: int
    number_bytes: int
    dimension: int
    depth: int


def step_seconds(size: BatchSize) -> float:
    """Estimated seconds of one step of a whole batch on one core."""
    reading = size.designs * 2 * size.design_bytes / DESIGN_BYTES_A_SECOND
    # A deep model also multiplies, for every factor, the others.
    entries = size.dimension * (3 * size.depth - 2)
    flops = 4 * size.design_bytes / size.number_bytes
    a_run = flops / FLOPS_A_SECOND + entries * ENTRY_SECONDS
    return DISPATCH_SECONDS + reading + size.runs * a_run


def batch_seconds(specs: Sequence[ExperimentSpec]) -> float:
    """Estimated seconds to train the one-cell specs of a planned batch to their last step on one core.

    Raises ValueError for an empty batch.
    """
    return step_seconds(batch_size(specs)) * max(spec.steps for spec in specs)


def batch_size(specs: Sequence[ExperimentSpec]) -> BatchSize:
    """The size of a batch of these one-cell specs. Raises ValueError for an empty one."""
    if not specs:
        raise ValueError("a batch has at least one run. Got 0 instead.")
    return BatchSize(
        runs=len(specs),
        designs=len({design_key(spec) for spec in specs}),
        design_bytes=max(design_bytes(spec) for spec in specs),
        number_bytes=8 if specs[0].precision == "float64" else 4,
        dimension=specs[0].problem.dimension,
        depth=specs[0].model.depth,
    )
