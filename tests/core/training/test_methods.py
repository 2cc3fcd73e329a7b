"""Every method, depth and start agrees with a plain loop written from the formulas."""

from typing import Any

import numpy as np
import pytest
import torch

from core.models import LinearBatch
from core.problems import draw
from core.spec import metric_names
from core.training import Pace
from core.training.state import unpack
from tests.core.training.memory import cells_of, run
from tests.core.training.oracle import trace

CASES: dict[str, dict[str, Any]] = {
    "subgradient": {},
    "no penalty": {"regularization": {}},
    "l2 alone": {
        "regularization": {"l2_squared": 1e-2},
        "model": {"init": {"kind": "constant", "scale": 10.0}},
    },
    "l1 and l2": {"regularization": {"l1": 1e-4, "l2_squared": 1e-3}},
    "projected": {"optimizer": {"kind": "projected_subgradient"}},
    "projected, more rows than columns": {
        "optimizer": {"kind": "projected_subgradient"},
        "problem": {"measurements": 120, "snr": 100.0},
    },
    "proximal": {"optimizer": {"kind": "proximal"}, "regularization": {"l1": 1e-3}},
    "proximal with l2": {
        "optimizer": {"kind": "proximal"},
        "regularization": {"l1": 1e-3, "l2_squared": 1e-2},
    },
    "from least squares": {"model": {"init": {"kind": "least_squares"}}},
    "from zeros": {"model": {"init": {"kind": "zeros"}}},
    "from noise": {"model": {"init": {"kind": "normal", "scale": 1.0}}, "rng": "default"},
    "depth 2": {"model": {"depth": 2, "init": {"kind": "sign_symmetric", "scale": 0.1}}},
    "depth 2, published start": {"model": {"depth": 2, "init": {"kind": "constant", "scale": 0.1}}},
    "depth 3 with penalties": {
        "model": {"depth": 3, "init": {"kind": "constant", "scale": 0.3}},
        "regularization": {"l1": 1e-4, "l2_squared": 1e-3},
    },
    "depth 4 from noise": {
        "model": {"depth": 4, "init": {"kind": "normal", "scale": 10.0}},
        "rng": "default",
        "optimizer": {"learning_rate": 0.02},
    },
    "signs in an orthonormal basis": {
        "problem": {"signal": "sign", "basis": "orthonormal", "coherence": 0.3, "snr": 10.0},
        "rng": "default",
        "seed": 0,
        "regularization": {"l1": 1e-3},
    },
}


@pytest.mark.parametrize("name", CASES)
def test_the_engine_agrees_with_the_plain_loop(name: str) -> None:
    cells = cells_of(steps=600, record={"first": 600}, **CASES[name])
    memory, _ = run(cells)
    expected = trace(cells[0].spec)
    # Errors near rounding have no relative digits; the floor is the rounding of ||X a - y|| / ||y||.
    assert memory.series("train_error") == pytest.approx(expected.train, rel=1e-9, abs=1e-13)
    assert memory.series("test_error") == pytest.approx(expected.test, rel=1e-9, abs=1e-13)
    assert memory.series("l1_norm") == pytest.approx(np.abs(expected.parameters).sum(axis=1), rel=1e-9)
    assert expected.test.std() > 0


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_gradient_is_the_finite_difference(depth: int) -> None:
    random = np.random.default_rng(depth)
    design, targets = random.standard_normal((2, 4, 7)), random.standard_normal((2, 1, 4))
    factors = random.standard_normal((depth, 2, 3, 7))

    def loss(u: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        model = LinearBatch(*(torch.from_numpy(array.copy()) for array in (design, targets, u)))
        return np.asarray(0.5 * (model.residual.numpy() ** 2).sum(axis=-1))

    model = LinearBatch(*(torch.from_numpy(array.copy()) for array in (design, targets, factors)))
    gradient = model.gradient().numpy()
    h = 1e-6
    for index in np.ndindex(depth, 7):
        moved = np.zeros_like(factors)
        moved[index[0], :, :, index[1]] = h
        difference = (loss(factors + moved) - loss(factors - moved)) / (2 * h)
        assert gradient[index[0], :, :, index[1]] == pytest.approx(difference, rel=1e-6, abs=1e-7)


def test_every_metric_is_its_formula() -> None:
    over: dict[str, Any] = {
        "model": {"depth": 2, "init": {"kind": "constant", "scale": 0.05}},
        "regularization": {"l1": 1e-3, "l2_squared": 1e-2},
    }
    cells = cells_of(steps=50, **over)
    memory, _ = run(cells)
    spec, it = cells[0].spec, draw(cells[0].spec)
    u = trace(spec).factors[50]
    a = u.prod(axis=0)
    gradient = (it.design.T @ (it.design @ a - it.targets)) * u[::-1]
    penalty = 1e-2 * u + 1e-3 * np.sign(u)
    masked = np.where(np.abs(u) < 1e-3, 0.0, penalty)
    support = it.true_parameters != 0
    norm = np.linalg.norm
    expected = {
        "train_error": norm(it.design @ a - it.targets) / norm(it.targets),
        "test_error": norm(a - it.true_parameters) / norm(it.true_parameters),
        "l0_norm": np.count_nonzero(np.abs(a) > 1e-4),
        "l1_norm": np.abs(a).sum(),
        "l2_norm": norm(a),
        "gradient_norm": norm(gradient),
        "penalty_gradient_norm": norm(penalty),
        "gradient_ratio": norm(penalty) / norm(gradient),
        "gradient_ratio_masked": norm(masked) / norm(gradient),
        "support_norm": norm(a[support]),
        "off_support_norm": norm(a[~support]),
        "l1_error_per_dimension": np.abs(a - it.true_parameters).mean(),
    }
    assert tuple(expected) == metric_names()
    assert memory.results[0].final == pytest.approx(expected, rel=1e-9)


def test_a_list_chooses_the_metrics() -> None:
    memory, _ = run(cells_of(steps=10, record={"metrics": ["l1_norm", "train_error"]}))
    assert memory.frames[0].names == ("train_error", "l1_norm")
    assert set(memory.results[0].final) == {"train_error", "l1_norm"}


def test_proximal_steps_have_exact_zeros() -> None:
    cells = cells_of(optimizer={"kind": "proximal"}, regularization={"l1": 1e-2}, steps=3000)
    memory, _ = run(cells, pace=Pace(flush=0.0, checkpoint=0.0, poll=0.0))
    state = unpack(memory.states[0])
    expected = trace(cells[0].spec).factors[state.step]
    assert state.step > 2900
    assert np.array_equal(state.factors == 0.0, expected == 0.0)
    assert 70 < np.count_nonzero(state.factors == 0.0) < 100


def test_single_precision_follows_double_precision() -> None:
    double, _ = run(cells_of(steps=500))
    single, _ = run(cells_of(steps=500, precision="float32"))
    assert single.series("test_error") == pytest.approx(double.series("test_error"), rel=1e-4)
    assert not np.array_equal(single.series("test_error"), double.series("test_error"))
