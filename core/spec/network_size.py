"""What training a network takes: numbers, operations, bytes, seconds; and which networks train together."""

import json
import math
from dataclasses import dataclass

from core.spec.experiment import ExperimentSpec
from core.spec.layers import dimensions, layers_of
from core.spec.metrics import chosen_metrics, chosen_vectors, split_name
from core.spec.network_model import EncoderDecoder
from core.spec.network_problem import ModularArithmetic, TeacherStudent
from core.spec.schedule import count_bound

STACKED_WORK = 3e7
"""Operations of a step that networks on a CPU share: beyond that one beside another brings nothing."""
MAX_STACKED_CPU = 32
MAX_STACKED_GPU = 256
STACKED_BYTES = 1 << 30
"""Memory of the networks that train together."""
BLOCK_NUMBERS = 1 << 18
"""Outputs that are evaluated at once, so that they stay in the cache."""
TEACHER_NUMBERS = 1 << 22
"""Numbers that a teacher works on at once."""
DISPATCH_SECONDS = 4e-4
"""Of the tensor operations of one step."""
FLOPS_A_SECOND = 5e10
"""Of products in float32; float64 takes twice the time."""
NUMBER_SECONDS = 1.5e-9
"""Of the entrywise operations on one activation or parameter."""
SVD_SECONDS = 3e-9
"""Of a decomposition for each n1 n2 min(n1, n2)."""
_GRADIENTS = {"gradient_norm", "penalty_gradient_norm", "gradient_ratio", "gradient_angle"}
_DECOMPOSED = {"nuclear_norm", "rank", "effective_rank", "singular_values"}


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """Sizes of one run.

    Attributes:
        parameters: numbers in all layers.
        inputs: numbers of one input, two for a pair.
        activations: numbers that one input becomes on its way through the network.
        flops: operations of the way of one input through the network.
        rows: inputs of a step.
        evaluated: inputs of an evaluation, training and test data.
        derivatives: numbers of the Jacobians, or Hessians, that a step compares.
        svd: sum of n1 n2 min(n1, n2) over the weights.
    """

    parameters: int
    inputs: int
    activations: int
    flops: int
    rows: int
    evaluated: int
    derivatives: int
    svd: int


def network_size(spec: ExperimentSpec) -> NetworkSize:
    """The sizes of a one-cell spec. Raises TypeError for a linear model."""
    model, problem, layers = spec.network_model, spec.network_problem, layers_of(spec)
    dense = [layer for layer in layers if layer.weight and not layer.embedding]
    widths = dense[0].shape[1] + sum(layer.shape[0] for layer in dense)
    flops = 2 * sum(layer.size for layer in dense)
    inputs, outputs = dimensions(problem)
    if isinstance(model, EncoderDecoder):
        widths += 2 * model.embedding
        flops += 2 * round(model.embedding**1.5) if model.combine == "matrix_product" else model.embedding
        inputs = 2
    rows = min(spec.network_method.batch_size or problem.train_rows, problem.train_rows)
    return NetworkSize(
        parameters=sum(layer.size for layer in layers),
        inputs=inputs,
        activations=widths,
        flops=flops,
        rows=rows,
        evaluated=problem.train_rows + problem.test_rows,
        derivatives=_derivatives(spec, rows, inputs, outputs),
        svd=sum(layer.size * min(layer.shape) for layer in layers if layer.weight),
    )


def network_key(spec: ExperimentSpec) -> str:
    """What the networks of a batch share: all but data, start, learning rate and strengths."""
    problem, strengths, method = spec.network_problem, spec.regularization, spec.network_method
    shared = [
        [(layer.name, layer.shape) for layer in layers_of(spec)],
        spec.network_model.model_dump(exclude={"init"}),
        problem.kind,
        problem.task,
        [problem.train_rows, problem.test_rows],
        # Tables of one operation alone have the same pairs.
        getattr(problem, "operation", None) == "/",
        method.model_dump(exclude={"learning_rate"}),
        [name for name, value in strengths if name != "groups" and value > 0],
        strengths.groups,
        spec.precision,
        spec.device,
        spec.allow_tf32,
        spec.steps,
        spec.record.model_dump(),
        spec.stop.model_dump(),
        spec.detect.metric,
        getattr(problem, "activation", None) if strengths.derivative else None,
    ]
    return json.dumps(shared, sort_keys=True)


def runs_together(spec: ExperimentSpec) -> int:
    """How many networks of this size train side by side."""
    alone = network_bytes(spec, 1)
    fit = 1 + (STACKED_BYTES - alone) // (network_bytes(spec, 2) - alone)
    if spec.device.startswith("cuda"):
        return max(1, min(MAX_STACKED_GPU, fit))
    return max(1, min(MAX_STACKED_CPU, fit, int(STACKED_WORK / step_flops(network_size(spec)))))


def network_bytes(spec: ExperimentSpec, runs: int) -> int:
    """Estimated peak of a batch, records left out: what stays, and what comes and goes."""
    size, width = network_size(spec), 8 if spec.precision == "float64" else 4
    moments = 2 if spec.optimizer.kind in ("adam", "adamw") else 1
    names = {split_name(name)[0] for name in (*chosen_metrics(spec), *chosen_vectors(spec))}
    problem = spec.network_problem
    # A metric of gradients goes through all training data at once.
    rows = problem.train_rows if names & _GRADIENTS else size.rows
    data = size.evaluated * (size.inputs + 8) + _table(spec) + _tested_derivatives(spec, names)
    stays = (6 + moments) * size.parameters + data + 3 * size.derivatives
    a_run = stays + 3 * rows * size.activations + _derivative_work(spec, rows)
    return width * (runs * a_run + _evaluation(spec, size)) + _teaching(spec, names)


def _evaluation(spec: ExperimentSpec, size: NetworkSize) -> int:
    """Numbers of one block of an evaluation, which has fewer rows the more runs there are."""
    problem = spec.network_problem
    if isinstance(problem, ModularArithmetic):
        first = next(layer for layer in layers_of(spec) if layer.name == "decoder.0")
        return 8 * max(BLOCK_NUMBERS, first.size, problem.modulus * size.activations)
    return 4 * max(BLOCK_NUMBERS, size.activations)


def _table(spec: ExperimentSpec) -> int:
    """Numbers of what is known and found of all pairs of a modular table."""
    problem = spec.network_problem
    return 10 * problem.modulus**2 if isinstance(problem, ModularArithmetic) else 0


def _derivative_work(spec: ExperimentSpec, rows: int) -> int:
    """Numbers between the layers while derivatives are compared."""
    if not spec.regularization.derivative:
        return 0
    inputs, outputs = dimensions(spec.network_problem)
    widest = max(max(layer.shape) for layer in layers_of(spec))
    order = inputs if spec.regularization.second_derivative else 1
    return 5 * rows * outputs * widest * order


def _tested_derivatives(spec: ExperimentSpec, names: set[str]) -> int:
    """Numbers of the Jacobians at the test inputs, where a metric needs them."""
    if "jacobian_distance" not in names:
        return 0
    inputs, outputs = dimensions(spec.network_problem)
    return 2 * spec.network_problem.test_rows * inputs * outputs


def _teaching(spec: ExperimentSpec, names: set[str]) -> int:
    """Bytes of what a teacher works on at once, and of its answers, of one run."""
    problem = spec.network_problem
    if not isinstance(problem, TeacherStudent):
        return 0
    numbers = problem.hidden * (problem.dimension + problem.outputs)
    numbers += (problem.train_rows + problem.test_rows) * (problem.dimension + problem.outputs)
    if spec.regularization.derivative or "jacobian_distance" in names:
        order = problem.dimension if spec.regularization.second_derivative else 1
        numbers += (
            2 * problem.outputs * problem.dimension * order * max(problem.train_rows, problem.test_rows)
        )
    return 8 * (numbers + 3 * TEACHER_NUMBERS)


def network_seconds(spec: ExperimentSpec) -> float:
    """Estimated seconds to train a one-cell spec to its last step on one core, records included."""
    size = network_size(spec)
    slow = 2.0 if spec.precision == "float64" else 1.0
    step = DISPATCH_SECONDS + slow * (
        step_flops(size) / FLOPS_A_SECOND
        + (3 * size.rows * size.activations + 8 * size.parameters) * NUMBER_SECONDS
    )
    if spec.regularization.nuclear > 0:
        step += slow * size.svd * SVD_SECONDS
    look = DISPATCH_SECONDS + slow * size.evaluated * (
        size.flops / FLOPS_A_SECOND + size.activations * NUMBER_SECONDS
    )
    names = {split_name(name)[0] for name in (*chosen_metrics(spec), *chosen_vectors(spec))}
    if names & _DECOMPOSED:
        look += slow * size.svd * SVD_SECONDS
    if names & _GRADIENTS:
        look += step
    return step * spec.steps + look * count_bound(spec.record, spec.steps)


def step_flops(size: NetworkSize) -> float:
    """Operations of one step of a run; each number of a Jacobian or Hessian is a sum over the weights."""
    return 3 * size.rows * size.flops + 2 * size.derivatives * size.flops / max(size.inputs, 1)


def _derivatives(spec: ExperimentSpec, rows: int, inputs: int, outputs: int) -> int:
    strengths = spec.regularization
    if not strengths.derivative:
        return 0
    order = 2 if strengths.second_derivative else 1
    return math.prod([rows, outputs, *[inputs] * order])
