"""What theory predicts for a run, from its instance alone (arXiv 2506.05718)."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.problems.draw import draw
from core.problems.facts import Facts, polar_factor, sign_of
from core.problems.operators import Numbers
from core.problems.spectrum import expected_sigma_max
from core.problems.stability import step_bound
from core.problems.start import start
from core.spec import ExperimentSpec, GradientMethod, affordable


@dataclass(frozen=True, slots=True)
class Theory:
    """Predictions for one run; None where theory says nothing.

    Attributes:
        t1: predicted memorisation step, -ln(1 + (1 - rho) ||a_0 - a_LS|| / (alpha beta)) / ln rho.
        delay: predicted t2 - t1: ||a_LS - a*||_inf / (alpha beta_1) (paper, theorems 3.1 and 3.3), for
            matrices ||A_LS - A*||_{2->2} / (alpha beta_*) (3.4 and 3.5).
        step_bound: learning rates below this contract.
        sigma_max: largest singular value of X (its expectation for very large designs; None for networks).
        rho: contraction rate, max of |1 - alpha (sigma_i + beta_2)| over nonzero eigenvalues sigma_i of X'X.
        plateau_test_error: ||a_LS - a*|| / ||a*||, the test error between t1 and t2.
        train_plateau: the train error between t1 and t2, ||S^-1 V' h|| / ||y|| with X = U S V' and the
            gradient h of the penalty at a_LS.
        train_floor, test_floor, floor_per_dimension: train error, test error and ||a - a*||_1 / n of the
            penalised minimiser to first order in the strength, which proximal steps reach (see Floors).
        certificate: below 1 the minimiser has the support (rank) of a* for small strengths: recovery.
        projection_bound: ||(I - P) a*|| / ||a*||: the limit of no run with l2 alone is below (theorem 3.6).
        mutual_coherence: max_ij |x_ij| / ||x_i||.
        in_regime: whether the run meets the assumptions of the delay law.
        regime: the assumptions that it does not meet, in words.
    """

    sigma_max: float | None
    t1: float | None = None
    delay: float | None = None
    step_bound: float | None = None
    rho: float | None = None
    plateau_test_error: float | None = None
    train_plateau: float | None = None
    train_floor: float | None = None
    test_floor: float | None = None
    floor_per_dimension: float | None = None
    certificate: float | None = None
    projection_bound: float | None = None
    mutual_coherence: float | None = None
    in_regime: bool = False
    regime: tuple[str, ...] = ()


def theory(spec: ExperimentSpec, facts: Facts | None = None) -> dict[str, Any]:
    """The predictions for a one-cell spec as JSON data; draws the instance where no facts are given."""
    if spec.is_network:
        return asdict(Theory(None, regime=("a linear model",)))
    if not affordable(spec.linear_problem):
        sigma_max = expected_sigma_max(spec.linear_problem)
        reason = ("a design that is not too large to decompose",)
        return asdict(Theory(sigma_max, step_bound=step_bound(spec, sigma_max), regime=reason))
    return asdict(_predict(spec, facts if facts is not None else Facts(draw(spec))))


def _predict(spec: ExperimentSpec, facts: Facts) -> Theory:
    unmet = _unmet(spec, facts)
    common = Theory(
        facts.sigma_max,
        step_bound=step_bound(spec, facts.sigma_max),
        plateau_test_error=facts.plateau_test_error,
        certificate=facts.floors.certificate if facts.floors is not None else None,
        projection_bound=facts.projection_bound,
        mutual_coherence=facts.mutual_coherence,
        in_regime=not unmet,
        regime=tuple(unmet),
    )
    if spec.linear_model.depth > 1 or not isinstance(spec.optimizer, GradientMethod):
        return common
    strength = _structural_strength(spec)
    rho = _contraction(spec.optimizer, spec.regularization.l2_squared, facts)
    predicted = replace(
        common,
        rho=rho,
        t1=_memorisation(spec, spec.optimizer, facts, rho),
        delay=_quotient(facts.gap_size, spec.optimizer.learning_rate * strength),
        train_plateau=None if spec.optimizer.kind == "projected_subgradient" else _train_plateau(spec, facts),
    )
    if facts.floors is None or unmet:
        return predicted
    return replace(
        predicted,
        train_floor=_times(strength, facts.floors.train),
        test_floor=_times(strength, facts.floors.test),
        floor_per_dimension=_times(strength, facts.floors.per_dimension),
    )


def _structural_strength(spec: ExperimentSpec) -> float:
    """Strength of the penalty that generalises: l1 for vectors, nuclear for matrices."""
    strengths = spec.regularization
    return strengths.l1 if len(spec.linear_problem.shape) == 1 else strengths.nuclear


def _contraction(optimizer: GradientMethod, l2_squared: float, facts: Facts) -> float | None:
    singular = facts.instance.operator.decomposition.singular
    shrink = optimizer.learning_rate * (singular**2 + l2_squared)
    return float(np.abs(1.0 - shrink).max()) if len(singular) else None


def _memorisation(
    spec: ExperimentSpec, optimizer: GradientMethod, facts: Facts, rho: float | None
) -> float | None:
    if optimizer.kind == "projected_subgradient" or rho == 0.0:
        return 1.0
    strengths = spec.regularization
    rate = optimizer.learning_rate * (strengths.l1 + strengths.l2_squared + strengths.nuclear)
    if rho is None or not rho < 1.0:
        return None
    distance = float(np.linalg.norm(start(spec, facts.instance)[0] - facts.solution))
    ratio = _quotient((1.0 - rho) * distance, rate)
    return -math.log1p(ratio) / math.log(rho) if ratio is not None else None


def _train_plateau(spec: ExperimentSpec, facts: Facts) -> float | None:
    return facts.memorised_residual(penalty_push(spec, facts.solution))


def penalty_push(spec: ExperimentSpec, a: Numbers) -> Numbers:
    """The gradient of the penalties of a model of depth 1 at `a`. Shape (n,) or (n1, n2), that of `a`."""
    strengths = spec.regularization
    push: Numbers = strengths.l1 * sign_of(a) + strengths.l2_squared * a
    return push + strengths.nuclear * polar_factor(a) if strengths.nuclear > 0 else push


def _unmet(spec: ExperimentSpec, facts: Facts) -> list[str]:
    strengths, problem = spec.regularization, spec.linear_problem
    vectors = len(problem.shape) == 1
    strength = _structural_strength(spec)
    others = strengths.l2_squared + (strengths.nuclear if vectors else strengths.l1)
    bound = step_bound(spec, facts.sigma_max)
    gradient = isinstance(spec.optimizer, GradientMethod)
    slow = not isinstance(spec.optimizer, GradientMethod) or (
        bound is None or spec.optimizer.learning_rate < bound
    )
    assumptions = {
        "a gradient method": gradient,
        "depth 1": spec.linear_model.depth == 1,
        f"{'an l1' if vectors else 'a nuclear'} penalty alone": strength > 0 and others == 0,
        "known true parameters": facts.gap is not None,
        "fewer measurements than dimensions": problem.measurements < math.prod(problem.shape),
        "a learning rate below step_bound": slow,
        f"a strength below {'||X^H y||_inf' if vectors else 'the spectral norm of X^H y'}": strength
        < facts.largest_correlation,
    }
    return [name for name, met in assumptions.items() if not met]


def _times(strength: float, slope: float | None) -> float | None:
    return None if slope is None else strength * slope


def _quotient(a: float | None, b: float) -> float | None:
    """a / b, or None where that is no finite number (JSON has no other)."""
    if a is None or b == 0.0:
        return None
    value = a / b
    return value if math.isfinite(value) else None
