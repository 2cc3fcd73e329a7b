"""The step at which gradient descent meets a train threshold, from its linear dynamics."""

import math

import numpy as np

from core.problems.facts import Facts
from core.problems.operators import Array, Numbers
from core.problems.start import start
from core.problems.theory import penalty_push
from core.spec import ExperimentSpec, GradientMethod

_LAST = 1e13
"""More steps than a spec may have."""
_LOOKS = 512
"""Steps that are looked at first, a few percent apart."""


def memorisation_step(spec: ExperimentSpec, facts: Facts) -> int | None:
    """The first step whose train error is at most `detect.train_threshold`, to first order in the strengths.

    Along each left singular vector of X the residual of a model of depth 1 shrinks by its own factor a step.
    That is exact without l1 and nuclear norm, whose gradient is taken at a_LS all the time; a penalty's push
    leaves some residual. A projection onto what fits best leaves none from the first step on.

    None for depth over 1, for a method that takes no gradient steps, for steps that do not contract, for
    targets that are all zero, and where the error stays above the threshold.
    """
    if spec.linear_model.depth > 1 or not isinstance(spec.optimizer, GradientMethod):
        return None
    dynamics = _Dynamics(spec, spec.optimizer.learning_rate, facts)
    threshold, _ = spec.detect.levels
    if dynamics.size == 0:
        return None
    if spec.optimizer.kind == "projected_subgradient":
        met = [dynamics.errors(np.zeros(1))[0] <= threshold, dynamics.least <= threshold]
        return met.index(True) if any(met) else None
    return _first(dynamics, threshold) if dynamics.contracts else None


def _first(dynamics: "_Dynamics", threshold: float) -> int | None:
    steps = np.unique(np.concatenate([[0.0], np.round(np.geomspace(1.0, _LAST, _LOOKS))]))
    met = np.flatnonzero(dynamics.errors(steps) <= threshold)
    if not len(met):
        return None
    at, before = int(steps[met[0]]), int(steps[max(0, met[0] - 1)])
    while at - before > 1:
        middle = (before + at) // 2
        if dynamics.errors(np.array([float(middle)]))[0] <= threshold:
            at = middle
        else:
            before = middle
    return at


class _Dynamics:
    """The residual of gradient descent over steps, in the coordinates of the left singular vectors."""

    def __init__(self, spec: ExperimentSpec, rate: float, facts: Facts) -> None:
        instance = facts.instance
        known, targets = instance.operator.decomposition, instance.targets
        curvature = known.singular**2 + spec.regularization.l2_squared
        fitted = known.coordinates(targets)
        pushed = known.coordinates(instance.operator.apply(penalty_push(spec, facts.solution)))
        first: Numbers = known.coordinates(instance.operator.apply(start(spec, instance)[0])) - fitted
        # X a_LS is what of y can be fitted, so that this holds for l2_squared wherever the parameters are.
        self._last: Numbers = -pushed / curvature
        self._moves: Numbers = first - self._last
        self._factors: Array = 1.0 - rate * curvature
        self._outside = max(0.0, float(np.linalg.norm(targets) ** 2 - np.linalg.norm(fitted) ** 2))
        self.size = float(np.linalg.norm(targets))
        self.contracts = bool((np.abs(self._factors) < 1.0).all())

    def errors(self, steps: Array) -> Array:
        """||X a - y|| / ||y|| after these numbers of steps. Shape (K,) -> (K,)."""
        residuals = self._last + self._factors ** steps[:, None] * self._moves
        squares: Array = (np.abs(residuals) ** 2).sum(axis=1) + self._outside
        return np.sqrt(squares) / self.size

    @property
    def least(self) -> float:
        """The error of what fits best."""
        return math.sqrt(self._outside) / self.size
