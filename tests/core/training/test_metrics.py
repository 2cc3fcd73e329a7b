"""Every recorded metric is its formula."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.problems import Instance, draw
from core.spec import METRICS, ExperimentSpec, available_metrics, metric_names
from tests.core.training.memory import cells_of, run
from tests.core.training.oracle import factor_gradients, matrix_of, polar, product, sign, trace
from tests.core.training.test_methods import COMPLETION, OWN, SENSING

norm = np.linalg.norm

CASES: dict[str, dict[str, Any]] = {
    "deep vectors": {
        "model": {"depth": 2, "init": {"kind": "constant", "scale": 0.05}},
        "regularization": {"l1": 1e-3, "l2_squared": 1e-2},
    },
    "complex vectors": {
        "problem": {"basis": "fourier"},
        "model": {"init": {"kind": "normal"}},
        "regularization": {"l1": 1e-5, "l2_squared": 1e-2},
        "rng": "default",
    },
    "matrices": {"problem": COMPLETION, "regularization": {"nuclear": 1e-3, "l1": 1e-3, "l2_squared": 1e-2}},
    "deep rectangular matrices": {
        "problem": SENSING,
        "model": {"depth": 3, "init": {"kind": "normal", "scale": 1.0}},
        "regularization": {"nuclear": 1e-4, "l2_squared": 1e-2},
        "rng": "default",
    },
    "own data": {"problem": OWN, "rng": "default"},
    "own data, split": {
        "problem": {**OWN, "true_parameters": None, "test_fraction": 0.25},
        "rng": "default",
    },
}


def _expected(spec: ExperimentSpec, it: Instance, u: list[NDArray[Any]]) -> dict[str, float]:
    x, y, a = matrix_of(it), it.targets, product(u).ravel()
    strengths = spec.regularization
    gradients = factor_gradients(u, (x.conj().T @ (x @ a - y)).reshape(spec.linear_problem.shape))
    penalties = [strengths.l2_squared * w + strengths.l1 * sign(w) + strengths.nuclear * polar(w) for w in u]
    whole, gradient, penalty = (
        np.concatenate([p.ravel() for p in parts]) for parts in (u, gradients, penalties)
    )
    values = {
        "train_error": norm(x @ a - y) / norm(y),
        "l0_norm": np.count_nonzero(np.abs(a) > 1e-4),
        "l1_norm": np.abs(a).sum(),
        "l2_norm": norm(a),
        "gradient_norm": norm(gradient),
        "penalty_gradient_norm": norm(penalty),
        "gradient_ratio": norm(penalty) / norm(gradient),
        "gradient_ratio_masked": norm(np.where(np.abs(whole) < 1e-3, 0.0, penalty)) / norm(gradient),
    }
    if it.true_parameters is not None:
        truth = it.truth.ravel()
        values["test_error"] = norm(a - truth) / norm(truth)
        values["l1_error_per_dimension"] = np.abs(a - truth).mean()
        values["support_norm"], values["off_support_norm"] = norm(a[truth != 0]), norm(a[truth == 0])
    if it.held_out is not None:
        tested = it.held_out
        values["test_error"] = norm(tested.operator.design @ a - tested.targets) / norm(tested.targets)
    if len(spec.linear_problem.shape) == 2:
        singular = np.linalg.svd(product(u), compute_uv=False)
        shares = singular / singular.sum()
        values["nuclear_norm"] = singular.sum()
        values["rank"] = np.count_nonzero(singular > 1e-9)
        values["effective_rank"] = np.exp(-(shares * np.log(shares)).sum())
    return {name: float(value) for name, value in values.items()}


@pytest.mark.parametrize("name", CASES)
def test_every_metric_is_its_formula(name: str) -> None:
    cells = cells_of(steps=50, **CASES[name])
    memory, _ = run(cells)
    spec = cells[0].spec
    expected = _expected(spec, draw(spec), trace(spec).factors[50])
    scalars = [m for m in available_metrics(spec) if m in metric_names()]
    assert memory.results[0].final == pytest.approx({m: expected[m] for m in scalars}, rel=1e-8)


def test_every_metric_is_checked_somewhere() -> None:
    seen = {m for over in CASES.values() for m in available_metrics(cells_of(**over)[0].spec)}
    linear = {"linear", "vector", "matrix"}
    assert seen == {metric.name for metric in METRICS if not metric.of or linear.intersection(metric.of)}


def test_the_rank_of_what_proximal_steps_leave_counts_exact_zeros() -> None:
    over: dict[str, Any] = {"kind": "proximal", "learning_rate": 1.0}
    problem = {**COMPLETION, "measurements": 90}
    memory, _ = run(cells_of(problem=problem, optimizer=over, regularization={"nuclear": 0.1}, steps=2000))
    assert memory.results[0].final["rank"] == 2.0
    assert 1.0 < memory.results[0].final["effective_rank"] <= 2.0
