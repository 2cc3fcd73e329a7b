"""Networks in a batch: outputs and gradients are those of the same network written plainly."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.models import Network, PairNetwork
from core.spec import ExperimentSpec
from core.spec.network_model import EncoderDecoder
from core.training.network.objective import CrossEntropy, Loss, SquaredError, write_loss_gradient
from tests.core.networks import ACTIVATIONS, MODULAR, TEACHER, network_cells, network_of, run_outputs

RUNS, ROWS = 3, 7
HIDDEN: tuple[list[int], ...] = ([], [6], [6, 4])
COMBINES = ("matrix_product", "hadamard", "sum", "concat")
RANDOM = torch.Generator().manual_seed(1)


def _perceptron(hidden: list[int], activation: str, bias: bool) -> ExperimentSpec:
    model = {"hidden": hidden, "activation": activation, "bias": bias}
    return network_cells(TEACHER, problem={"outputs": 3}, model=model)[0].spec


def _pairs(combine: str, hidden: list[int], shared: bool, bias: bool, p: int = 5) -> ExperimentSpec:
    model: dict[str, Any] = {"combine": combine, "hidden": hidden, "shared_embedding": shared, "bias": bias}
    problem = {"modulus": p}
    return network_cells(MODULAR, problem=problem, model={**model, "embedding": 4})[0].spec


SPECS = {
    **{
        f"mlp {hidden} {activation} {bias}": _perceptron(hidden, activation, bias)
        for hidden in HIDDEN
        for activation in ACTIVATIONS
        for bias in (False, True)
    },
    **{
        f"{combine} {hidden} {shared} {bias}": _pairs(combine, hidden, shared, bias)
        for combine in COMBINES
        for hidden in HIDDEN
        for shared in (False, True)
        for bias in (False, True)
    },
}


def _inputs(spec: ExperimentSpec) -> tuple[Tensor, Sequence[Tensor]]:
    """Inputs of all runs as the network takes them, and as a plain network of one run does."""
    if isinstance(spec.network_model, EncoderDecoder):
        p = spec.network_problem.outputs
        pairs = torch.randint(p, (RUNS, ROWS, 2), generator=RANDOM)
        rows = pairs + p * torch.arange(RUNS).view(-1, 1, 1)
        return rows.permute(2, 0, 1).contiguous(), list(pairs)
    numbers = torch.randn(RUNS, ROWS, 5, dtype=torch.float64, generator=RANDOM)
    return numbers, list(numbers)


def _targets(loss: Loss, classes: int) -> Tensor:
    if isinstance(loss, CrossEntropy):
        return torch.randint(classes, (RUNS, ROWS), generator=RANDOM)
    return torch.randn(RUNS, ROWS, classes, dtype=torch.float64, generator=RANDOM)


def _plain_loss(loss: Loss, outputs: Tensor, targets: Tensor) -> Tensor:
    """The sum over the runs, which moves each one's gradient alone."""
    measure: Callable[[Tensor, Tensor], Tensor] = (
        functional.cross_entropy if isinstance(loss, CrossEntropy) else functional.mse_loss
    )
    return torch.stack([measure(*run) for run in zip(outputs, targets, strict=True)]).sum()


@pytest.mark.parametrize("name", SPECS)
def test_outputs_are_those_of_the_plain_network(name: str) -> None:
    spec = SPECS[name]
    network = network_of(spec, RUNS)
    inputs, plain = _inputs(spec)
    expected = run_outputs(spec, network.parameters, plain).numpy()
    kept = inputs.clone()
    assert network.outputs(inputs).numpy() == pytest.approx(expected, rel=1e-12, abs=1e-13)
    assert np.array_equal(network.forward(inputs).numpy(), network.outputs(inputs).numpy())
    assert torch.equal(inputs, kept)


@pytest.mark.parametrize("loss", [CrossEntropy(), SquaredError()], ids=["cross-entropy", "mse"])
@pytest.mark.parametrize("name", SPECS)
def test_the_gradient_is_that_of_autograd_and_of_differences(name: str, loss: Loss) -> None:
    spec = SPECS[name]
    network = network_of(spec, RUNS)
    inputs, plain = _inputs(spec)
    targets = _targets(loss, spec.network_problem.outputs)
    network.gradient.fill_(torch.nan)  # nothing of an earlier gradient remains
    write_loss_gradient(network, loss, inputs, targets)
    found = network.gradient.numpy().copy()

    flat = network.parameters.clone().requires_grad_()
    _plain_loss(loss, run_outputs(spec, flat, plain), targets).backward()  # type: ignore[no-untyped-call]
    assert flat.grad is not None
    expected = flat.grad.numpy()
    scale = np.abs(expected).max()
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12 * scale)
    for _ in range(3):
        way = torch.randn(network.parameters.shape, dtype=torch.float64, generator=RANDOM)
        difference = _difference(network, loss, inputs, targets, way)
        assert (found * way.numpy()).sum(1) == pytest.approx(difference, rel=1e-6, abs=1e-7 * scale)


def _difference(network: Network, loss: Loss, inputs: Tensor, targets: Tensor, way: Tensor) -> np.ndarray:
    """How fast the loss of each run changes along a way. Shape (B,)."""
    start, h = network.parameters.clone(), 1e-6
    ends = []
    for move in (h, -h):
        torch.add(start, way, alpha=move, out=network.parameters)
        ends.append(loss.rows(network.outputs(inputs), targets).mean(1))
    network.parameters.copy_(start)
    return ((ends[0] - ends[1]) / (2 * h)).numpy()


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("combine", COMBINES)
def test_the_table_is_the_outputs_of_all_pairs(
    combine: str, hidden: list[int], bias: bool, shared: bool
) -> None:
    spec, p = _pairs(combine, hidden, shared, bias), 5
    network = network_of(spec, RUNS)
    assert isinstance(network, PairNetwork)
    assert network.modulus == p
    numbers = torch.arange(p * p)
    pairs = torch.stack([numbers // p, numbers % p])
    rows = pairs.unsqueeze(1) + p * torch.arange(RUNS).view(1, -1, 1)
    expected = network.outputs(rows).view(RUNS, p, p, -1).numpy()  # (B, x, y, C)
    kept = network.parameters.clone()
    for run in range(RUNS):
        for low, high in ((0, p), (0, 2), (2, p), (4, 5)):
            table = network.dense.columns(network.first_sums(run, low, high), run)  # (k, C, p)
            found = table.transpose(1, 2).numpy()
            assert found == pytest.approx(expected[run, low:high], rel=1e-12, abs=1e-13)
    assert torch.equal(network.parameters, kept)


def test_selected_inputs_are_those_at_the_places_of_each_run() -> None:
    places = torch.tensor([[0, 3], [6, 6], [2, 1]])
    numbers, pairs = SPECS["mlp [6] relu False"], SPECS["sum [6] False False"]
    inputs, rows = _inputs(numbers)[0], _inputs(pairs)[0]
    chosen = network_of(numbers, RUNS).select(inputs, places)
    chosen_rows = network_of(pairs, RUNS).select(rows, places)
    for run, own in enumerate(places):
        assert torch.equal(chosen[run], inputs[run, own])
        assert torch.equal(chosen_rows[:, run], rows[:, run, own])
