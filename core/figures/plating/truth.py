"""What recorded vectors and norms should become, where the instance has a truth."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from core.problems import draw
from core.spec import ExperimentSpec, affordable, split_name

Floats = NDArray[np.float64]
_NOTHING = 1e-9
"""Singular values below this share of the largest are zero but for rounding."""


def _singular_values(truth: Floats) -> Floats:
    values = np.linalg.svd(truth, compute_uv=False)
    return np.where(values > _NOTHING * values[0], values, 0.0)


_OF_MATRICES = ("singular_values", "nuclear_norm")
_OF_TRUTH: Mapping[str, Callable[[Floats], Floats]] = {
    "parameters": np.ravel,
    "singular_values": _singular_values,
    "l1_norm": lambda truth: np.abs(truth).sum(keepdims=True).ravel(),
    "l2_norm": lambda truth: np.atleast_1d(np.linalg.norm(truth)),
    "nuclear_norm": lambda truth: np.atleast_1d(np.linalg.norm(truth, "nuc")),
    "support_norm": lambda truth: np.atleast_1d(np.linalg.norm(truth)),
    "off_support_norm": lambda truth: np.zeros(1),
}


def truth_of(spec: ExperimentSpec, metric: str) -> list[float] | None:
    """What the metric of a run with this one-cell spec is at the truth.

    None where nobody knows, where it is not of such a metric, and where drawing the instance again costs
    much.
    """
    name, _ = split_name(metric)
    of_truth = _OF_TRUTH.get(name)
    if of_truth is None or spec.is_network or spec.linear_problem.test != "truth":
        return None
    truth = draw(spec).true_parameters if affordable(spec.linear_problem) else None
    if truth is None or np.iscomplexobj(truth) or (truth.ndim < 2 and name in _OF_MATRICES):
        return None
    found: list[float] = of_truth(truth).tolist()
    return found
