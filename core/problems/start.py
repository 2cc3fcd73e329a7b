"""Starting points of linear models, drawn on the host in float64."""

import math

import numpy as np

from core.problems.instance import Instance
from core.problems.operators import Numbers, least_squares
from core.problems.streams import Stream, generator
from core.spec import ExperimentSpec


def factor_shapes(shape: tuple[int, ...], depth: int) -> list[tuple[int, ...]]:
    """Shapes of the L factors: entrywise factors of a vector, or matrices whose product is n1 x n2.

    The inner size is min(n1, n2), so that depth does not bound the rank.
    """
    if len(shape) == 1 or depth == 1:
        return [shape] * depth
    rows, columns = shape
    inner = min(shape)
    return [(rows, inner), *[(inner, inner)] * (depth - 2), (inner, columns)]


def start(spec: ExperimentSpec, instance: Instance) -> list[Numbers]:
    """The factors at step 0: L arrays of the shapes that `factor_shapes` gives."""
    kind, scale = spec.linear_model.init.kind, spec.linear_model.init.scale
    shapes = factor_shapes(spec.linear_problem.shape, spec.linear_model.depth)
    if kind == "least_squares":
        return [scale * least_squares(instance.operator, instance.targets)]
    if kind == "normal":
        factors = _normal(spec, shapes)
    else:
        factors = [np.ones(shape) if len(shape) == 1 else np.eye(shape[0], shape[1]) for shape in shapes]
    if kind == "sign_symmetric":
        factors[-1] = np.zeros(shapes[-1])
    dtype = np.complex128 if spec.linear_problem.complex else np.float64
    return [(scale * factor).astype(dtype) for factor in factors]


def _normal(spec: ExperimentSpec, shapes: list[tuple[int, ...]]) -> list[Numbers]:
    """N(0, 1/n) entries, n the last size of each factor; complex ones are circular of the same variance."""
    stream = generator(spec.seed, Stream.INIT)
    factors: list[Numbers] = [stream.standard_normal(shape) / math.sqrt(shape[-1]) for shape in shapes]
    if spec.linear_problem.complex:
        imaginary = [stream.standard_normal(shape) / math.sqrt(shape[-1]) for shape in shapes]
        factors = [(a + 1j * b) / math.sqrt(2.0) for a, b in zip(factors, imaginary, strict=True)]
    return factors
