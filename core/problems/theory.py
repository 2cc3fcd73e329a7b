"""What theory predicts for a run, from its instance alone (arXiv 2506.05718)."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.problems.sparse_recovery import Array, Instance, draw
from core.problems.spectrum import affordable, expected_sigma_max
from core.problems.stability import step_bound
from core.problems.start import start
from core.spec import ExperimentSpec


@dataclass(frozen=True, slots=True)
class Theory:
    """Predictions for one run; None where theory says nothing.

    Attributes:
        t1: predicted memorisation step, -ln(1 + (1 - rho) ||a_0 - a_LS|| / (alpha beta)) / ln rho.
        delay: predicted t2 - t1, ||a_LS - a*||_inf / (alpha beta_1) (paper, theorems 3.1 and 3.3).
        step_bound: learning rates below this contract.
        sigma_max: largest singular value of X (its expectation for very large designs).
        rho: contraction rate, max of |1 - alpha (sigma_i + beta_2)| over nonzero eigenvalues sigma_i of X'X.
        plateau_test_error: ||a_LS - a*|| / ||a*||, the test error between t1 and t2.
        in_regime: whether the run meets the assumptions of the delay law: l1 alone, depth 1, N < n, a
            contracting step, and a strength under ||X'y||_inf, above which the solution is zero.
        regime: the assumptions that it does not meet, in words.
    """

    t1: float | None
    delay: float | None
    step_bound: float | None
    sigma_max: float
    rho: float | None
    plateau_test_error: float | None
    in_regime: bool
    regime: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """What the runs of one instance share: the nonzero singular values of X, and a_LS, of shape (n,)."""

    singular: Array
    solution: Array


def spectrum(instance: Instance) -> Spectrum:
    """Decomposes the design of an instance."""
    left, singular, right = np.linalg.svd(instance.design, full_matrices=False)
    keep = singular > singular[0] * max(instance.design.shape) * np.finfo(np.float64).eps
    return Spectrum(singular[keep], right[keep].T @ ((left.T @ instance.targets)[keep] / singular[keep]))


def theory(
    spec: ExperimentSpec, instance: Instance | None = None, known: Spectrum | None = None
) -> dict[str, Any]:
    """The predictions for a one-cell spec as JSON data; draws and decomposes what is not given."""
    if not affordable(spec.problem):
        sigma_max = expected_sigma_max(spec.problem)
        bound = step_bound(spec, sigma_max)
        reason = ("the design is too large for an exact decomposition",)
        return asdict(Theory(None, None, bound, sigma_max, None, None, False, reason))
    instance = instance if instance is not None else draw(spec)
    return asdict(_predict(spec, instance, known if known is not None else spectrum(instance)))


def _predict(spec: ExperimentSpec, instance: Instance, known: Spectrum) -> Theory:
    gap = known.solution - instance.true_parameters
    sigma_max = float(known.singular[0])
    bound = step_bound(spec, sigma_max)
    unmet = _unmet(spec, instance, bound)
    depth_one = spec.model.depth == 1
    rate = spec.optimizer.learning_rate * spec.regularization.l1
    rho = _contraction(spec, known.singular) if depth_one else None
    return Theory(
        t1=_memorisation(spec, instance, known.solution, rho) if rho is not None else None,
        delay=_quotient(float(np.abs(gap).max()), rate) if depth_one else None,
        step_bound=bound,
        sigma_max=sigma_max,
        rho=rho,
        plateau_test_error=_quotient(
            float(np.linalg.norm(gap)), float(np.linalg.norm(instance.true_parameters))
        ),
        in_regime=not unmet,
        regime=tuple(unmet),
    )


def _contraction(spec: ExperimentSpec, singular: Array) -> float:
    shrink = spec.optimizer.learning_rate * (singular**2 + spec.regularization.l2_squared)
    return float(np.abs(1.0 - shrink).max())


def _memorisation(spec: ExperimentSpec, instance: Instance, solution: Array, rho: float) -> float | None:
    strength = spec.regularization.l1 + spec.regularization.l2_squared
    rate = spec.optimizer.learning_rate * strength
    if spec.optimizer.kind == "projected_subgradient":
        return 1.0
    distance = float(np.linalg.norm(start(spec, instance)[0] - solution))
    ratio = _quotient((1.0 - rho) * distance, rate)
    return -math.log1p(ratio) / math.log(rho) if ratio is not None and 0.0 < rho < 1.0 else None


def _unmet(spec: ExperimentSpec, instance: Instance, bound: float | None) -> list[str]:
    beta1 = spec.regularization.l1
    largest = float(np.abs(instance.design.T @ instance.targets).max())
    assumptions = {
        "depth 1": spec.model.depth == 1,
        "an l1 penalty alone": beta1 > 0 and spec.regularization.l2_squared == 0,
        "fewer measurements than dimensions": spec.problem.measurements < spec.problem.dimension,
        "a learning rate below step_bound": bound is None or spec.optimizer.learning_rate < bound,
        "a strength below ||X'y||_inf": beta1 < largest,
    }
    return [name for name, met in assumptions.items() if not met]


def _quotient(a: float, b: float) -> float | None:
    """a / b, or None where that is no finite number (JSON has no other)."""
    value = a / b if b != 0.0 else math.inf
    return value if math.isfinite(value) else None
