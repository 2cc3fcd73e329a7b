"""Derivatives of perceptrons in their inputs are those of torch, and so are gradients through them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.models import Chain, Perceptron, add_jacobian_gradient
from core.spec import ExperimentSpec
from tests.core.networks import ACTIVATIONS, TEACHER, network_cells, network_of, plain_outputs, run_arrays

RUNS, ROWS, DIMENSION, OUTPUTS = 2, 3, 5, 2
HIDDEN: tuple[list[int], ...] = ([], [6], [6, 4], [6, 4, 7])
RANDOM = torch.Generator().manual_seed(2)


def _spec(hidden: list[int], activation: str, bias: bool) -> ExperimentSpec:
    model: dict[str, Any] = {"hidden": hidden, "activation": activation, "bias": bias}
    return network_cells(TEACHER, model=model)[0].spec


def _network(spec: ExperimentSpec) -> tuple[Perceptron, Chain, Tensor]:
    network = network_of(spec, RUNS)
    assert isinstance(network, Perceptron)
    dense = network.dense
    inputs = torch.randn(RUNS, ROWS, DIMENSION, dtype=torch.float64, generator=RANDOM)
    return network, Chain(dense.weights, dense.biases, dense.activation), inputs


def _of_torch(spec: ExperimentSpec, flat: Tensor, inputs: Tensor, order: int) -> Tensor:
    """Derivatives of the given order of all runs at each of their rows."""
    found = []
    for arrays, own in zip(run_arrays(spec, flat), inputs, strict=True):
        derivative: Callable[[Tensor], Tensor] = partial(plain_outputs, spec, arrays)
        for _ in range(order):
            derivative = torch.func.jacrev(derivative)
        found.append(torch.stack([derivative(row) for row in own]))
    return torch.stack(found)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_jacobian_and_hessian_are_those_of_torch(hidden: list[int], activation: str, bias: bool) -> None:
    spec = _spec(hidden, activation, bias)
    network, chain, inputs = _network(spec)
    sums = chain.sums(inputs)
    found = chain.jacobian(sums, ROWS)
    assert found.shape == (RUNS, ROWS, OUTPUTS, DIMENSION)
    expected = _of_torch(spec, network.parameters, inputs, 1).numpy()
    assert found.numpy() == pytest.approx(expected, rel=1e-12, abs=1e-12 * np.abs(expected).max())

    curved = chain.hessian(sums, ROWS)
    assert curved.shape == (RUNS, ROWS, OUTPUTS, DIMENSION, DIMENSION)
    expected = _of_torch(spec, network.parameters, inputs, 2).numpy()
    assert curved.numpy() == pytest.approx(expected, rel=1e-12, abs=1e-12 * np.abs(expected).max(initial=1.0))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_of_a_function_of_the_jacobian_is_added(activation: str, bias: bool) -> None:
    spec = _spec([6], activation, bias)
    network, chain, inputs = _network(spec)
    pull = torch.randn(RUNS, ROWS, OUTPUTS, DIMENSION, dtype=torch.float64, generator=RANDOM)
    before = torch.randn(network.gradient.shape, dtype=torch.float64, generator=RANDOM)
    network.gradient.copy_(before)
    weights, biases = (
        [network.gradients[name] for name in names] for names in (network.weight_names, network.bias_names)
    )
    add_jacobian_gradient(chain, inputs, chain.sums(inputs)[0], pull, weights, biases)
    found = network.gradient - before

    flat = network.parameters.clone().requires_grad_()
    (pull * _of_torch(spec, flat, inputs, 1)).sum().backward()  # type: ignore[no-untyped-call]
    assert flat.grad is not None
    scale = float(flat.grad.abs().max())
    assert found.numpy() == pytest.approx(flat.grad.numpy(), rel=1e-12, abs=1e-12 * scale)

    start, h = network.parameters.clone(), 1e-6
    for _ in range(3):
        way = torch.randn(start.shape, dtype=torch.float64, generator=RANDOM)
        ends = []
        for move in (h, -h):
            torch.add(start, way, alpha=move, out=network.parameters)
            ends.append((pull * chain.jacobian(chain.sums(inputs), ROWS)).sum((1, 2, 3)))
        difference = (ends[0] - ends[1]) / (2 * h)
        assert (found * way).sum(1).numpy() == pytest.approx(difference.numpy(), rel=1e-6, abs=1e-7 * scale)
