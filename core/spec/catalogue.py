"""The catalogue of recorded metrics: name, formula, unit, meaning, and the runs that have them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Family = Literal[
    "linear",
    "vector",
    "matrix",
    "network",
    "classification",
    "regression",
    "modular_arithmetic",
    "teacher_student",
]
_SVD = "a singular value decomposition of every weight"
_PASS = "the work of a step over all training data"
COMPLEX_PARTS = (".re", ".im")


@dataclass(frozen=True, slots=True)
class Metric:
    """One recorded quantity of a run.

    Attributes:
        of: the runs that have it: all for none; `linear` models, on a `vector` or a `matrix`; `network`s,
            `classification` or `regression`, or one problem.
        needs: what the problem must know: the true parameters (`truth`), or anything to test on (`test`).
        vector: whether a recorded point is a vector; those are recorded only where they are asked for.
        by_layer: whether networks also have it of every weight, as `l2_norm[decoder.0]`, where asked for.
        cost: what a recorded step of a network takes for it; such metrics are recorded where asked for.
    """

    name: str
    formula: str
    unit: str
    description: str
    of: tuple[Family, ...] = ()
    needs: Literal["truth", "test"] | None = None
    vector: bool = False
    by_layer: bool = False
    cost: str | None = None

    def on_request(self, families: Collection[str]) -> bool:
        """Whether runs of these families record it only where it is asked for."""
        return self.vector or (self.cost is not None and "network" in families)


_LINEAR: tuple[Family, ...] = ("linear",)
METRICS: tuple[Metric, ...] = (
    Metric("train_error", "||X a - y||_2 / ||y||_2", "1", "relative residual; absolute where y = 0", _LINEAR),
    Metric(
        "test_error",
        "||a - a*||_2 / ||a*||_2, or ||X' a - y'||_2 / ||y'||_2 on test data",
        "1",
        "relative distance to the true parameters, or relative residual on the test data of a dataset; "
        "absolute where a* = 0, or y' = 0",
        _LINEAR,
        needs="test",
    ),
    Metric(
        "train_loss",
        "mean -ln softmax(f(x))_y, or mean (f(x) - y)^2",
        "nat, or 1",
        "mean cross-entropy of classes, mean squared error of numbers, on the training data",
        ("network",),
    ),
    Metric(
        "test_loss",
        "as train_loss, on test data",
        "nat, or 1",
        "the same on the test data",
        ("network",),
        needs="test",
    ),
    Metric(
        "train_accuracy",
        "mean 1[f(x)_y > f(x)_c for all c != y]",
        "1",
        "share of the training data whose class alone has the largest output",
        ("classification",),
    ),
    Metric(
        "test_accuracy",
        "as train_accuracy, on test data",
        "1",
        "the same on the test data",
        ("classification",),
        needs="test",
    ),
    Metric(
        "train_r2",
        "1 - sum (f(x) - y)^2 / sum (y - mean y)^2",
        "1",
        "explained share of the variance of the training targets",
        ("regression",),
    ),
    Metric(
        "test_r2",
        "as train_r2, on test data",
        "1",
        "the same on the test data",
        ("regression",),
        needs="test",
    ),
    Metric(
        "zero_baseline",
        "mean y'^2",
        "1",
        "test loss of answering 0; constant",
        ("regression",),
        needs="test",
    ),
    Metric(
        "mean_baseline",
        "mean (mean y - y')^2",
        "1",
        "test loss of answering the mean of the training targets; constant",
        ("regression",),
        needs="test",
    ),
    Metric(
        "ridge_baseline",
        "mean (c + X' a - y')^2, c, a = argmin ||c + X a - y||^2 + lambda ||a||^2",
        "1",
        "test loss of ridge regression whose lambda leave-one-out on the training data chose; constant",
        ("regression",),
        needs="test",
    ),
    Metric(
        "teacher_distance",
        "||f - f*||_2 / ||f*||_2 over the test inputs",
        "1",
        "relative distance to the teacher's function",
        ("teacher_student",),
        needs="test",
    ),
    Metric(
        "jacobian_distance",
        "||J - J*||_F / ||J*||_F over the test inputs",
        "1",
        "relative distance to the teacher's Jacobian",
        ("teacher_student",),
        needs="test",
        cost="the Jacobians at all test inputs",
    ),
    Metric("l0_norm", "#{i : |a_i| > 1e-4}", "count", "entries that are not small", by_layer=True),
    Metric("l1_norm", "||a||_1", "1", "sum of absolute values of all parameters", by_layer=True),
    Metric(
        "l2_norm",
        "||a||_2",
        "1",
        "Euclidean (Frobenius) norm of all parameters, no proxy for generalisation",
        by_layer=True,
    ),
    Metric(
        "nuclear_norm",
        "||A||_*",
        "1",
        "sum of the singular values; of networks summed over the weights",
        ("matrix", "network"),
        by_layer=True,
        cost=_SVD,
    ),
    Metric(
        "rank",
        "#{i : sigma_i(A) > 1e-9}",
        "count",
        "singular values that are not zero; of networks those over max(n1, n2) eps sigma_1, summed over the "
        "weights",
        ("matrix", "network"),
        by_layer=True,
        cost=_SVD,
    ),
    Metric(
        "effective_rank",
        "exp(-sum_i p_i ln p_i), p = sigma / ||sigma||_1",
        "1",
        "exponential of the entropy of the singular values, 0 for A = 0; of networks summed over the weights",
        ("matrix", "network"),
        by_layer=True,
        cost=_SVD,
    ),
    Metric(
        "distance_from_start",
        "||theta - theta_0||_2",
        "1",
        "how far the parameters have moved",
        ("network",),
        by_layer=True,
    ),
    Metric(
        "fourier_concentration",
        "sum_j max_k P_kj / sum_jk P_kj, P_k = |F E|_k^2 + |F E|_-k^2, 0 < k <= p/2",
        "1",
        "share of the power of the embeddings (columns over Z_p, without their mean) that lies in the "
        "leading frequency of each column; 1 for columns that are pure waves",
        ("modular_arithmetic",),
    ),
    Metric(
        "gradient_norm",
        "||G||_2, G = grad g",
        "1",
        "norm of the loss gradient over all factors or parameters",
        cost=_PASS,
    ),
    Metric(
        "penalty_gradient_norm",
        "||beta H||_2; linear: beta H = beta_2 u + beta_1 sign u + beta_* U V'",
        "1",
        "norm of the penalties' gradient over all factors or parameters, strengths included",
        cost=_PASS,
    ),
    Metric("gradient_ratio", "||beta H||_2 / ||G||_2", "1", "over 1: the penalty leads", cost=_PASS),
    Metric(
        "gradient_angle",
        "arccos <G, beta H> / (||G||_2 ||beta H||_2)",
        "radian",
        "between the gradients of loss and penalties; pi where they balance",
        ("network",),
        cost=_PASS,
    ),
    Metric(
        "gradient_ratio_masked",
        "||beta H 1[|u| >= 1e-3]||_2 / ||G||_2",
        "1",
        "the ratio as published figures plot it: small entries left out of H",
        ("vector",),
    ),
    Metric(
        "support_norm",
        "||a_S||_2, S = supp a*",
        "1",
        "Euclidean norm on the true support",
        ("vector",),
        needs="truth",
    ),
    Metric(
        "off_support_norm",
        "||a_{S^c}||_2",
        "1",
        "Euclidean norm off the true support",
        ("vector",),
        needs="truth",
    ),
    Metric(
        "l1_error_per_dimension",
        "||a - a*||_1 / n",
        "1",
        "mean absolute error of the entries",
        _LINEAR,
        needs="truth",
    ),
    Metric(
        "parameters",
        "a",
        "1",
        "the parameters themselves, row-major for a matrix, layer after layer for a network; complex ones "
        "are parameters.re and parameters.im",
        vector=True,
    ),
    Metric(
        "singular_values",
        "sigma(A)",
        "1",
        "singular values in decreasing order; of networks by weight",
        ("matrix", "network"),
        vector=True,
        by_layer=True,
        cost=_SVD,
    ),
)
