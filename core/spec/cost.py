"""How long a batch trains: a rough estimate for one core, from measured constants.

The constants fit the table of speeds in docs/development.md within a factor of about two; another machine, a
GPU or other work beside it changes them. Set-up, records and checks, some percent, are left out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.spec.engine import engine_of
from core.spec.experiment import ExperimentSpec
from core.spec.network_size import network_seconds
from core.spec.plan import design_bytes, design_key
from core.spec.schedule import count_bound
from core.spec.work import decomposition_work, jump_work

DISPATCH_SECONDS = 35e-6
"""Of the tensor operations of one step, whatever the batch; a lone run costs hardly more."""
DESIGN_BYTES_A_SECOND = 2.7e10
"""At which a step reads the designs, each of them twice."""
FLOPS_A_SECOND = 3.4e10
"""Of the two products of a run with its design, while the design is in the cache."""
ENTRY_SECONDS = 3e-9
"""Of the entrywise operations on one parameter of a run of depth 1."""
SVD_SECONDS = 12e-6
"""Of the decomposition of one small matrix."""
SVD_ENTRY_SECONDS = 1e-9
"""Of the same for each n1 n2 min(n1, n2) of a large one."""
SOLUTION_SECONDS = 5e-3
"""Of one exact minimiser of a small problem."""
SOLUTION_WORK_SECONDS = 5e-9
"""Of the same for each unit of decomposition work of a large one."""

EVENTS_A_PARAMETER = 2.0
"""Changes of the active set that a run with small strengths jumps over, or tries to."""
EVENT_SECONDS = 1.5e-3
"""Of one of them: some dozens of steps, a decomposition, and the search for the next."""
EVENT_WORK_SECONDS = 5e-10
"""Of the same for each unit of decomposition work of a large design."""


@dataclass(frozen=True, slots=True)
class BatchSize:
    """What the cost of a step depends on.

    Attributes:
        runs, designs: how many train together, and on how many designs.
        design_bytes: of the largest design.
        number_bytes: of one number.
        dimension: parameters of one factor.
        depth: factors of a run, L.
        svd_seconds: of the decompositions in one step of a run, for the nuclear norm.
    """

    runs: int
    designs: int
    design_bytes: int
    number_bytes: int
    dimension: int
    depth: int
    svd_seconds: float = 0.0


def step_seconds(size: BatchSize) -> float:
    """Estimated seconds of one step of a whole batch on one core."""
    reading = size.designs * 2 * size.design_bytes / DESIGN_BYTES_A_SECOND
    # A deep model also multiplies, for every factor, the others.
    entries = size.dimension * (3 * size.depth - 2)
    flops = 4 * size.design_bytes / size.number_bytes
    a_run = flops / FLOPS_A_SECOND + entries * ENTRY_SECONDS
    return DISPATCH_SECONDS + reading + size.runs * (a_run + size.svd_seconds)


def batch_seconds(specs: Sequence[ExperimentSpec]) -> float:
    """Estimated seconds to train the one-cell specs of a planned batch to their last step on one core.

    The closed form takes a step for each recorded one, the exact minimiser one in all; jumps take the time of
    their events, whatever the number of steps. Raises ValueError for an empty batch.
    """
    if specs and specs[0].is_network:
        return sum(map(network_seconds, specs))
    size, spec = batch_size(specs), specs[0]
    match engine_of(spec):
        case "convex":
            work = sum(decomposition_work(s.linear_problem) for s in specs)
            return SOLUTION_SECONDS * len(specs) + SOLUTION_WORK_SECONDS * work
        case "closed_form":
            return step_seconds(size) * count_bound(spec.record, spec.steps)
        case "exact_jump":
            recorded = step_seconds(size) * count_bound(spec.record, spec.steps)
            return recorded + sum(_jump_seconds(s) for s in specs)
        case "loop":
            return step_seconds(size) * spec.steps


def batch_size(specs: Sequence[ExperimentSpec]) -> BatchSize:
    """The size of a batch of these one-cell specs. Raises ValueError for an empty one."""
    if not specs:
        raise ValueError("a batch has at least one run. Got 0 instead.")
    return BatchSize(
        runs=len(specs),
        designs=len({design_key(spec) for spec in specs}),
        design_bytes=max(design_bytes(spec) for spec in specs),
        number_bytes=8 if specs[0].precision == "float64" else 4,
        dimension=math.prod(specs[0].linear_problem.shape),
        depth=specs[0].linear_model.depth,
        svd_seconds=_svd_seconds(specs[0]),
    )


def _jump_seconds(spec: ExperimentSpec) -> float:
    events = EVENTS_A_PARAMETER * math.prod(spec.linear_problem.shape)
    return events * (EVENT_SECONDS + EVENT_WORK_SECONDS * jump_work(spec.linear_problem))


def _svd_seconds(spec: ExperimentSpec) -> float:
    if spec.regularization.nuclear == 0:
        return 0.0
    large = math.prod(spec.linear_problem.shape) * min(spec.linear_problem.shape)
    return spec.linear_model.depth * (SVD_SECONDS + SVD_ENTRY_SECONDS * large)
