"""A plain NumPy loop, written from the formulas of the methods, that the engine must agree with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.problems import draw, start
from core.spec import ExperimentSpec

Array = NDArray[np.float64]


@dataclass
class Trace:
    """Parameters and errors of every step."""

    parameters: Array  # (T + 1, n)
    factors: Array  # (T + 1, L, n)
    train: Array  # (T + 1,)
    test: Array  # (T + 1,)

    def first(self, errors: Array, threshold: float) -> int | None:
        hits = np.flatnonzero(errors <= threshold)
        return int(hits[0]) if len(hits) else None


def trace(spec: ExperimentSpec) -> Trace:
    """One run, step by step."""
    it = draw(spec)
    x, y, truth = it.design, it.targets, it.true_parameters
    alpha, beta1, beta2 = spec.optimizer.learning_rate, spec.regularization.l1, spec.regularization.l2_squared
    u = start(spec, it)
    inverse = np.linalg.pinv(x)
    kept = [u.copy()]
    for _ in range(spec.steps):
        gradient = x.T @ (x @ u.prod(axis=0) - y)
        others = np.stack([np.delete(u, i, axis=0).prod(axis=0) for i in range(len(u))])
        if spec.optimizer.kind == "proximal":
            u = u - alpha * (others * gradient + beta2 * u)
            u = np.sign(u) * np.maximum(np.abs(u) - alpha * beta1, 0.0)
        else:
            u = u - alpha * (others * gradient + beta2 * u + beta1 * np.sign(u))
        if spec.optimizer.kind == "projected_subgradient":
            u = u - (inverse @ (x @ u[0] - y))[None]
        kept.append(u.copy())
    factors = np.stack(kept)
    a = factors.prod(axis=1)
    train = np.linalg.norm(a @ x.T - y, axis=1) / np.linalg.norm(y)
    test = np.linalg.norm(a - truth, axis=1) / np.linalg.norm(truth)
    return Trace(a, factors, train, test)
