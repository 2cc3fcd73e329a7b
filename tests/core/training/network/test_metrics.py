"""Every recorded metric of networks is its formula."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.models import PairNetwork
from core.problems import Examples, NetworkInstance, draw_network
from core.problems.network_start import network_start
from core.spec import METRICS, ExperimentSpec, available_metrics, is_vector_metric, layers_of, penalised
from core.spec.metrics import split_name
from core.training.network.data import load_networks
from core.training.network.evaluation import make_evaluator
from core.training.network.stepper import Stepper
from tests.core.networks import DIGITS, MODULAR, PENALTIES, TEACHER, network_cells, plain_outputs, run_arrays
from tests.core.training.memory import Memory, run

STEPS = 30
Arrays = Mapping[str, NDArray[np.float64]]
norm = np.linalg.norm
_random = np.random.default_rng(5)
OWN: dict[str, Any] = {
    "kind": "dataset",
    "inputs": _random.standard_normal((9, 4)).tolist(),
    "targets": _random.standard_normal(9).tolist(),
    "test_inputs": _random.standard_normal((6, 4)).tolist(),
    "test_targets": _random.standard_normal(6).tolist(),
}
CLASSES: dict[str, Any] = {
    "kind": "dataset",
    "task": "classification",
    "inputs": OWN["inputs"],
    "targets": [0.0, 2.0, 1.0, 1.0, 0.0, 2.0, 2.0, 1.0, 0.0],
}
CASES: dict[str, dict[str, Any]] = {
    "pairs": {"base": MODULAR, "regularization": {"l1": 1e-3, "nuclear": 1e-3}},
    "pairs of an even modulus": {
        "base": MODULAR,
        "problem": {"modulus": 10, "operation": "x^2+xy+y^2"},
        "model": {"combine": "concat", "shared_embedding": True, "bias": True, "embedding": 5},
        "regularization": {"l2": 1e-2, "l2_squared": 1e-3, "groups": ["embedding", "decoder.0.bias"]},
        "optimizer": {"batch_size": 7},
    },
    "quotients": {
        "base": MODULAR,
        "problem": {"modulus": 7, "operation": "/"},
        "model": {"combine": "hadamard", "activation": "gelu", "hidden": [8, 6]},
        "regularization": {"l2_squared": 1e-2},
    },
    "sums": {"base": MODULAR, "model": {"combine": "sum", "hidden": []}, "regularization": {"l1": 1e-2}},
    "relu students": {
        "base": TEACHER,
        "problem": {"activation": "relu"},
        "model": {"activation": "relu"},
        "regularization": {"l1": 1e-3, "sobolev_1": 0.1},
    },
    "deep students": {
        "base": TEACHER,
        "problem": {"train_size": 5, "test_size": 7},
        "model": {"hidden": [6, 5], "bias": True},
        "regularization": {"sobolev_1_squared": 0.1, "sobolev_2": 0.05, "nuclear": 1e-3},
        "optimizer": {"batch_size": 2},
    },
    "digits": {"base": DIGITS, "optimizer": {"batch_size": 40}, "regularization": {"l2": 1e-3}},
    "own numbers": {
        "base": {**TEACHER, "problem": OWN},
        "model": {"hidden": [4]},
        "regularization": {"l1": 1e-3},
    },
    "own classes without test data": {
        "base": {**DIGITS, "problem": CLASSES},
        "model": {"hidden": []},
        "regularization": {"l2": 1e-3},
    },
}


def _case(name: str, **over: Any) -> tuple[Memory, ExperimentSpec]:
    """Two seeds of a case with every metric that it has; what is expected of the first is asked."""
    case = {"steps": STEPS, **CASES[name], **over}
    base = case.pop("base")
    names = available_metrics(network_cells(base, **case)[0].spec)
    record = {"first": 0, "per_decade": None, "metrics": names}
    cells = network_cells(base, **case, record=record, sweep={"seeds": {"count": 2}})
    memory, _ = run(cells)
    return memory, cells[0].spec


def _inputs(examples: Examples) -> Tensor:
    return torch.from_numpy(examples.inputs)


def _loss(spec: ExperimentSpec, arrays: Mapping[str, Tensor], examples: Examples) -> Tensor:
    outputs = plain_outputs(spec, arrays, _inputs(examples))
    classes = spec.network_problem.task == "classification"
    measure: Callable[[Tensor, Tensor], Tensor] = functional.cross_entropy if classes else functional.mse_loss
    return measure(outputs, torch.from_numpy(examples.targets))


def _derivatives(spec: ExperimentSpec, arrays: Mapping[str, Tensor], inputs: Tensor, order: int) -> Tensor:
    derivative: Callable[[Tensor], Tensor] = partial(plain_outputs, spec, arrays)
    for _ in range(order):
        derivative = torch.func.jacrev(derivative)
    return torch.stack([derivative(row) for row in inputs])


def _penalty(spec: ExperimentSpec, arrays: Mapping[str, Tensor], it: NetworkInstance) -> Tensor:
    strengths, chosen = spec.regularization, [arrays[layer.name] for layer in penalised(spec)]
    total = torch.zeros((), dtype=torch.float64)
    for name, measure in PENALTIES.items():
        if strength := getattr(strengths, name):
            total = total + strength * sum(measure(w) for w in chosen)
    for order, name in ((1, "jacobian"), (2, "hessian")):
        plain, squared = (getattr(strengths, f"sobolev_{order}{tail}") for tail in ("", "_squared"))
        if not plain and not squared:
            continue
        assert it.teacher is not None
        known = torch.from_numpy(getattr(it.teacher, name)(it.train.inputs))
        gap = _derivatives(spec, arrays, _inputs(it.train), order) - known
        total = total + plain * gap.square().sum().sqrt() + squared * gap.square().mean()
    return total


def _gradients(spec: ExperimentSpec, flat: Tensor, it: NetworkInstance) -> dict[str, Any]:
    found = []
    for measure in (partial(_loss, spec, examples=it.train), partial(_penalty, spec, it=it)):
        leaf = flat.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(measure(arrays=run_arrays(spec, leaf)[0]), leaf)
        found.append(gradient.numpy().ravel())
    loss, penalty = found
    return {
        "gradient_norm": norm(loss),
        "penalty_gradient_norm": norm(penalty),
        "gradient_ratio": norm(penalty) / norm(loss),
        "gradient_angle": math.acos(loss @ penalty / (norm(loss) * norm(penalty))),
    }


def _learned(spec: ExperimentSpec, arrays: Mapping[str, Tensor], it: NetworkInstance) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part, examples in (("train", it.train), ("test", it.test)):
        if examples is None:
            continue
        outputs = plain_outputs(spec, arrays, _inputs(examples)).numpy()
        values[f"{part}_loss"] = float(_loss(spec, arrays, examples))
        if spec.network_problem.task == "classification":
            values[f"{part}_accuracy"] = float(np.mean(outputs.argmax(axis=1) == examples.targets))
        else:
            spread = np.sum((examples.targets - examples.targets.mean(axis=0)) ** 2)
            values[f"{part}_r2"] = 1 - np.sum((outputs - examples.targets) ** 2) / spread
    return values


def _baselines(it: NetworkInstance) -> dict[str, Any]:
    """Zero, the mean, and ridge regression whose strength brute-force leave-one-out chooses."""
    assert it.test is not None
    x, y, tested = it.train.inputs, it.train.targets, it.test.inputs

    def ridge(x: NDArray[Any], y: NDArray[Any], strength: float, tested: NDArray[Any]) -> NDArray[Any]:
        full = np.column_stack([np.ones(len(x)), x])
        penalty = strength * np.diag([0.0, *np.ones(x.shape[1])])
        found = np.linalg.solve(full.T @ full + penalty, full.T @ y)
        answers: NDArray[Any] = np.column_stack([np.ones(len(tested)), tested]) @ found
        return answers

    def left_out(strength: float) -> float:
        errors = []
        for place in range(len(x)):
            others = np.arange(len(x)) != place
            errors.append((y[place] - ridge(x[others], y[others], strength, x[place : place + 1])[0]) ** 2)
        return float(np.mean(errors))

    squares = np.linalg.svd(x - x.mean(axis=0), compute_uv=False) ** 2
    mean_square = np.mean(squares[squares > 1e-12 * squares.max()])
    best = min(mean_square * np.logspace(-6, 6, 121), key=left_out)
    return {
        "zero_baseline": np.mean(it.test.targets**2),
        "mean_baseline": np.mean((it.test.targets - y.mean(axis=0)) ** 2),
        "ridge_baseline": np.mean((it.test.targets - ridge(x, y, best, tested)) ** 2),
    }


def _distances(spec: ExperimentSpec, arrays: Mapping[str, Tensor], it: NetworkInstance) -> dict[str, Any]:
    assert it.teacher is not None
    assert it.test is not None
    taught, known = it.teacher.function(it.test.inputs), it.teacher.jacobian(it.test.inputs)
    own = plain_outputs(spec, arrays, _inputs(it.test)).numpy()
    jacobian = _derivatives(spec, arrays, _inputs(it.test), 1).numpy()
    return {
        "teacher_distance": norm(own - taught) / norm(taught),
        "jacobian_distance": norm(jacobian - known) / norm(known),
    }


def _norms(values: NDArray[np.float64], start: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "l0_norm": np.count_nonzero(np.abs(values) > 1e-4),
        "l1_norm": np.abs(values).sum(),
        "l2_norm": np.sqrt((values**2).sum()),
        "distance_from_start": np.sqrt(((values - start) ** 2).sum()),
    }


def _spectra(weight: NDArray[np.float64], precision: str) -> dict[str, Any]:
    singular = np.linalg.svd(weight, compute_uv=False)
    shares = singular[singular > 0] / singular.sum()
    least = max(weight.shape) * np.finfo(precision).eps * singular[0]
    return {
        "nuclear_norm": singular.sum(),
        "rank": np.count_nonzero(singular > least),
        "effective_rank": np.exp(-(shares * np.log(shares)).sum()),
    }


def _concentration(embeddings: list[NDArray[np.float64]]) -> float:
    """Powers of the pairs of frequencies k and -k by the definition of the transform."""
    best, total = 0.0, 0.0
    for table in embeddings:
        p = len(table)
        waves = np.exp(-2j * np.pi * np.outer(np.arange(p), np.arange(p)) / p)
        power = np.abs(waves @ table) ** 2  # (p, m)
        pairs = [power[sorted({k, p - k})].sum(axis=0) for k in range(1, p // 2 + 1)]
        best, total = best + np.max(pairs, axis=0).sum(), total + np.sum(pairs)
    return best / total


def _expected(spec: ExperimentSpec, flat: NDArray[np.float64]) -> dict[str, float]:
    """Every scalar metric of one run with these parameters (P,)."""
    it, whole = draw_network(spec), torch.from_numpy(flat).unsqueeze(0)
    arrays, layers = run_arrays(spec, whole)[0], layers_of(spec)
    start = dict(zip([layer.name for layer in layers], network_start(spec), strict=True))
    first = np.concatenate([start[layer.name].ravel() for layer in layers])
    values = _learned(spec, arrays, it) | _gradients(spec, whole, it) | _norms(flat, first)
    totals = dict.fromkeys(("nuclear_norm", "rank", "effective_rank"), 0.0)
    for layer in layers:
        if layer.weight:
            own = arrays[layer.name].numpy()
            spectra = _spectra(own, spec.precision or "")
            totals = {name: total + spectra[name] for name, total in totals.items()}
            named = _norms(own, start[layer.name]) | spectra
            values |= {f"{name}[{layer.name}]": value for name, value in named.items()}
    values |= totals
    if embeddings := [arrays[layer.name].numpy() for layer in layers if layer.embedding]:
        values["fourier_concentration"] = _concentration(embeddings)
    if it.test is not None and spec.network_problem.task == "regression":
        values |= _baselines(it)
    if it.teacher is not None:
        values |= _distances(spec, arrays, it)
    return {name: float(value) for name, value in values.items()}


@pytest.mark.parametrize("step", [0, STEPS])
@pytest.mark.parametrize("name", CASES)
def test_every_metric_is_its_formula(name: str, step: int) -> None:
    memory, spec = _case(name)
    steps, parameters = memory.vectors("parameters")
    flat = parameters[list(steps).index(step)]
    expected = _expected(spec, flat)
    scalars = [metric for metric in available_metrics(spec) if not is_vector_metric(metric)]
    assert set(memory.frames[0].names) == set(scalars)
    found = {metric: memory.at(metric, step) for metric in scalars}
    assert found == pytest.approx({metric: expected[metric] for metric in scalars}, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", ["pairs", "pairs of an even modulus", "relu students", "digits"])
def test_every_metric_is_its_formula_in_float32_too(name: str) -> None:
    memory, spec = _case(name, precision="float32")
    expected = _expected(spec, memory.vectors("parameters")[1][-1])
    final = memory.results[0].final
    # Angles lose half of the digits where gradients point the same or the opposite way.
    assert final == pytest.approx({metric: expected[metric] for metric in final}, rel=2e-4, abs=1e-6)


@pytest.mark.parametrize("name", ["pairs", "deep students"])
def test_singular_values_are_those_of_each_weight(name: str) -> None:
    memory, spec = _case(name)
    arrays = run_arrays(spec, torch.from_numpy(memory.vectors("parameters")[1][-1:]))[0]
    weights = [layer for layer in layers_of(spec) if layer.weight]
    for layer in weights:
        found = memory.vectors(f"singular_values[{layer.name}]")[1][-1]
        singular = np.linalg.svd(arrays[layer.name].numpy(), compute_uv=False)
        assert found == pytest.approx(singular, rel=1e-10, abs=1e-13)


def test_the_start_is_where_it_was_drawn() -> None:
    memory, spec = _case("deep students")
    start = np.concatenate([array.ravel() for array in network_start(spec)])
    assert np.array_equal(memory.vectors("parameters")[1][0], start)
    assert memory.at("distance_from_start", 0) == 0.0


@pytest.mark.parametrize("base", [MODULAR, DIGITS])
def test_a_network_that_gives_every_class_the_same_has_learned_nothing(base: dict[str, Any]) -> None:
    model = {"init": {"zero_last_layer": True}, "bias": False}
    memory, _ = run(network_cells(base, model=model, steps=1))
    for part in ("train", "test"):
        assert memory.at(f"{part}_accuracy", 0) == 0.0
        classes = 11 if base is MODULAR else 10
        assert memory.at(f"{part}_loss", 0) == pytest.approx(math.log(classes), rel=1e-12)
    assert memory.results[0].t2 is None


@pytest.mark.parametrize("operation", ["+", "/"])
def test_test_pairs_that_overflow_leave_the_training_loss_alone(operation: str) -> None:
    """A number that no training pair has has come to infinity, alone."""
    problem = {"modulus": 5, "operation": operation, "train_fraction": 0.2}
    cells = network_cells(MODULAR, problem=problem, precision="float32")
    data = load_networks(cells, [0], torch.device("cpu"), lambda: None, False)
    stepper = Stepper(cells, data)
    assert isinstance(stepper.network, PairNetwork)
    evaluator = make_evaluator(stepper.network, stepper.loss, data, True)
    before, _ = evaluator.scores()
    unseen = set(range(5)) - set(data.train.inputs[0, 0].tolist())
    assert unseen
    stepper.network.embeddings[0][0, list(unseen)] = math.inf
    train, test = evaluator.scores()
    assert test is not None
    assert train.loss.item() == pytest.approx(before.loss.item(), rel=1e-5)
    assert not test.loss.isfinite().any()


def test_every_metric_is_checked_somewhere() -> None:
    seen = set()
    for case in CASES.values():
        case = dict(case)
        spec = network_cells(case.pop("base"), **case)[0].spec
        seen |= {split_name(metric)[0] for metric in available_metrics(spec)}
    linear = {"linear", "vector"}
    networks = {metric.name for metric in METRICS if not metric.of or set(metric.of) - linear - {"matrix"}}
    assert seen == networks
