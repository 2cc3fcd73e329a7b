"""How long a batch trains: a rough estimate for one core, from measured constants.

Set-up and checks, some percent, are left out.
"""

import math
from collections.abc import Sequence

from core.spec.engine import compilable, engine_of
from core.spec.experiment import ExperimentSpec
from core.spec.network_size import network_seconds
from core.spec.plan import design_bytes, design_keys
from core.spec.schedule import count_bound
from core.spec.speed import BatchSize, record_seconds, step_seconds
from core.spec.work import decomposition_work, jump_work

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


def batch_seconds(specs: Sequence[ExperimentSpec]) -> float:
    """Estimated seconds to train the one-cell specs of a planned batch to their last step on one core.

    The closed form takes a step for each recorded one, the exact minimiser one in all; jumps take the time of
    their events, whatever the number of steps. Raises ValueError for an empty batch.
    """
    if specs and specs[0].is_network:
        # Networks train together where they take the same time.
        return len(specs) * network_seconds(specs[0])
    size, spec = batch_size(specs), specs[0]
    records = count_bound(spec.record, spec.steps) * record_seconds(size)
    match engine_of(spec):
        case "convex":
            work = sum(decomposition_work(s.linear_problem) for s in specs)
            return SOLUTION_SECONDS * len(specs) + SOLUTION_WORK_SECONDS * work
        case "closed_form":
            return records + step_seconds(size) * count_bound(spec.record, spec.steps)
        case "exact_jump":
            recorded = step_seconds(size) * count_bound(spec.record, spec.steps)
            return records + recorded + sum(_jump_seconds(s) for s in specs)
        case "loop":
            return records + step_seconds(size) * spec.steps


def batch_size(specs: Sequence[ExperimentSpec]) -> BatchSize:
    """The size of a batch of these one-cell specs. Raises ValueError for an empty one."""
    if not specs:
        raise ValueError("a batch has at least one run. Got 0 instead.")
    spec = specs[0]
    shape, depth = spec.linear_problem.shape, spec.linear_model.depth
    large = math.prod(shape) * min(shape) if spec.regularization.nuclear > 0 else 0
    return BatchSize(
        runs=len(specs),
        designs=len(set(design_keys(specs))),
        design_bytes=max(design_bytes(spec) for spec in specs),
        flops=max(_flops(spec) for spec in specs),
        dimension=math.prod(shape),
        depth=depth,
        decomposed=depth * large,
        compiled=compilable(spec),
    )


def _flops(spec: ExperimentSpec) -> int:
    """Of a run's residual and gradient."""
    problem = spec.linear_problem
    match problem.kind:
        case "matrix_completion":
            return 4 * math.prod(problem.shape)
        case "matrix_sensing":
            return 4 * problem.measurements * problem.shape[1] * (problem.shape[0] + 1)
        case _:
            return 4 * problem.measurements * math.prod(problem.shape) * (4 if problem.complex else 1)


def _jump_seconds(spec: ExperimentSpec) -> float:
    events = EVENTS_A_PARAMETER * math.prod(spec.linear_problem.shape)
    return events * (EVENT_SECONDS + EVENT_WORK_SECONDS * jump_work(spec.linear_problem))
