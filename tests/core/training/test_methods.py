"""Every method, problem, depth and start agrees with a plain loop written from the formulas."""

import copy
from typing import Any

import numpy as np
import pytest

from core.spec import GradientMethod
from core.training import Pace
from core.training.state import unpack
from tests.core.training.memory import Memory, cells_of, run
from tests.core.training.oracle import trace
from tests.core.training.ways import way as way

COMPLETION = {"kind": "matrix_completion", "measurements": 60}
SENSING = {"kind": "matrix_sensing", "rows": 6, "columns": 5, "measurements": 22}
_random = np.random.default_rng(3)
OWN: dict[str, Any] = {
    "kind": "dataset",
    "inputs": (_random.standard_normal((8, 12)) / 3).tolist(),
    "targets": _random.standard_normal(8).tolist(),
    "true_parameters": _random.standard_normal(12).tolist(),
}
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
    "fourier": {"problem": {"basis": "fourier"}, "regularization": {"l1": 1e-3}},
    "fourier, proximal": {
        "problem": {"basis": "fourier", "coherence": 0.2, "snr": 100.0},
        "optimizer": {"kind": "proximal"},
        "regularization": {"l1": 1e-3, "l2_squared": 1e-3},
        "rng": "default",
    },
    "fourier, projected": {
        "problem": {"basis": "fourier"},
        "optimizer": {"kind": "projected_subgradient"},
        "model": {"init": {"kind": "normal"}},
        "rng": "default",
    },
    "fourier, depth 3": {
        "problem": {"basis": "fourier"},
        "model": {"depth": 3, "init": {"kind": "normal", "scale": 5.0}},
        "regularization": {"l1": 1e-4, "l2_squared": 1e-3},
        "optimizer": {"learning_rate": 0.02},
        "rng": "default",
    },
    "completion": {"problem": COMPLETION, "regularization": {"nuclear": 1e-3}},
    "completion, rectangular and noisy": {
        "problem": {**COMPLETION, "rows": 7, "columns": 4, "measurements": 20, "snr": 10.0},
        "regularization": {"nuclear": 1e-2, "l2_squared": 1e-2},
        "rng": "default",
    },
    "completion, l1": {"problem": COMPLETION, "regularization": {"l1": 1e-2}},
    "completion, proximal": {
        "problem": {**COMPLETION, "coherence": 0.5},
        "optimizer": {"kind": "proximal", "learning_rate": 1.0},
        "regularization": {"nuclear": 0.1},
    },
    "completion, proximal l1": {
        "problem": COMPLETION,
        "optimizer": {"kind": "proximal", "learning_rate": 1.0},
        "regularization": {"l1": 0.1},
    },
    "completion, projected": {
        "problem": COMPLETION,
        "optimizer": {"kind": "projected_subgradient"},
        "regularization": {"nuclear": 1e-2},
    },
    "completion, depth 2": {
        "problem": {**COMPLETION, "rows": 6, "columns": 9, "measurements": 40},
        "model": {"depth": 2, "init": {"kind": "normal", "scale": 1.0}},
        "regularization": {"l2_squared": 1e-2},
        "optimizer": {"learning_rate": 0.02},
        "rng": "default",
    },
    "completion, depth 3 with the nuclear norm of factors": {
        "problem": COMPLETION,
        "model": {"depth": 3, "init": {"kind": "constant", "scale": 0.5}},
        "regularization": {"nuclear": 1e-3, "l1": 1e-3},
        "optimizer": {"learning_rate": 0.01},
    },
    "completion, sign symmetric": {
        "problem": COMPLETION,
        "model": {"depth": 2, "init": {"kind": "sign_symmetric", "scale": 1.0}},
        "regularization": {},
        "optimizer": {"learning_rate": 0.02},
    },
    "sensing": {"problem": SENSING, "regularization": {"nuclear": 1e-3}},
    "sensing, proximal": {
        "problem": {**SENSING, "coherence": 0.3},
        "optimizer": {"kind": "proximal"},
        "regularization": {"nuclear": 1e-3},
        "rng": "default",
    },
    "sensing, projected": {
        "problem": SENSING,
        "optimizer": {"kind": "projected_subgradient"},
        "regularization": {"l1": 1e-3},
    },
    "sensing, depth 4": {
        "problem": SENSING,
        "model": {"depth": 4, "init": {"kind": "normal", "scale": 1.5}},
        "regularization": {"l1": 1e-5, "l2_squared": 1e-4, "nuclear": 1e-5},
        "rng": "default",
    },
    "own data": {"problem": OWN, "rng": "default"},
    "own data, split": {
        "problem": {**OWN, "true_parameters": None, "test_fraction": 0.25},
        "rng": "default",
        "regularization": {"l1": 1e-2, "l2_squared": 1e-2},
    },
    "own data, tested elsewhere": {
        "problem": {
            **OWN,
            "true_parameters": None,
            "test_inputs": OWN["inputs"][:3],
            "test_targets": [1.0, 2.0, 3.0],
        },
        "optimizer": {"kind": "proximal"},
        "rng": "default",
    },
}
SEEDS = (0, 7)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", CASES)
def test_the_engine_agrees_with_the_plain_loop(name: str, seed: int) -> None:
    """To 1e-9 while no sign, phase or singular vector is owed to rounding, and within 5 alpha beta after."""
    record = {"first": 600, "metrics": ["train_error", "test_error", "parameters"]}
    over = {"seed": seed, **copy.deepcopy(CASES[name]), "steps": 600, "record": record, "engine": "loop"}
    cells = cells_of(**over)
    spec, expected = cells[0].spec, trace(cells[0].spec)
    memory, _ = run(cells)
    assert isinstance(spec.optimizer, GradientMethod)
    strongest = max(spec.regularization.l1, spec.regularization.nuclear)
    sure, loose = expected.decided, 5 * spec.optimizer.learning_rate * strongest
    parameters = _parameters(memory, spec.linear_problem.complex)
    scale = np.abs(expected.parameters).max()
    assert np.abs(parameters - expected.parameters)[:sure].max() < 1e-9 * scale
    assert np.abs(parameters - expected.parameters).max() < max(loose, 1e-9 * scale)
    # Errors near rounding have no relative digits; the floor is the rounding of ||X a - y|| / ||y||.
    for metric, values in (("train_error", expected.train), ("test_error", expected.test)):
        assert memory.series(metric)[:sure] == pytest.approx(values[:sure], rel=1e-9, abs=1e-12)
    assert expected.train.std() > 0


def _parameters(memory: Memory, split: bool) -> np.ndarray[Any, Any]:
    if not split:
        return memory.vectors("parameters")[1]
    return memory.vectors("parameters.re")[1] + 1j * memory.vectors("parameters.im")[1]


def test_a_list_chooses_the_metrics() -> None:
    memory, _ = run(cells_of(steps=10, record={"metrics": ["l1_norm", "train_error"]}))
    assert memory.frames[0].names == ("train_error", "l1_norm")
    assert set(memory.results[0].final) == {"train_error", "l1_norm"}


def test_proximal_steps_have_exact_zeros() -> None:
    cells = cells_of(optimizer={"kind": "proximal"}, regularization={"l1": 1e-2}, steps=3000)
    memory, _ = run(cells, pace=Pace(flush=0.0, checkpoint=0.0, poll=0.0))
    state = unpack(memory.states[0])
    expected = trace(cells[0].spec).parameters[state.step]
    assert state.step > 2000
    assert np.array_equal(state.state == 0.0, expected == 0.0)
    assert 70 < np.count_nonzero(state.state == 0.0) < 100


def test_single_precision_follows_double_precision() -> None:
    double, _ = run(cells_of(steps=500))
    single, _ = run(cells_of(steps=500, precision="float32"))
    assert single.series("test_error") == pytest.approx(double.series("test_error"), rel=1e-4)
    assert not np.array_equal(single.series("test_error"), double.series("test_error"))
