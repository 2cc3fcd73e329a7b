"""Starting points of linear models, drawn on the host in float64."""

import math

import numpy as np
from numpy.typing import NDArray

from core.problems.sparse_recovery import Array, Instance
from core.problems.streams import Stream, generator
from core.spec import ExperimentSpec


def least_squares(instance: Instance) -> Array:
    """a_LS = (X'X)^+ X'y, the least-squares solution of minimum norm. Shape (n,)."""
    return np.asarray(np.linalg.lstsq(instance.design, instance.targets, rcond=None)[0], dtype=np.float64)


def start(spec: ExperimentSpec, instance: Instance) -> NDArray[np.float64]:
    """The factors at step 0. Shape (L, n)."""
    depth, n = spec.model.depth, spec.problem.dimension
    kind, scale = spec.model.init.kind, spec.model.init.scale
    factors = np.full((depth, n), scale)
    if kind == "sign_symmetric":
        factors[-1] = 0.0
    elif kind == "normal":
        factors *= generator(spec.seed, Stream.INIT).standard_normal((depth, n)) / math.sqrt(n)
    elif kind == "least_squares":
        factors[0] *= least_squares(instance)
    return factors
