"""The predicted step of memorisation beside the iteration that it predicts."""

from typing import Any

import numpy as np
import pytest

from core.problems import Facts, draw, memorisation_step, start
from core.spec import ExperimentSpec, parse_spec

VECTORS = {"kind": "sparse_recovery", "dimension": 30, "sparsity": 3, "measurements": 10}
COMPLETION = {"kind": "matrix_completion", "rows": 6, "columns": 5, "rank": 1, "measurements": 15}
SENSING = {**COMPLETION, "kind": "matrix_sensing", "measurements": 6}


def made(problem: dict[str, Any], threshold: float, **strengths: float) -> ExperimentSpec:
    return parse_spec(
        {
            "problem": problem,
            "model": {"kind": "linear", "init": {"kind": "normal", "scale": 0.1}},
            "optimizer": {"kind": "subgradient", "learning_rate": 0.02},
            "regularization": strengths,
            "steps": 10_000,
            "seed": 3,
            "detect": {"train_threshold": threshold},
        }
    )


def iterated(spec: ExperimentSpec) -> int | None:
    """The first step of gradient descent itself with an error at most the threshold."""
    instance, (a, *_) = draw(spec), start(spec, draw(spec))
    strengths, threshold = spec.regularization, spec.detect.levels[0]
    for step in range(spec.steps):
        residual = instance.operator.apply(a) - instance.targets
        if np.linalg.norm(residual) <= threshold * np.linalg.norm(instance.targets):
            return step
        pull = strengths.l2_squared * a + strengths.l1 * np.sign(a)
        a = a - 0.02 * (instance.operator.adjoint(residual) + pull)
    return None


@pytest.mark.parametrize("problem", [VECTORS, COMPLETION, SENSING])
@pytest.mark.parametrize("threshold", [0.9, 0.3, 0.01, 1e-4])
@pytest.mark.parametrize("l2_squared", [0.0, 1e-5])
def test_without_l1_it_is_the_step_of_the_iteration(
    problem: dict[str, Any], threshold: float, l2_squared: float
) -> None:
    spec = made(problem, threshold, l2_squared=l2_squared)
    step = memorisation_step(spec, Facts(draw(spec)))
    assert step is not None
    assert step == iterated(spec)


def test_with_l1_it_comes_near() -> None:
    spec = made(VECTORS, 0.01, l1=1e-4)
    step, measured = memorisation_step(spec, Facts(draw(spec))), iterated(spec)
    assert step is not None
    assert measured is not None
    assert abs(step - measured) <= 0.02 * measured


def test_a_threshold_that_l2_leaves_out_of_reach_has_no_step() -> None:
    spec = made(VECTORS, 1e-4, l2_squared=0.1)
    assert iterated(spec) is None
    assert memorisation_step(spec, Facts(draw(spec))) is None


def test_projection_memorises_at_once_and_depth_has_no_prediction() -> None:
    spec = made(VECTORS, 0.01)
    data = spec.model_dump()
    projected = parse_spec({**data, "optimizer": {"kind": "projected_subgradient", "learning_rate": 0.02}})
    deep = parse_spec({**data, "model": {"kind": "linear", "depth": 2}})
    assert memorisation_step(projected, Facts(draw(projected))) == 1
    model = {"kind": "linear", "init": {"kind": "least_squares"}}
    there = parse_spec({**projected.model_dump(), "model": model})
    assert memorisation_step(there, Facts(draw(there))) == 0
    problem = {**VECTORS, "measurements": 40, "snr": 2.0}
    noisy = parse_spec({**projected.model_dump(), "problem": problem})
    assert memorisation_step(noisy, Facts(draw(noisy))) is None
    assert memorisation_step(deep, Facts(draw(deep))) is None


def test_targets_that_are_all_zero_have_no_error_to_meet() -> None:
    data = {"kind": "dataset", "inputs": [[1.0, 0.0], [0.0, 1.0]], "targets": [0.0, 0.0]}
    for method in ("subgradient", "projected_subgradient"):
        optimizer = {"kind": method, "learning_rate": 0.02}
        spec = parse_spec({**made(VECTORS, 0.01).model_dump(), "problem": data, "optimizer": optimizer})
        assert memorisation_step(spec, Facts(draw(spec))) is None


def test_what_does_not_contract_and_what_starts_there_are_told_apart() -> None:
    data = made(VECTORS, 0.01).model_dump()
    fast = {"optimizer": {"kind": "subgradient", "learning_rate": 5.0}, "allow_unstable": True}
    unstable = parse_spec({**data, **fast})
    assert memorisation_step(unstable, Facts(draw(unstable))) is None
    there = parse_spec({**data, "model": {"kind": "linear", "init": {"kind": "least_squares"}}})
    assert memorisation_step(there, Facts(draw(there))) == 0
